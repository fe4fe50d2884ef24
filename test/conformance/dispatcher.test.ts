import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import * as undici from 'undici';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { session } from '../../src/index.ts';
import type { LegacyHandler } from '../../src/network/legacy-handler.ts';
import type { Session } from '../../src/session/session.ts';
import { testAuthority } from '../fixtures/certificates.ts';
import { hostRules, startOrigin, startRawServer, type TestOrigin, textOf } from '../fixtures/http-server.ts';

let site: TestOrigin;
let ses: Session;
let dispatcher: undici.Dispatcher;

beforeAll(async () => {
  site = await startOrigin((_, response) => response.end());
});

beforeEach(() => {
  ses = session.fromPartition('dispatcher', { hostRules, userAgent: 'agent/1' });
  ses.certificates.addRoot(testAuthority().pem);
  dispatcher = ses.dispatcher;
  site.requests.length = 0;
  site.answer = (request, response) => {
    void textOf(request).then(body => {
      response.writeHead(200, { 'set-cookie': 'k=v' }).end(`${request.method} ${request.url} ${body}`);
    });
  };
});

afterEach(() => ses.destroy());
afterAll(() => site[Symbol.asyncDispose]());

describe('what takes a dispatcher', () => {
  test('undici.request: cookies both ways, the User-Agent, a body', async () => {
    const { statusCode, headers, body } = await undici.request(`${site.origin}/a`, {
      dispatcher,
      method: 'POST',
      body: 'x',
    });
    expect([statusCode, headers['set-cookie'], await body.text()]).toEqual([200, 'k=v', 'POST /a x']);
    await (await undici.request(site.origin, { dispatcher })).body.dump();
    expect(site.requests[1]?.headers).toMatchObject({ cookie: 'k=v', 'user-agent': 'agent/1' });
  });

  test("undici's fetch, and the global one", async () => {
    for (const fetch of [undici.fetch, globalThis.fetch] as (typeof undici.fetch)[]) {
      const response = await fetch(`${site.origin}/f`, { dispatcher, method: 'POST', body: 'x' });
      expect(await response.text()).toBe('POST /f x');
      await (await fetch(site.origin, { dispatcher })).text();
    }
    expect(site.requests.map(({ headers }) => headers.cookie)).toEqual([undefined, 'k=v', 'k=v', 'k=v']);
  });

  test('a type that fits both fetches', () => {
    const forUndici: undici.RequestInit = { dispatcher: ses.dispatcher };
    const forNode: RequestInit = { dispatcher: ses.dispatcher };
    expect([forUndici.dispatcher, forNode.dispatcher]).toEqual([ses.dispatcher, ses.dispatcher]);
  });

  test('the same one every time', () => {
    expect(ses.dispatcher).toBe(dispatcher);
    expect(dispatcher).toBeInstanceOf(undici.Dispatcher);
  });

  test('undici.stream', async () => {
    const chunks: Buffer[] = [];
    await undici.stream(`${site.origin}/s`, { dispatcher, method: 'GET', opaque: chunks }, ({ opaque }) => {
      return new Writable({
        write(chunk: Buffer, _, done) {
          opaque.push(chunk);
          done();
        },
      });
    });
    expect(Buffer.concat(chunks).toString()).toBe('GET /s ');
  });

  test('undici.pipeline', async () => {
    const duplex = undici.pipeline(`${site.origin}/p`, { dispatcher, method: 'POST' }, ({ body }) => body);
    duplex.end('piped');
    expect(await text(duplex)).toBe('POST /p piped');
  });

  test.each(['http', 'h2'] as const)('undici.upgrade, over HTTP/1.1 though the origin speaks %s', async scheme => {
    // An https origin that speaks both.
    await using origin = await startOrigin((_, response) => response.end(), {
      scheme: scheme === 'h2' ? 'https' : 'http',
    });
    const server = origin.server;
    server.on('upgrade', (request, socket: Duplex) => {
      socket.on('error', () => {});
      socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: echo\r\nSet-Cookie: up=1\r\n\r\n',
      );
      socket.pipe(socket);
    });
    const { headers, socket } = await undici.upgrade(origin.origin, { dispatcher, protocol: 'echo' });
    expect(headers['upgrade']).toBe('echo');
    socket.write('ping');
    expect(String((await once(socket, 'data'))[0])).toBe('ping');
    socket.destroy();
    expect(ses.cookies.header(origin.origin)).toBe('up=1');
  });

  test('connect, without cookies', async () => {
    let head = '';
    await using server = await startRawServer((socket, first) => {
      head = first;
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n');
      socket.pipe(socket);
    });
    await ses.cookies.set({ url: 'http://raw.test/', name: 'k', value: 'v' });
    // The function of this name puts a slash before the authority.
    const { socket } = await dispatcher.connect({
      origin: `http://raw.test:${server.port}`,
      path: 'a.test:443',
    });
    expect(head).toMatch(/^CONNECT a\.test:443 HTTP\/1\.1\r\n/);
    expect(head).not.toMatch(/cookie/i);
    socket.write('ping');
    expect(String((await once(socket, 'data'))[0])).toBe('ping');
    socket.destroy();
  });

  test('interceptors and RetryAgent', async () => {
    let failures = 2;
    const { answer } = site;
    site.answer = (request, response) => {
      if (request.url === '/retry' && failures-- > 0) response.writeHead(503).end();
      else if (request.url === '/redirect') response.writeHead(302, { location: '/target' }).end();
      else answer(request, response);
    };
    const quick = { minTimeout: 1, maxTimeout: 1 };
    const composed = dispatcher.compose(
      undici.interceptors.redirect({ maxRedirections: 3 }),
      undici.interceptors.retry(quick),
    );
    expect(await (await undici.request(`${site.origin}/redirect`, { dispatcher: composed })).body.text()).toBe(
      'GET /target ',
    );
    expect(await (await undici.request(`${site.origin}/retry`, { dispatcher: composed })).body.text()).toBe(
      'GET /retry ',
    );
    failures = 2;
    const agent = new undici.RetryAgent(dispatcher, quick);
    expect(await (await undici.request(`${site.origin}/retry`, { dispatcher: agent })).body.text()).toBe('GET /retry ');
  });
});

