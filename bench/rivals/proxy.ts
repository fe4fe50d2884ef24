// Requests of 1 KB over loopback, 64 at a time: passed on by an HTTP proxy, in tunnels of a SOCKS5 proxy, and without a
// proxy. Tunnels of an HTTP proxy cost the same once they are open. Run: node bench/rivals/proxy.ts [rounds]
import { spawn } from 'node:child_process';
import { interleave, measure, pathOf, trialArguments } from './interleave.ts';

type Work = (url: string, proxy: string) => Promise<() => Promise<unknown>>;

const undici: Work = async (url, proxy) => {
  const { Agent, ProxyAgent, request } = await import('undici');
  const dispatcher = proxy === '' ? new Agent() : new ProxyAgent({ uri: proxy, proxyTunnel: false });
  return async () => (await request(url, { dispatcher })).body.text();
};

const undiciSocks: Work = async (url, proxy) => {
  const { Socks5ProxyAgent, request } = await import('undici');
  const dispatcher = new Socks5ProxyAgent(proxy);
  return async () => (await request(url, { dispatcher })).body.text();
};

const proxyAgent: Work = async (url, proxy) => {
  const [{ ProxyAgent }, { get }, { text }] = await Promise.all([
    import('proxy-agent'),
    import('node:http'),
    import('node:stream/consumers'),
  ]);
  // On a connection that it uses again, it does not tell an HTTP proxy where to.
  const agent = new ProxyAgent({ getProxyForUrl: () => proxy, keepAlive: proxy.startsWith('socks') });
  return () =>
    new Promise((resolve, reject) => {
      get(url, { agent }, response => resolve(text(response))).on('error', reject);
    });
};

const sojourn: Work = async (url, proxy) => {
  const { session } = await import('../../src/index.ts');
  const ses = session.fromPartition('bench', { cache: false });
  if (proxy !== '') await ses.setProxy({ proxyRules: proxy, proxyBypassRules: '<-loopback>' });
  return async () => (await ses.fetch(url)).text();
};

const sojournDispatcher: Work = async (url, proxy) => {
  const [{ session }, { request }] = await Promise.all([import('../../src/index.ts'), import('undici')]);
  const ses = session.fromPartition('bench', { cache: false });
  if (proxy !== '') await ses.setProxy({ proxyRules: proxy, proxyBypassRules: '<-loopback>' });
  const { dispatcher } = ses;
  return async () => (await request(url, { dispatcher })).body.text();
};

const afterDirect: Work = async (url, proxy) => {
  const { session } = await import('../../src/index.ts');
  const ses = session.fromPartition('bench', { cache: false });
  await ses.setProxy({ mode: 'direct' });
  return async () => (await ses.fetch(url)).text().then(text => proxy + text);
};

const trials: Readonly<Record<string, Readonly<Record<string, Work>>>> = {
  'passed on': {
    'undici ProxyAgent': undici,
    'proxy-agent': proxyAgent,
    'ses.fetch': sojourn,
    'ses.dispatcher': sojournDispatcher,
  },
  socks: {
    'undici Socks5ProxyAgent': undiciSocks,
    'proxy-agent': proxyAgent,
    'ses.fetch': sojourn,
    'ses.dispatcher': sojournDispatcher,
  },
  'no proxy': { 'ses.fetch': sojourn, 'ses.fetch after mode direct': afterDirect },
};

const trial = trialArguments();
if (trial) {
  const [kind, url, proxy] = trial.args as [string, string, string];
  const work = await trials[kind]![trial.name]!(url, proxy);
  console.log(JSON.stringify(await measure(work, { total: 6_000, width: 64 })));
  process.exit();
}

const servers = spawn(process.execPath, [pathOf(import.meta.resolve('./proxy-servers.ts'))], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const [origin, http, socks] = await new Promise<string[]>(resolve =>
  servers.stdout.once('data', (data: Buffer) => resolve(String(data).trim().split(' '))),
);
const proxies = { 'passed on': `http://127.0.0.1:${http}`, socks: `socks5://127.0.0.1:${socks}`, 'no proxy': '' };
for (const [kind, proxy] of Object.entries(proxies)) {
  const contestants = Object.keys(trials[kind]!);
  interleave({
    title: `Requests, ${kind}`,
    file: pathOf(import.meta.url),
    contestants,
    base: contestants[0]!,
    args: [kind, `http://127.0.0.1:${origin}/`, proxy],
    rounds: Number(process.argv[2] ?? 5),
  });
}
servers.stdin.end();
