// Hits of 1 KB and 1 MB from memory and from disk, and what a miss costs, against undici's cache stores.
// CPU of a hit over CPU of an uncached loopback undici.request in the same run, one request at a time. Run: node bench/rivals/cache.ts [rounds]
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Dispatcher } from 'undici';
import type { Dispatch } from '../../src/network/request-job.ts';
import { interleave, measure, pathOf, trialArguments } from './interleave.ts';

type Work = () => Promise<unknown>;

const scratch: string[] = [];

const contestants: Record<string, (url: string) => Promise<Work>> = {
  'undici.request, no cache': async url => request(url),
  'ses.fetch, memory': async url => {
    const { session } = await import('../../src/index.ts');
    return sesFetch(url, session.fromPartition('bench'));
  },
  // A session would keep it in memory from the first hit on.
  'fetch of a session, disk': async url =>
    fetchThrough(url, await makeStep({ directory: temporary(), maxMemoryBytes: 0 })),
  'cache step, memory': async url => request(url, await cacheStep({})),
  'cache step, disk': async url => request(url, await cacheStep({ directory: temporary(), maxMemoryBytes: 0 })),
  'undici MemoryCacheStore': async url => request(url, await undiciCache('memory')),
  'undici SqliteCacheStore': async url => request(url, await undiciCache('sqlite')),
};

const misses: Record<string, (url: string) => Promise<Work>> = {
  'no cache': async url => request(url),
  'cache step, not stored': async url => request(url.replace(/\/(\d+)$/, '/none/$1'), await cacheStep({})),
  'cache step, stored in memory': async url => request(`${url}?`, await cacheStep({}), true),
  'cache step, stored on disk': async url => request(`${url}?`, await cacheStep({ directory: temporary() }), true),
};

async function fetchThrough(url: string, dispatch: Dispatch): Promise<Work> {
  const [{ sessionFetch }, { OriginFactsCache }, { ActiveRequests }] = await Promise.all([
    import('../../src/network/fetch.ts'),
    import('../../src/network/site-context.ts'),
    import('../../src/network/active-requests.ts'),
  ]);
  const parts = { origins: new OriginFactsCache(), active: new ActiveRequests(), dispatch };
  const defaults = () => ({ userAgent: 'Mozilla/5.0 (X11; Linux x86_64)', acceptLanguage: 'en-US,en;q=0.9' });
  return async () => (await sessionFetch({ ...parts, defaults }, url)).text();
}

async function sesFetch(url: string, ses: { fetch(url: string): Promise<Response> }): Promise<Work> {
  return async () => (await ses.fetch(url)).text();
}

/** `fresh`: another URL each time, so that nothing is ever found. */
async function request(url: string, dispatcher?: Dispatcher, fresh = false): Promise<Work> {
  const { request: send } = await import('undici');
  const options = dispatcher ? { dispatcher } : {};
  let n = 0;
  return async () => {
    const { body } = await send(fresh ? `${url}${n++}` : url, options);
    return body.text();
  };
}

async function undiciCache(kind: 'memory' | 'sqlite'): Promise<Dispatcher> {
  const { Agent, cacheStores, interceptors } = await import('undici');
  const limits = { maxEntrySize: 10_000_000, maxSize: 100_000_000 };
  const store =
    kind === 'memory'
      ? new cacheStores.MemoryCacheStore(limits)
      : new cacheStores.SqliteCacheStore({ location: join(temporary(), 'cache.db'), maxEntrySize: 10_000_000 });
  return new Agent().compose(interceptors.cache({ store, type: 'private' }));
}

/** The step alone, above an Agent. */
async function makeStep(options: { directory?: string; maxMemoryBytes?: number }): Promise<Dispatch> {
  const [{ Agent }, { HttpCache }, { cacheInterceptor }, { openStore }, { systemClock: clock }] = await Promise.all([
    import('undici'),
    import('../../src/cache/http-cache.ts'),
    import('../../src/network/cache-interceptor.ts'),
    import('../../src/storage/open-store.ts'),
    import('../../src/util/clock.ts'),
  ]);
  const { directory, ...limits } = options;
  const store = openStore({ directory, onProblem: error => console.error(error) });
  const cache = new HttpCache({ store, clock, ...limits });
  const agent = new Agent();
  return cacheInterceptor({ cache, clock })((job, handler) => agent.dispatch(job as never, handler));
}

/** The step as a Dispatcher. */
async function cacheStep(options: { directory?: string; maxMemoryBytes?: number }): Promise<Dispatcher> {
  const [{ Dispatcher: Base }, dispatch] = await Promise.all([import('undici'), makeStep(options)]);
  const context = { sameSite: 'same-site-strict', topLevelSite: 'http://127.0.0.1', http: true } as const;
  class StepDispatcher extends Base {
    override dispatch(
      { origin, path, method }: Dispatcher.DispatchOptions,
      handler: Dispatcher.DispatchHandler,
    ): boolean {
      return dispatch(
        {
          origin: String(origin),
          path,
          method,
          headers: [],
          body: null,
          allowH2: false,
          protocol: 'http:',
          hostname: '127.0.0.1',
          ownCookieHeader: false,
          credentials: true,
          context,
          cacheMode: 'default',
          cancelled: undefined,
        },
        handler,
      );
    }
  }
  return new StepDispatcher();
}

function temporary(): string {
  const directory = mkdtempSync(join(tmpdir(), 'sojourn-bench-'));
  scratch.push(directory);
  return directory;
}

const trial = trialArguments();
if (trial) await runTrial(trial.name, trial.args);
else {
  const server = spawn(process.execPath, [join(import.meta.dirname, 'cache-server.ts')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const port = await new Promise<string>(resolve => server.stdout.once('data', data => resolve(String(data).trim())));
  const rounds = Number(process.argv[2] ?? 5);
  const common = { file: pathOf(import.meta.url), rounds };
  for (const [title, size, total] of [
    ['1 KB', 1024, 10_000],
    ['1 MB', 1_000_000, 400],
  ] as const) {
    const args = [port, String(size), String(total)];
    interleave({
      ...common,
      title: `Cache hits, ${title}`,
      args,
      contestants: Object.keys(contestants),
      base: 'undici.request, no cache',
    });
  }
  const args = [port, '1024', '10000'];
  interleave({ ...common, title: 'Cache misses, 1 KB', args, contestants: Object.keys(misses), base: 'no cache' });
  server.stdin.end();
}

async function runTrial(name: string, [port, size, total]: readonly string[]): Promise<void> {
  const work = await (contestants[name] ?? misses[name])!(`http://127.0.0.1:${port}/${size}`);
  // Fills the cache, so that what is measured are hits.
  await work();
  await new Promise(resolve => setTimeout(resolve, 100));
  console.log(JSON.stringify(await measure(work, { total: Number(total), width: 1 })));
  for (const directory of scratch) rmSync(directory, { recursive: true });
  process.exit();
}
