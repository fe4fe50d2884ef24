import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Session } from '../../src/session/session.ts';
import { type Answer, startOrigin, type TestOrigin } from '../fixtures/http-server.ts';
import { startProxy, type TestProxy } from '../fixtures/proxy-server.ts';
import { doors, echoOver, proxiedSession } from '../fixtures/proxied-session.ts';
import { type SocksServer, startSocksServer } from '../fixtures/socks-server.ts';
import { startSocketServer, type TestSocketServer } from '../fixtures/web-socket-server.ts';

let http: TestProxy;
let https: TestProxy;
let socks: SocksServer;
let plain: TestOrigin;
let secure: TestOrigin;
let h2: TestOrigin;
let sockets: TestSocketServer;
let secureSockets: TestSocketServer;
let ses: Session;

beforeAll(async () => {
  const answer: Answer = (request, response) => response.end(`you asked for ${request.url}`);
  [http, https, socks, plain, secure, h2, sockets, secureSockets] = await Promise.all([
    startProxy(),
    startProxy({ secureAs: 'proxy.test' }),
    startSocksServer(),
    startOrigin(answer),
    startOrigin(answer, { scheme: 'https' }),
    startOrigin(answer, { scheme: 'h2' }),
    startSocketServer(),
    startSocketServer({ secure: true }),
  ]);
});

afterAll(() =>
  Promise.all([http, https, socks, plain, secure, h2, sockets, secureSockets].map(it => it[Symbol.asyncDispose]())),
);

beforeEach(() => {
  ses = proxiedSession({ hostRules: 'MAP proxy.test 127.0.0.1, MAP * ^NOTFOUND, EXCLUDE 127.0.0.1' });
  for (const it of [http, https, socks, plain, secure, h2]) it.requests.length = 0;
});

afterEach(() => ses.destroy());

interface Kind {
  readonly rules: () => string;
  /** What the proxy was asked for, in one form for all. */
  readonly asked: () => string[];
}

const inForm = ({ method, url }: { method: string; url: string }): string => `${method} ${url}`;
const authorityOf = (url: string): string => new URL(url).host;

const kinds: Record<string, Kind> = {
  'an HTTP proxy': { rules: () => `127.0.0.1:${http.port}`, asked: () => http.requests.map(inForm) },
  'an HTTPS proxy': { rules: () => `https://proxy.test:${https.port}`, asked: () => https.requests.map(inForm) },
  'a SOCKS4 proxy': {
    rules: () => `socks4://127.0.0.1:${socks.port}`,
    asked: () => socks.requests.map(({ version, host, port }) => `${version} ${host}:${port}`),
  },
  'a SOCKS5 proxy': {
    rules: () => `socks5://127.0.0.1:${socks.port}`,
    asked: () => socks.requests.map(({ version, host, port }) => `${version} ${host}:${port}`),
  },
};

