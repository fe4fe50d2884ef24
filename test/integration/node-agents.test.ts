import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type ClientRequest, get, type IncomingMessage, request as httpRequest, type RequestOptions } from 'node:http';
import { get as getSecurely } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import axios from 'axios';
import got from 'got';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket as WsWebSocket } from 'ws';
import { session } from '../../src/index.ts';
import type { Session } from '../../src/session/session.ts';
import { makeSelfSignedCertificate, testAuthority } from '../fixtures/certificates.ts';
import { hostRules, startOrigin, startRawServer, type TestOrigin } from '../fixtures/http-server.ts';
import { startProxy } from '../fixtures/proxy-server.ts';
import { startQuietTlsServer } from '../fixtures/tls-server.ts';
import { startSocketServer } from '../fixtures/web-socket-server.ts';

let site: TestOrigin;
let directory: string;
let ses: Session;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sojourn-agents-'));
  site = await startOrigin((request, response) => {
    if (request.url === '/moved') response.writeHead(302, { location: '/', 'set-cookie': 'moved=1' }).end();
    else if (request.url === '/login') response.setHeader('set-cookie', ['sid=1; HttpOnly', 'theme=dark']).end('in');
    else response.end(JSON.stringify(request.headers));
  });
});

afterEach(async () => {
  await ses.destroy();
  await site[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

async function answered(request: ClientRequest): Promise<IncomingMessage> {
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return response;
}

async function names(): Promise<string[]> {
  return (await ses.cookies.get({})).map(({ name }) => name).toSorted();
}

/** What each library makes of a URL: the text of the answer. */
const clients: Record<string, (url: string) => Promise<string>> = {
  'node:http': async url => text(await answered(get(url, { agent: ses.httpAgent }))),
  got: url => got(url, { agent: { http: ses.httpAgent, https: ses.httpsAgent }, retry: { limit: 0 } }).text(),
  axios: async url => {
    const { data } = await axios.get<string>(url, {
      httpAgent: ses.httpAgent,
      httpsAgent: ses.httpsAgent,
      responseType: 'text',
      transformResponse: (raw: string) => raw,
    });
    return data;
  },
};

describe.each([
  ['in memory', () => session.fromPartition('agents', { hostRules })],
  ['on disk', () => session.fromPath(directory, { hostRules })],
])('a session %s', (_, open) => {
  beforeEach(() => {
    ses = open();
  });

  describe.each(Object.entries(clients))('%s', (_name, fetchText) => {
    test('stores the cookies of an answer, and sends them with the next request', async () => {
      await fetchText(`${site.origin}/login`);
      expect(await names()).toEqual(['sid', 'theme']);
      expect(JSON.parse(await fetchText(site.origin))).toMatchObject({ cookie: 'sid=1; theme=dark' });
    });

    test('sends what fetch stored, and fetch sends what it stored', async () => {
      await ses.fetch(`${site.origin}/login`);
      expect(JSON.parse(await fetchText(site.origin))).toMatchObject({ cookie: 'sid=1; theme=dark' });
      await ses.cookies.remove(site.origin, 'theme');
      expect(JSON.parse(await fetchText(site.origin))).toMatchObject({ cookie: 'sid=1' });
    });

    test('follows a redirect with the cookie that it set', async () => {
      if (fetchText === clients['node:http']) return; // does not follow
      expect(JSON.parse(await fetchText(`${site.origin}/moved`))).toMatchObject({ cookie: 'moved=1' });
    });

    test('uses a connection again', async () => {
      for (let i = 0; i < 5; i++) await fetchText(site.origin);
      expect(site.connections).toBe(1);
    });

    test('sends many requests at once', async () => {
      await fetchText(`${site.origin}/login`);
      const answers = await Promise.all(Array.from({ length: 50 }, () => fetchText(site.origin)));
      expect(answers.every(answer => JSON.parse(answer).cookie === 'sid=1; theme=dark')).toBe(true);
    });
  });

  test('cookies are committed when the caller gets the response', async () => {
    const request = get(`${site.origin}/login`, { agent: ses.httpAgent });
    const seen = await new Promise<string[]>(resolve => {
      request.on('response', response => {
        response.resume();
        // Another process would read the same.
        void names().then(resolve);
      });
    });
    expect(seen).toEqual(['sid', 'theme']);
  });
});

describe('a request', () => {
  beforeEach(() => {
    ses = session.fromPath(directory, { hostRules, userAgent: 'mine/1' });
  });

  async function sent(options: RequestOptions): Promise<Record<string, string>> {
    await ses.fetch(`${site.origin}/login`);
    const request = httpRequest(site.origin, { agent: ses.httpAgent, ...options }).end();
    return JSON.parse(await text(await answered(request))) as Record<string, string>;
  }

  test.each<[string, RequestOptions, object]>([
    ["gets the session's user agent", {}, { 'user-agent': 'mine/1' }],
    ['keeps its own user agent', { headers: { 'User-Agent': 'own' } }, { 'user-agent': 'own' }],
    ['keeps its own Cookie header', { headers: { cookie: 'own=1' } }, { cookie: 'own=1' }],
    [
      'with headers as an array gets cookies',
      { headers: ['X-A', '1', 'Host', 'site.test'] as never },
      { cookie: 'sid=1; theme=dark', 'user-agent': 'mine/1', 'x-a': '1' },
    ],
    [
      'with headers as an array keeps its own Cookie header',
      { headers: ['Cookie', 'own=1', 'Host', 'site.test'] as never },
      { cookie: 'own=1' },
    ],
    [
      'that expects 100-continue gets cookies',
      { method: 'POST', headers: { Expect: '100-continue' } },
      { cookie: 'sid=1; theme=dark', expect: '100-continue' },
    ],
  ])('%s', async (_, options, expected) => {
    expect(await sent(options)).toMatchObject(expected);
  });

  test('a Cookie header set later wins', async () => {
    await ses.fetch(`${site.origin}/login`);
    const request = httpRequest(site.origin, { agent: ses.httpAgent });
    request.setHeader('Cookie', 'late=1');
    expect(JSON.parse(await text(await answered(request.end())))).toMatchObject({ cookie: 'late=1' });
  });

  test('a response that nobody listens to is thrown away', async () => {
    const request = get(`${site.origin}/login`, { agent: ses.httpAgent });
    await once(request, 'close');
    expect(await names()).toEqual(['sid', 'theme']);
  });

  test('what a listener throws is an uncaught exception, also when cookies were stored', async () => {
    const thrown = new Error("the program's own");
    const listeners = process.listeners('uncaughtException');
    process.removeAllListeners('uncaughtException');
    const caught = new Promise(resolve => process.once('uncaughtException', resolve));
    get(`${site.origin}/login`, { agent: ses.httpAgent }, () => {
      throw thrown;
    });
    expect(await caught).toBe(thrown);
    for (const listener of listeners) process.on('uncaughtException', listener);
  });

  test('aborted in the response, it says so to whoever waits', async () => {
    site.answer = (_, response) => {
      response.writeHead(200, { 'content-length': 100, 'set-cookie': 'a=1' });
      response.write('part', () => response.destroy());
    };
    const response = await answered(get(site.origin, { agent: ses.httpAgent }));
    await expect(text(response)).rejects.toMatchObject({ code: 'ECONNRESET' });
    expect(await names()).toEqual(['a']);
  });

  test('destroyed by its caller while the cookies are committed, it gets no response', async () => {
    const request = get(`${site.origin}/login`, { agent: ses.httpAgent });
    const events: string[] = [];
    for (const event of ['response', 'error', 'close']) request.on(event, () => events.push(event));
    ses.cookies.on('changed', () => request.destroy());
    await once(request, 'close').catch(() => {});
    expect(events).not.toContain('response');
  });
});

describe('connections', () => {
  beforeEach(() => {
    ses = session.fromPartition('agents', { hostRules });
  });

  test("https is the session's to judge", async () => {
    await using secure = await startOrigin((_, response) => response.setHeader('set-cookie', 's=1; Secure').end('ok'), {
      scheme: 'https',
    });
    const fetchSecurely = (): Promise<IncomingMessage> =>
      // The option of the request is not heeded.
      answered(getSecurely(secure.origin, { agent: ses.httpsAgent, rejectUnauthorized: false }));
    await expect(fetchSecurely()).rejects.toMatchObject({ code: 'ERR_CERT_AUTHORITY_INVALID' });
    expect(secure.requests).toEqual([]);
    ses.certificates.addRoot(testAuthority().pem);
    expect(await text(await fetchSecurely())).toBe('ok');
    expect(await names()).toEqual(['s']);
    expect((await ses.cookies.get({}))[0]).toMatchObject({ secure: true });
  });

  test('a certificate for another name is refused', async () => {
    await using server = await startQuietTlsServer(makeSelfSignedCertificate({ names: ['else.test'] }));
    const request = getSecurely(`https://site.test:${server.port}/`, { agent: ses.httpsAgent });
    const [error] = (await once(request, 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toMatch(/^ERR_CERT_/);
  });

  test.each([
    ['nobody listens', 'http://127.0.0.1:1/', 'ECONNREFUSED'],
    ['the name is not known', 'http://nowhere.invalid/', 'ENOTFOUND'],
  ])("when %s, the error is Node's", async (_, url, code) => {
    const [error] = (await once(get(url, { agent: ses.httpAgent }), 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe(code);
    await expect(got(url, { agent: { http: ses.httpAgent }, retry: { limit: 0 } })).rejects.toMatchObject({ code });
    await expect(axios.get(url, { httpAgent: ses.httpAgent })).rejects.toMatchObject({ code });
  });

  test('an IPv6 host is one', async () => {
    const request = get('http://[::1]:1/', { agent: ses.httpAgent });
    const [error] = (await once(request, 'error')) as [NodeJS.ErrnoException];
    expect(['ECONNREFUSED', 'EADDRNOTAVAIL']).toContain(error.code);
  });

  test('got tries again after a reset', async () => {
    let times = 0;
    await using server = await startRawServer(socket => {
      if (++times === 1) socket.resetAndDestroy();
      else socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nSet-Cookie: second=1\r\n\r\nok');
    });
    const answer = await got(`http://site.test:${server.port}/`, {
      agent: { http: ses.httpAgent },
      retry: { limit: 1, calculateDelay: ({ attemptCount }) => (attemptCount > 1 ? 0 : 1) },
    }).text();
    expect([answer, times]).toEqual(['ok', 2]);
  });

  test('a new proxy rules the next connection; idle ones of the old rules are closed', async () => {
    const agent = ses.httpAgent;
    await text(await answered(get(site.origin, { agent })));
    await using proxy = await startProxy();
    const idle = once([...site.sockets][0]!, 'close');
    await ses.setProxy({ proxyRules: `http://127.0.0.1:${proxy.port}`, proxyBypassRules: '<-loopback>' });
    await ses.cookies.set({ url: site.origin, name: 'a', value: '1' });
    expect(JSON.parse(await text(await answered(get(site.origin, { agent }))))).toMatchObject({ cookie: 'a=1' });
    expect(proxy.requests).toMatchObject([{ method: 'GET', url: `${site.origin}/` }]);
    await idle;
  });

  test('a WebSocket of ws is opened through it, and its cookies are stored', async () => {
    await using sockets = await startSocketServer();
    sockets.headers = ['Set-Cookie: ws=1'];
    await ses.cookies.set({ url: sockets.origin.replace('ws', 'http'), name: 'before', value: '1' });
    const client = new WsWebSocket(sockets.origin, { agent: ses.httpAgent });
    await once(client, 'open');
    expect(sockets.requests[0]!.headers.cookie).toBe('before=1');
    expect(await names()).toEqual(['before', 'ws']);
    client.send('hello');
    const [message] = (await once(client, 'message')) as [Buffer];
    expect(String(message)).toBe('hello');
    client.terminate();
  });
});

describe('closing', () => {
  beforeEach(() => {
    ses = session.fromPath(directory, { hostRules });
  });

  test('waits for requests under way, then closes every connection', async () => {
    const { promise: arrived, resolve: onArrival } = Promise.withResolvers<() => void>();
    site.answer = (_, response) => onArrival(() => void response.setHeader('set-cookie', 'late=1').end('late'));
    const pending = answered(get(site.origin, { agent: ses.httpAgent })).then(text);
    const reply = await arrived;
    const closing = ses.close();
    reply();
    expect(await pending).toBe('late');
    await closing;
    expect(site.sockets.size === 0 || (await once([...site.sockets][0]!, 'close'))).toBeTruthy();
    ses = session.fromPath(directory, { hostRules });
    expect(await names()).toEqual(['late']);
  });

  test('afterwards an agent refuses requests, and a session gives no agent', async () => {
    const agent = ses.httpAgent;
    await ses.close();
    const [error] = (await once(get(site.origin, { agent }), 'error')) as [NodeJS.ErrnoException];
    expect(error.code).toBe('ERR_SESSION_CLOSED');
    expect(() => ses.httpAgent).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CLOSED' }));
    expect(site.connections).toBe(0);
  });

  test('closeAllConnections cuts requests under way; later ones connect anew', async () => {
    const { promise: arrived, resolve: onArrival } = Promise.withResolvers<void>();
    const { answer } = site;
    site.answer = () => onArrival();
    const request = get(site.origin, { agent: ses.httpAgent });
    const failed = once(request, 'error') as Promise<[NodeJS.ErrnoException]>;
    await arrived;
    await ses.closeAllConnections();
    const [error] = await failed;
    expect(error.code).toBe('ECONNRESET');
    site.answer = answer;
    expect(await clients['node:http']!(site.origin)).toContain('site.test');
  });

  test('a WebSocket of ws ends with the session', async () => {
    await using sockets = await startSocketServer();
    const client = new WsWebSocket(sockets.origin, { agent: ses.httpAgent });
    await once(client, 'open');
    const closed = once(client, 'close');
    await ses.destroy();
    expect((await closed)[0]).toBe(1006);
  });
});
