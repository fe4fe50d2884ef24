// got and axios as a session: with our agents, and with tough-cookie. 1 KB over HTTP/1.1 on loopback, 64 at a time, every
// tenth response sets two cookies.
// Run: node bench/rivals/agents.ts [rounds]
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Session } from '../../src/session/session.ts';
import { interleave, measure, pathOf, trialArguments } from './interleave.ts';

type Work = (url: string) => Promise<() => Promise<unknown>>;

const scratch: string[] = [];

async function memory(): Promise<Session> {
  const { session } = await import('../../src/index.ts');
  return session.fromPartition('bench');
}

async function persist(): Promise<Session> {
  const { session } = await import('../../src/index.ts');
  const path = mkdtempSync(join(tmpdir(), 'sojourn-bench-'));
  scratch.push(path);
  return session.fromPath(path);
}

function gotWith(open: () => Promise<Session>): Work {
  return async url => {
    const { default: got } = await import('got');
    const client = got.extend({ agent: { http: (await open()).httpAgent }, retry: { limit: 0 } });
    return () => client(url).text();
  };
}

function axiosWith(open: () => Promise<Session>): Work {
  return async url => {
    const { default: axios } = await import('axios');
    const client = axios.create({ httpAgent: (await open()).httpAgent, responseType: 'text' });
    return () => client.get(url);
  };
}

const contestants: Record<string, Work> = {
  'got + tough-cookie': async url => {
    const [{ default: got }, { CookieJar }] = await Promise.all([import('got'), import('tough-cookie')]);
    const agent = { http: new Agent({ keepAlive: true }) };
    const client = got.extend({ cookieJar: new CookieJar(), agent, retry: { limit: 0 } });
    return () => client(url).text();
  },
  'got + ses.httpAgent (memory)': gotWith(memory),
  'got + ses.httpAgent (persist)': gotWith(persist),
  'got + http-cookie-agent': async url => {
    const [{ default: got }, { CookieJar }, { HttpCookieAgent }] = await Promise.all([
      import('got'),
      import('tough-cookie'),
      import('http-cookie-agent/http'),
    ]);
    const agent = new HttpCookieAgent({ cookies: { jar: new CookieJar() as never }, keepAlive: true });
    const client = got.extend({ agent: { http: agent }, retry: { limit: 0 } });
    return () => client(url).text();
  },
  'axios + tough-cookie': async url => {
    const [{ default: axios }, { CookieJar }] = await Promise.all([import('axios'), import('tough-cookie')]);
    const jar = new CookieJar();
    const client = axios.create({ httpAgent: new Agent({ keepAlive: true }), responseType: 'text' });
    client.interceptors.request.use(async config => {
      const cookie = await jar.getCookieString(url);
      if (cookie) config.headers.set('cookie', cookie);
      return config;
    });
    client.interceptors.response.use(async response => {
      for (const line of response.headers['set-cookie'] ?? []) await jar.setCookie(line, url);
      return response;
    });
    return () => client.get(url);
  },
  'axios + ses.httpAgent (memory)': axiosWith(memory),
  'axios + ses.httpAgent (persist)': axiosWith(persist),
};

const trial = trialArguments();
if (trial) {
  const work = await contestants[trial.name]!(trial.args[0]!);
  const sample = await measure(work, { total: 6_000, width: 64 });
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
for (const library of ['got', 'axios']) {
  interleave({
    title: `${library} as a session`,
    file: pathOf(import.meta.url),
    contestants: Object.keys(contestants).filter(name => name.startsWith(library)),
    base: `${library} + tough-cookie`,
    args: [`http://127.0.0.1:${port}/`],
    rounds: Number(process.argv[2] ?? 5),
  });
}
server.stdin.end();