describe.each(Object.entries(kinds))('through %s', (name, kind) => {
  const isSocks = name.includes('SOCKS');
  const opened = (url: string): string =>
    isSocks ? `${name.includes('SOCKS4') ? '4a' : '5'} ${authorityOf(url)}` : `CONNECT ${authorityOf(url)}`;

  beforeEach(() => ses.setProxy({ proxyRules: kind.rules() }));

  describe.each(Object.entries(doors))('%s', (_, open) => {
    test('reaches an http origin by its name', async () => {
      const url = `${plain.origin}/page?x=1`;
      expect(await open(ses, url)).toEqual({ status: 200, body: 'you asked for /page?x=1' });
      expect(kind.asked()).toEqual([isSocks ? opened(url) : `GET ${url}`]);
      expect(plain.requests[0]!.headers).toMatchObject({ host: authorityOf(url) });
      expect(plain.requests[0]!.headers).not.toHaveProperty('proxy-authorization');
    });

    test('reaches an https origin by its name', async () => {
      expect(await open(ses, `${secure.origin}/page`)).toEqual({ status: 200, body: 'you asked for /page' });
      expect(kind.asked()).toEqual([opened(secure.origin)]);
    });
  });

  test('speaks HTTP/2 with the origin, many requests in one tunnel', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => (await ses.fetch(`${h2.origin}/${i}`)).text()),
    );
    expect(answers).toEqual(Array.from({ length: 20 }, (_, i) => `you asked for /${i}`));
    expect(h2.requests.every(({ httpVersion }) => httpVersion === '2.0')).toBe(true);
    expect(kind.asked()).toEqual([opened(h2.origin)]);
  });

  test('opens WebSockets, plain and secure, in tunnels', async () => {
    expect(await echoOver(ses, sockets.origin)).toBe('hello');
    expect(await echoOver(ses, secureSockets.origin)).toBe('hello');
    expect(kind.asked()).toEqual([opened(sockets.origin), opened(secureSockets.origin)]);
  });

  test('uses its connections again', async () => {
    const before = http.connections + https.connections + socks.connections;
    for (let i = 0; i < 10; i++) await (await ses.fetch(`${plain.origin}/${i}`)).text();
    for (let i = 0; i < 10; i++) await (await ses.fetch(`${secure.origin}/${i}`)).text();
    // A second one each, where the next request comes before the end of the one before was noticed.
    expect(http.connections + https.connections + socks.connections - before).toBeLessThanOrEqual(4);
  });

  test('sends a body and its headers', async () => {
    const seen: string[] = [];
    const { answer } = plain;
    plain.answer = (request, response) => {
      request.on('data', (chunk: Buffer) => seen.push(chunk.toString())).on('end', () => response.end('got it'));
    };
    const response = await ses.fetch(plain.origin, { method: 'PUT', body: 'a body', headers: { 'x-mine': '1' } });
    plain.answer = answer;
    expect(await response.text()).toBe('got it');
    expect(seen.join('')).toBe('a body');
    expect(plain.requests[0]).toMatchObject({ method: 'PUT', headers: { 'x-mine': '1', 'content-length': '6' } });
  });

  test('keeps cookies of the origin, not of the proxy', async () => {
    await ses.cookies.set({ url: plain.origin, name: 'mine', value: '1' });
    await (await ses.fetch(plain.origin)).text();
    expect(plain.requests[0]!.headers.cookie).toBe('mine=1');
  });

  test('an IPv4 address is reached', async () => {
    await ses.setProxy({ proxyRules: kind.rules(), proxyBypassRules: '<-loopback>' });
    expect(await (await ses.fetch(`http://127.0.0.1:${plain.port}/`)).text()).toBe('you asked for /');
    expect(kind.asked().length).toBe(1);
  });

  test('describeCertificate shows the chain of the origin', async () => {
    const { certificates } = await ses.describeCertificate(secure.origin);
    expect(certificates[0]!.subjectAltName).toContain('DNS:site.test');
    expect(kind.asked()).toEqual([opened(secure.origin)]);
  });
});

test('an IPv6 address goes to a SOCKS5 proxy as one, and SOCKS4 cannot have it', async () => {
  await ses.setProxy(`socks5://127.0.0.1:${socks.port}`);
  await (await ses.fetch(`http://[2001:db8::7]:${plain.port}/`)).text();
  expect(socks.requests[0]!.host).toBe('20010db8000000000000000000000007');
  await ses.setProxy(`socks4://127.0.0.1:${socks.port}`);
  await expect(ses.fetch(`http://[2001:db8::7]:${plain.port}/`)).rejects.toMatchObject({
    code: 'ERR_SOCKS_CONNECTION_FAILED',
    message: expect.stringContaining('SOCKS4 cannot reach an IPv6 address'),
  });
});

test('an HTTPS proxy with a certificate for another name is refused before it is asked', async () => {
  await ses.setProxy({ proxyRules: `https://127.0.0.1:${https.port}` });
  await expect(ses.fetch(plain.origin)).rejects.toMatchObject({ code: 'ERR_PROXY_CERTIFICATE_INVALID' });
  await expect(ses.fetch(secure.origin)).rejects.toMatchObject({ code: 'ERR_PROXY_CERTIFICATE_INVALID' });
  expect(https.requests).toEqual([]);
});

test('the loopback is reached without a proxy', async () => {
  await ses.setProxy({ proxyRules: `127.0.0.1:${http.port}` });
  expect(await (await ses.fetch(`http://127.0.0.1:${plain.port}/`)).text()).toBe('you asked for /');
  expect(http.requests).toEqual([]);
});

test('a session without a proxy has no such step: what it did not ask for is not made', async () => {
  await expect(ses.fetch(plain.origin)).rejects.toMatchObject({ code: 'ERR_NAME_NOT_RESOLVED' });
});

test('connections opened ahead of time do not go past the proxy', async () => {
  const before = secure.connections;
  await ses.setProxy({ proxyRules: `127.0.0.1:${http.port}` });
  ses.preconnect({ url: `https://127.0.0.1:${secure.port}/`, numSockets: 2 });
  await expect.poll(() => secure.connections).toBe(before + 2);
  await ses.setProxy({ proxyRules: `127.0.0.1:${http.port}`, proxyBypassRules: '<-loopback>' });
  ses.preconnect({ url: `https://127.0.0.1:${secure.port}/`, numSockets: 2 });
  await (await ses.fetch(`http://127.0.0.1:${plain.port}/`)).text();
  expect(secure.connections).toBe(before + 2);
});