describe('options of dispatch', () => {
  test('query, as undici writes it', async () => {
    const query = { a: 'x y', b: [1, 2], c: true, d: '', e: 'ü&=' };
    await (await undici.request(`${site.origin}/q`, { dispatcher, query })).body.dump();
    await (await undici.request(`${site.origin}/q`, { query, dispatcher: plain() })).body.dump();
    expect(site.requests[0]?.url).toBe('/q?a=x%20y&b=1&b=2&c=true&d=&e=%C3%BC%26%3D');
    expect(site.requests[1]?.url).toBe(site.requests[0]?.url);
  });

  test.each<[sentence: string, headers: unknown]>([
    ['an object', { 'X-A': '1', 'X-B': ['2', '3'] }],
    ['a flat array', ['X-A', '1', 'X-B', '2', 'X-B', '3']],
    [
      'pairs',
      [
        ['X-A', '1'],
        ['X-B', ['2', '3']],
      ],
    ],
    [
      'Headers',
      new Headers([
        ['X-A', '1'],
        ['X-B', '2'],
        ['X-B', '3'],
      ]),
    ],
    [
      'a Map',
      new Map<string, unknown>([
        ['X-A', '1'],
        ['X-B', ['2', '3']],
      ]),
    ],
  ])('headers as %s', async (_, headers) => {
    await (await undici.request(site.origin, { dispatcher, headers: headers as never })).body.dump();
    expect(site.requests[0]?.headers).toMatchObject({ 'x-a': '1', 'x-b': '2, 3' });
  });

  test('a cookie header of the caller replaces those of the session', async () => {
    await ses.cookies.set({ url: site.origin, name: 'k', value: 'v' });
    await (await undici.request(site.origin, { dispatcher, headers: { cookie: 'own=1' } })).body.dump();
    expect(site.requests[0]?.headers.cookie).toBe('own=1');
  });

  test.each<[sentence: string, options: object, code: string]>([
    ['no origin', { path: '/' }, 'ERR_INVALID_OPTION'],
    ['an origin that is no URL', { origin: '//me:s3cret@site', path: '/' }, 'ERR_INVALID_OPTION'],
    ['an origin of another scheme', { origin: 'ftp://site.test', path: '/' }, 'ERR_UNKNOWN_URL_SCHEME'],
    ['a path that does not begin with /', { origin: 'http://site.test', path: 'a' }, 'ERR_INVALID_OPTION'],
    ['an absolute URL for a path', { origin: 'http://site.test', path: 'http://o.test/' }, 'ERR_INVALID_OPTION'],
    ['a path with a line break', { origin: 'http://site.test', path: '/\r\n' }, 'ERR_INVALID_ARGUMENT'],
    ['a method that is none', { origin: 'http://site.test', path: '/', method: 5 }, 'ERR_INVALID_OPTION'],
    ['a header that is none', { origin: 'http://site.test', path: '/', headers: { 'a b': '' } }, 'ERR_INVALID_OPTION'],
    ['query twice', { origin: 'http://site.test', path: '/?a', query: { b: 1 } }, 'ERR_INVALID_OPTION'],
    [
      'a header that only undici may set',
      { origin: 'http://site.test', path: '/', headers: { upgrade: 'x' } },
      'ERR_INVALID_ARGUMENT',
    ],
  ])('%s reaches the handler', (_, options, code) => {
    const onResponseError = vi.fn<(controller: unknown, error: Error) => void>();
    const method = 'method' in options ? {} : { method: 'GET' };
    dispatcher.dispatch({ ...method, ...options } as never, {
      onRequestStart() {},
      onResponseStart() {},
      onResponseError,
    });
    const error = onResponseError.mock.calls[0]?.[1];
    expect(error).toMatchObject({ code });
    expect(error?.message).not.toContain('s3cret');
  });

  test('a handler that is none is thrown back', () => {
    for (const handler of [undefined, null, 'x']) {
      expect(() => dispatcher.dispatch({ origin: site.origin, path: '/', method: 'GET' }, handler as never)).toThrow(
        TypeError,
      );
    }
  });

  test('timeouts', async () => {
    site.answer = () => {};
    await expect(undici.request(site.origin, { dispatcher, headersTimeout: 10 })).rejects.toMatchObject({
      code: 'ERR_TIMED_OUT',
    });
    site.answer = (_, response) => response.writeHead(200).write('half');
    const { body } = await undici.request(site.origin, { dispatcher, bodyTimeout: 10 });
    await expect(body.text()).rejects.toMatchObject({ code: 'ERR_TIMED_OUT' });
  });

  test('failures have the names of Chromium, reasons of the caller stay', async () => {
    const { port } = await startRawServer(() => {}).then(async server => {
      await server[Symbol.asyncDispose]();
      return server;
    });
    await expect(undici.request(`http://raw.test:${port}`, { dispatcher })).rejects.toMatchObject({
      name: 'NetError',
      code: 'ERR_CONNECTION_REFUSED',
    });
    site.answer = () => {};
    const reason = new Error('enough');
    const abort = new AbortController();
    const request = undici.request(site.origin, { dispatcher, signal: abort.signal });
    setImmediate(() => abort.abort(reason));
    await expect(request).rejects.toBe(reason);
  });

  test('interim responses reach the handler; their cookies and policies do not count', async () => {
    await using server = await startRawServer(socket => {
      socket.end(
        'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nSet-Cookie: hint=1\r\n\r\n' +
          'HTTP/1.1 200 OK\r\nSet-Cookie: k=1\r\nContent-Length: 1\r\n\r\nx',
      );
    });
    const origin = `http://raw.test:${server.port}`;
    const statuses: number[] = [];
    await new Promise<void>((resolve, reject) => {
      dispatcher.dispatch(
        { origin, path: '/', method: 'GET' },
        {
          onResponseStart: (_controller, status) => void statuses.push(status),
          onResponseEnd: () => resolve(),
          onResponseError: (_controller, error) => reject(error),
        },
      );
    });
    expect(statuses).toEqual([103, 200]);
    expect(ses.cookies.header(origin)).toBe('k=1');
  });

  test('what a handler throws fails the request, also when the response waited for a commit', async () => {
    for (const cookie of [undefined, 'k=v']) {
      site.answer = (_, response) => response.writeHead(200, cookie ? { 'set-cookie': cookie } : {}).end('x');
      const thrown = new Error('handler');
      const error = await new Promise<Error>(resolve => {
        dispatcher.dispatch(
          { origin: site.origin, path: '/', method: 'GET' },
          {
            onResponseStart() {
              throw thrown;
            },
            onResponseError: (_controller, failure) => resolve(failure),
          },
        );
      });
      expect(error).toBe(thrown);
    }
  });
});

