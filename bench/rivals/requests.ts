// Requests with session duties: 1 KB over HTTP/1.1 on loopback, 64 at a time, every tenth response sets two cookies.
// Run: node bench/rivals/requests.ts [rounds]
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Dispatcher } from 'undici';
import { interleave, measure, pathOf, trialArguments } from './interleave.ts';

type Work = (url: string) => Promise<() => Promise<unknown>>;

const contestants: Record<string, Work> = {
  'undici.request': async url => {
    const { request } = await import('undici');
    return async () => (await request(url)).body.text();
  },
  'undici.dispatch': async url => {
    const { Agent } = await import('undici');
    return dispatchOnce(new Agent(), url);
  },
  'ses.fetch (memory)': async url => {
    const { session } = await import('../../src/index.ts');
    const ses = session.fromPartition('bench');
    return async () => (await ses.fetch(url)).text();
  },
  'ses.fetch (persist)': async url => {
    const { session } = await import('../../src/index.ts');
    const ses = session.fromPath(temporary());
    return async () => (await ses.fetch(url)).text();
  },
  'ses.dispatcher + undici.request': async url => {
    const [{ session }, { request }] = await Promise.all([import('../../src/index.ts'), import('undici')]);
    const { dispatcher } = session.fromPartition('bench');
    return async () => (await request(url, { dispatcher })).body.text();
  },
  'ses.dispatcher.dispatch': async url => {
    const { session } = await import('../../src/index.ts');
    return dispatchOnce(session.fromPartition('bench').dispatcher, url);
  },
  'undici.request + tough-cookie': async url => {
    const [{ request }, { CookieJar }] = await Promise.all([import('undici'), import('tough-cookie')]);
    const jar = new CookieJar();
    return async () => {
      const cookie = await jar.getCookieString(url);
      const { headers, body } = await request(url, cookie ? { headers: { cookie } } : {});
      for (const line of [headers['set-cookie'] ?? []].flat()) await jar.setCookie(line, url);
      return body.text();
    };
  },
  'global fetch': async url => async () => (await fetch(url)).text(),
  'fetch + fetch-cookie': async url => {
    const [{ default: fetchCookie }, { CookieJar }] = await Promise.all([
      import('fetch-cookie'),
      import('tough-cookie'),
    ]);
    const withCookies = fetchCookie(fetch, new CookieJar());
    return async () => (await withCookies(url)).text();
  },
  'got + jar': async url => {
    const [{ default: got }, { CookieJar }] = await Promise.all([import('got'), import('tough-cookie')]);
    const { Agent } = await import('node:http');
    const client = got.extend({
      cookieJar: new CookieJar(),
      agent: { http: new Agent({ keepAlive: true }) },
      retry: { limit: 0 },
    });
    return () => client(url).text();
  },
};

function dispatchOnce(dispatcher: Dispatcher, url: string): () => Promise<unknown> {
  const { origin, pathname } = new URL(url);
  return () =>
    new Promise<number>((resolve, reject) => {
      let size = 0;
      dispatcher.dispatch(
        { origin, path: pathname, method: 'GET' },
        {
          onRequestStart() {},
          onResponseStart() {},
          onResponseData: (_controller, chunk) => void (size += chunk.byteLength),
          onResponseEnd: () => resolve(size),
          onResponseError: (_controller, error) => reject(error),
        },
      );
    });
}

const slow = new Set(['fetch + fetch-cookie', 'got + jar', 'global fetch']);
const scratch: string[] = [];

function temporary(): string {
  const path = mkdtempSync(join(tmpdir(), 'sojourn-bench-'));
  scratch.push(path);
  return path;
}

const trial = trialArguments();
if (trial) {
  const work = await contestants[trial.name]!(trial.args[0]!);
  const sample = await measure(work, { total: slow.has(trial.name) ? 6_000 : 20_000, width: 64 });
  for (const path of scratch) rmSync(path, { recursive: true, force: true });
  console.log(JSON.stringify(sample));
  process.exit();
}

const server = spawn(process.execPath, [pathOf(import.meta.resolve('./request-server.ts'))], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const port = await new Promise<string>(resolve =>
  server.stdout.once('data', (data: Buffer) => resolve(String(data).trim())),
);
const only = process.env['ONLY']?.split(',');
interleave({
  title: 'Requests with session duties',
  file: pathOf(import.meta.url),
  contestants: Object.keys(contestants).filter(name => !only || only.includes(name)),
  base: 'undici.request',
  args: [`http://127.0.0.1:${port}/`],
  rounds: Number(process.argv[2] ?? 5),
});
server.stdin.end();