describe('handlers of the older generation', () => {
  function send(path: string, overrides: Partial<LegacyHandler> = {}): Promise<unknown[]> {
    const calls: unknown[] = [];
    return new Promise((resolve, reject) => {
      const handler: LegacyHandler = {
        onConnect: () => void calls.push('connect'),
        onHeaders: (status, raw) => {
          calls.push(status, Object.fromEntries(pairs(raw)));
        },
        onData: chunk => void calls.push(chunk.toString()),
        onComplete: () => resolve(calls),
        onError: reject,
        ...overrides,
      };
      dispatcher.dispatch({ origin: site.origin, path, method: 'GET' }, handler);
    });
  }

  test('are called in their own way', async () => {
    expect(await send('/old')).toEqual([
      'connect',
      200,
      expect.objectContaining({ 'set-cookie': 'k=v', 'transfer-encoding': 'chunked' }),
      'GET /old ',
    ]);
  });

  test('may pause and resume', async () => {
    site.answer = (_, response) => response.end('x'.repeat(500_000));
    let size = 0;
    let resume = (): void => {};
    await send('/', {
      onHeaders(_status, _raw, again) {
        resume = again;
        setImmediate(resume);
        return false;
      },
      onData(chunk) {
        size += chunk.length;
        setImmediate(resume);
        return false;
      },
    });
    expect(size).toBe(500_000);
  });

  test('may abort, and hear why', async () => {
    const reason = new Error('enough');
    await expect(send('/', { onConnect: abort => abort(reason) })).rejects.toBe(reason);
    await expect(
      send('/', {
        onConnect(abort) {
          setImmediate(() => abort(reason));
        },
      }),
    ).rejects.toBe(reason);
  });

  test('hear of wrong options', async () => {
    await expect(send('no-slash')).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' });
  });

  test('get HTTP/1.1, which is all they know', async () => {
    await using both = await startOrigin((_, response) => response.end(), { scheme: 'both' });
    await new Promise<void>((resolve, reject) => {
      const handler: LegacyHandler = {
        onConnect() {},
        onHeaders() {},
        onData() {},
        onComplete: () => resolve(),
        onError: reject,
      };
      dispatcher.dispatch({ origin: both.origin, path: '/', method: 'GET' }, handler);
    });
    await (await ses.fetch(both.origin)).text();
    expect(both.requests.map(({ httpVersion }) => httpVersion)).toEqual(['1.1', '2.0']);
  });
});

describe('close and destroy', () => {
  test('of the dispatcher leave the session alone', async () => {
    await dispatcher.close();
    await dispatcher.destroy();
    await new Promise<void>(resolve => dispatcher.close(resolve));
    expect((await undici.request(site.origin, { dispatcher })).statusCode).toBe(200);
  });

  test('of the session are told to the handler', async () => {
    await ses.close();
    await expect(undici.request(site.origin, { dispatcher })).rejects.toMatchObject({
      name: 'StateError',
      code: 'ERR_SESSION_CLOSED',
    });
    expect(() => ses.dispatcher).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CLOSED' }));
  });

  test('close waits for a request of the dispatcher and its body', async () => {
    const go = Promise.withResolvers<void>();
    site.answer = (_, response) => {
      response.write('first ');
      void go.promise.then(() => response.end('second'));
    };
    const { body } = await undici.request(site.origin, { dispatcher });
    const closing = ses.close();
    go.resolve();
    expect(await body.text()).toBe('first second');
    await closing;
  });
});

function plain(): undici.Dispatcher {
  return new undici.Agent({
    connect: { lookup: (_host, _options, done) => done(null, [{ address: '127.0.0.1', family: 4 }]) },
  });
}

function pairs(raw: readonly Buffer[]): [string, string][] {
  return Array.from({ length: raw.length / 2 }, (_, n) => [
    raw[2 * n]!.toString().toLowerCase(),
    raw[2 * n + 1]!.toString(),
  ]);
}
