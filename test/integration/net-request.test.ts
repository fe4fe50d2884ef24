import { once } from 'node:events';
import type { IncomingMessage as ServerRequest } from 'node:http';
import { text } from 'node:stream/consumers';
import { brotliCompressSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type ClientRequest, type ClientRequestOptions, type IncomingMessage, net, session } from '../../src/index.ts';
import type { Session } from '../../src/session/session.ts';
import { hostRules, startOrigin, startRawServer, type TestOrigin, textOf } from '../fixtures/http-server.ts';

let site: TestOrigin;
let ses: Session;
/** Header names and values as the server got them. */
let raw: string[];

beforeEach(async () => {
  raw = [];
  ses = session.fromPartition('net', { hostRules, userAgent: 'mine/1' });
  site = await startOrigin((request: ServerRequest, response) => {
    raw = request.rawHeaders;
    void textOf(request).then(body => {
      response.setHeader('set-cookie', 'set=1').end(`${request.method} ${request.url} ${body}`);
    });
  });
});

afterEach(async () => {
  await ses.destroy();
  await site[Symbol.asyncDispose]();
});

type Options = ClientRequestOptions<Session>;

function make(options: Options = {}): ClientRequest {
  return net.request({ url: site.origin, session: ses, ...options });
}

async function answer(request: ClientRequest): Promise<IncomingMessage> {
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return response;
}

async function fetched(options: Options = {}): Promise<string> {
  return text(await answer(make(options).end()));
}

/** What happens to a request and its response, in order; ends with `close`. */
async function eventsOf(request: ClientRequest, start = (): unknown => request.end()): Promise<string[]> {
  const seen: string[] = [];
  for (const event of ['finish', 'response', 'redirect', 'abort']) request.on(event, () => seen.push(event));
  request.on('error', ({ message }: Error) => seen.push(`error ${message}`));
  request.on('response', (response: IncomingMessage) => {
    for (const event of ['aborted', 'end', 'close']) response.on(event, () => seen.push(`response ${event}`));
    response.on('error', ({ message }) => seen.push(`response error ${message}`)).resume();
  });
  const closed = new Promise(resolve => request.on('close', resolve));
  start();
  await closed;
  return [...seen, 'close'];
}

/** Waits until a number has stayed as it is for a hundred turns of the event loop. */
async function settled(read: () => number): Promise<void> {
  for (let last = -1, same = 0; same < 100; same++) {
    if (read() !== last) [last, same] = [read(), 0];
    await new Promise(setImmediate);
  }
}

function sent(name: string): string | undefined {
  const at = raw.findIndex((item, index) => index % 2 === 0 && item.toLowerCase() === name);
  return at < 0 ? undefined : raw[at + 1];
}

describe('options', () => {
  test('a URL alone, as text or object, and a callback', async () => {
    const url = `${site.origin.replace('site.test', '127.0.0.1')}/alone`;
    for (const input of [url, new URL(url)]) {
      const response = await new Promise<IncomingMessage>(resolve => net.request(input, resolve).end());
      expect(await text(response)).toBe('GET /alone ');
    }
    await session.defaultSession.close();
  });

  test.each<[string, (port: number) => Options, string]>([
    ['hostname and port', port => ({ hostname: 'site.test', port }), 'GET / '],
    ['host and path', port => ({ host: `site.test:${port}`, path: '/a?b=c#d' }), 'GET /a?b=c '],
    ['protocol', port => ({ protocol: 'http:', host: `site.test:${port}`, method: 'post' }), 'POST / '],
  ])('%s in place of a URL', async (_, options, expected) => {
    expect(await text(await answer(net.request({ session: ses, ...options(site.port) }).end()))).toBe(expected);
  });

  test.each<[string, object]>([
    ['ClientRequest only supports http: and https: protocols', { url: 'ftp://site.test/' }],
    ['`session` should be an instance of the Session class', { session: {} }],
    ['`partition` should be a string', { session: undefined, partition: 5 }],
    ['credentials: same-origin requires origin to be set', { credentials: 'same-origin' }],
    ['redirect mode should be one of follow, error or manual', { redirect: 'sometimes' }],
    ['headers must be an object', { headers: 'a: b' }],
    ['Request path contains unescaped characters', { url: undefined, path: '/a b' }],
    ["Invalid header name: 'a b'", { headers: { 'a b': '1' } }],
    ["Invalid value for header 'a'", { headers: { a: 'secret\r\nb: c' } }],
    ['`value` required in setHeader("a", value)', { headers: { a: null } }],
    ['Cannot make a request: url must be an absolute URL', { url: '/relative' }],
    [
      'Cannot make a request: cache must be one of "default", "no-store", "reload", "no-cache", "force-cache", "only-if-cached", got "x"',
      { cache: 'x' },
    ],
  ])('%s', (message, options) => {
    expect(() => make(options as Options)).toThrow(expect.objectContaining({ message, code: 'ERR_INVALID_OPTION' }));
  });

  test('a partition says which session', async () => {
    const other = session.fromPartition('net-other', { hostRules });
    await other.cookies.set({ url: site.origin, name: 'mine', value: '1' });
    const options = { url: site.origin, partition: 'net-other', useSessionCookies: true };
    await text(await answer(net.request(options).end()));
    expect(site.requests[0]!.headers.cookie).toBe('mine=1');
    await other.close();
  });
});

describe('cookies', () => {
  test.each<[string, Options, string | undefined, boolean]>([
    ['by default none are sent or stored', {}, undefined, false],
    ['useSessionCookies', { useSessionCookies: true }, 'sid=1', true],
    ['credentials include', { credentials: 'include' }, 'sid=1', true],
    ['credentials omit', { credentials: 'omit', useSessionCookies: true }, undefined, false],
    ['a Cookie header of the caller is sent', { headers: { Cookie: 'own=1' } }, 'own=1', false],
    ["and replaces the session's", { headers: { Cookie: 'own=1' }, useSessionCookies: true }, 'own=1', true],
  ])('%s', async (_, options, cookie, stored) => {
    await ses.cookies.set({ url: site.origin, name: 'sid', value: '1' });
    await fetched(options);
    expect(sent('cookie')).toBe(cookie);
    expect(await ses.cookies.get({ name: 'set' })).toHaveLength(stored ? 1 : 0);
  });

  test('credentials same-origin: for the origin alone', async () => {
    await ses.cookies.set({ url: site.origin, name: 'sid', value: '1' });
    await fetched({ credentials: 'same-origin', origin: 'https://else.test' });
    expect(sent('cookie')).toBeUndefined();
    await fetched({ credentials: 'same-origin', origin: site.origin });
    expect(sent('cookie')).toBe('sid=1');
  });

  test.each([
    ['GET', 'lax=1'],
    ['POST', undefined],
  ])('on behalf of another site, %s sends "%s"', async (method, cookie) => {
    await ses.cookies.set({ url: site.origin, name: 'lax', value: '1', sameSite: 'lax' });
    await ses.cookies.set({ url: site.origin, name: 'strict', value: '1', sameSite: 'strict' });
    await fetched({ method, useSessionCookies: true, origin: 'https://else.test' });
    expect(sent('cookie')).toBe(cookie);
  });
});

describe('headers', () => {
  test('keep case and order, before those that a browser adds', async () => {
    await fetched({ headers: { 'X-First': '1', 'x-SECOND': ['2', '3'], Accept: 'text/html' } });
    expect(raw.filter((_, index) => index % 2 === 0 && index > 2)).toEqual([
      'X-First',
      'x-SECOND',
      'Accept',
      'User-Agent',
      'Accept-Language',
      'Accept-Encoding',
    ]);
    expect(sent('x-second')).toBe('2,3');
    expect(sent('user-agent')).toBe('mine/1');
  });

  test('can be set, read and removed until the request is sent', async () => {
    const request = make();
    request.setHeader('X-A', 5);
    request.setHeader('X-B', 'b');
    expect(request.getHeader('x-a')).toBe(5);
    request.removeHeader('x-b');
    expect(request.getHeader('X-B')).toBeUndefined();
    expect(() => request.getHeader(undefined as never)).toThrow('`name` is required for getHeader(name)');
    expect(() => request.removeHeader(undefined as never)).toThrow('`name` is required for removeHeader(name)');
    request.write('body');
    expect(() => request.setHeader('X-C', 'c')).toThrow("Can't set headers after they are sent");
    expect(() => request.removeHeader('X-A')).toThrow("Can't remove headers after they are sent");
    await text(await answer(request.end()));
    expect([sent('x-a'), sent('x-b')]).toEqual(['5', undefined]);
  });

  test('text beyond ASCII goes out as UTF-8', async () => {
    await fetched({ headers: { 'X-Text': 'ä' } });
    expect(Buffer.from(sent('x-text')!, 'latin1').toString()).toBe('ä');
  });

  test.each(['Content-Length', 'Host', 'Trailer', 'Te', 'Upgrade', 'Cookie2', 'Keep-Alive', 'Transfer-Encoding'])(
    '%s cannot be set',
    async name => {
      const events = await eventsOf(make({ headers: { [name]: 'x' } }));
      expect(events).toContain(`error net::ERR_INVALID_ARGUMENT: Header "${name}" cannot be set`);
      expect(site.requests).toEqual([]);
    },
  );

  // 127.0.0.1 is trustworthy; site.test over http is not.
  test.each<[string, Options, Record<string, string | undefined>]>([
    [
      "nobody's page",
      {},
      { 'sec-fetch-site': 'none', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'empty', origin: undefined },
    ],
    ["another site's", { origin: 'https://else.test' }, { 'sec-fetch-site': 'cross-site' }],
    [
      'what the caller says it is',
      { headers: { 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Dest': 'image', 'sec-fetch-user': '?1' } },
      { 'sec-fetch-mode': 'cors', 'sec-fetch-dest': 'image', 'sec-fetch-user': '?1' },
    ],
    [
      'nonsense',
      { headers: { 'Sec-Fetch-Mode': 'x', 'Sec-Fetch-Site': 'same-origin' } },
      { 'sec-fetch-mode': 'no-cors', 'sec-fetch-site': 'none' },
    ],
    ['a POST of a page', { origin: 'https://else.test', method: 'POST' }, { origin: 'https://else.test' }],
    [
      'a CORS request of a page',
      { origin: 'https://else.test', headers: { 'sec-fetch-mode': 'cors' } },
      { origin: 'https://else.test' },
    ],
    [
      'an Origin header',
      { headers: { Origin: 'https://else.test' } },
      { origin: 'https://else.test', 'sec-fetch-site': 'cross-site' },
    ],
  ])('metadata of %s', async (_, options, expected) => {
    await fetched({ ...options, url: site.origin.replace('site.test', '127.0.0.1') });
    for (const [name, value] of Object.entries(expected)) expect(sent(name)).toBe(value);
  });

  test('no metadata for a URL that is not trustworthy', async () => {
    await fetched();
    expect(sent('sec-fetch-site')).toBeUndefined();
  });

  test('Referer follows the policy', async () => {
    const headers = { Referer: 'http://else.test/page?q#f' };
    await fetched({ headers });
    expect(sent('referer')).toBe('http://else.test/');
    await fetched({ headers, referrerPolicy: 'unsafe-url' });
    expect(sent('referer')).toBe('http://else.test/page?q');
    await fetched({ headers, referrerPolicy: 'no-referrer' });
    expect(sent('referer')).toBeUndefined();
  });
});

describe('the body', () => {
  test('is gathered, and sent with its length', async () => {
    const request = make({ method: 'POST' });
    request.write('häus', 'latin1');
    request.write(Buffer.from('er'));
    expect(site.requests).toEqual([]);
    expect(await text(await answer(request.end('!')))).toBe(`POST / h\ufffduser!`);
    expect(sent('content-length')).toBe('7');
    expect(request.getUploadProgress()).toMatchObject({ started: true, current: 7, total: 7 });
  });

  test('is sent as it is written when it is chunked', async () => {
    const { promise: arrived, resolve: onArrival } = Promise.withResolvers<ServerRequest>();
    const { answer: echo } = site;
    site.answer = (request, response) => {
      onArrival(request);
      echo(request, response);
    };
    const request = make({ method: 'POST' });
    request.chunkedEncoding = true;
    expect(() => (request.chunkedEncoding = false)).toThrow('chunkedEncoding can only be set once');
    request.write('one');
    await arrived;
    expect(() => (request.chunkedEncoding = true)).toThrow(
      'chunkedEncoding can only be set before the request is started',
    );
    expect(await text(await answer(request.end('two')))).toBe('POST / onetwo');
    expect(sent('transfer-encoding')).toBe('chunked');
  });

  test('a large chunked one waits for the server to read', async () => {
    const { promise: arrived, resolve: onArrival } = Promise.withResolvers<ServerRequest>();
    site.answer = request => onArrival(request);
    const request = make({ method: 'POST' });
    request.chunkedEncoding = true;
    let written = 0;
    const chunk = Buffer.alloc(64 * 1024);
    const write = (): void => {
      while (written < 64 * 1024 * 1024) {
        written += chunk.length;
        if (!request.write(chunk)) return;
      }
    };
    request.on('drain', write).on('error', () => {});
    write();
    await arrived;
    await settled(() => written);
    expect(written).toBeLessThan(32 * 1024 * 1024);
    request.abort();
  });

  test('an empty chunked one ends at once', async () => {
    const request = make({ method: 'POST' });
    request.chunkedEncoding = true;
    expect(await text(await answer(request.end()))).toBe('POST / ');
  });
});

describe('the response', () => {
  test('has head and body', async () => {
    await using server = await startRawServer(socket => {
      socket.end(
        'HTTP/1.1 404 Nothing Here\r\nX-Two: a\r\nx-two: b\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nServer: s1\r\nServer: s2\r\nContent-Length: 4\r\n\r\nbody',
      );
    });
    const response = await answer(make({ url: `http://site.test:${server.port}/` }).end());
    expect([response.statusCode, response.statusMessage]).toEqual([404, 'Nothing Here']);
    expect(response.headers).toEqual({
      'x-two': 'a, b',
      'set-cookie': ['a=1', 'b=2'],
      server: 's1',
      'content-length': '4',
    });
    expect(response.rawHeaders.slice(0, 6)).toEqual(['X-Two', 'a', 'x-two', 'b', 'Set-Cookie', 'a=1']);
    expect([response.httpVersion, response.httpVersionMajor, response.httpVersionMinor]).toEqual(['1.1', 1, 1]);
    expect(() => response.trailers).toThrow('HTTP trailers are not supported');
    expect(() => response.rawTrailers).toThrow('HTTP trailers are not supported');
    expect(await text(response)).toBe('body');
  });

  test.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['zstd', zstdCompressSync],
  ] as const)('is decoded: %s', async (coding, compress) => {
    const body = 'x'.repeat(300_000);
    site.answer = (_, response) => response.setHeader('content-encoding', coding).end(compress(body));
    expect(await fetched()).toBe(body);
  });

  test('that is broken inside its coding is an error', async () => {
    site.answer = (_, response) => response.setHeader('content-encoding', 'gzip').end('no gzip at all');
    expect(await eventsOf(make())).toContain(
      'response error net::ERR_CONTENT_DECODING_FAILED: the body does not fit its Content-Encoding',
    );
  });

  test.each([
    ['HEAD', 200],
    ['GET', 204],
    ['GET', 304],
  ])('to %s with %i has no body', async (method, status) => {
    site.answer = (_, response) => response.writeHead(status).end();
    expect(await fetched({ method })).toBe('');
  });

  test('over HTTP/2 says so', async () => {
    await using h2 = await startOrigin((_, response) => response.end('two'), { scheme: 'h2' });
    ses.setCertificateVerifyProc((_request, callback) => callback(0));
    const response = await answer(make({ url: h2.origin }).end());
    expect([response.httpVersion, await text(response)]).toEqual(['2.0', 'two']);
  });
});

describe('redirects', () => {
  beforeEach(() => {
    const { answer: echo } = site;
    site.answer = (request, response) => {
      const status = Number(/^\/(3\d\d)$/.exec(request.url ?? '')?.[1]);
      if (status) response.writeHead(status, { location: '/to', 'set-cookie': 'moved=1' }).end();
      else echo(request, response);
    };
  });

  test('are followed and told', async () => {
    const request = make({ url: `${site.origin}/302`, method: 'POST', useSessionCookies: true });
    const told = once(request, 'redirect');
    const response = await answer(request.end('body'));
    expect(await text(response)).toBe('GET /to ');
    expect(await told).toEqual([
      302,
      'GET',
      `${site.origin}/to`,
      expect.objectContaining({ location: ['/to'], 'set-cookie': ['moved=1'] }),
    ]);
    expect(sent('cookie')).toBe('moved=1');
    expect(response.urlList).toEqual([`${site.origin}/302`, `${site.origin}/to`]);
  });

  test('307 sends the body again', async () => {
    expect(await text(await answer(make({ url: `${site.origin}/307`, method: 'POST' }).end('body')))).toBe(
      'POST /to body',
    );
  });

  test('manual: followRedirect in the listener goes on', async () => {
    const request = make({ url: `${site.origin}/302`, redirect: 'manual' });
    request.on('redirect', () => request.followRedirect());
    expect(await text(await answer(request.end()))).toBe('GET /to ');
  });

  test('manual: without it the request is cancelled', async () => {
    expect(await eventsOf(make({ url: `${site.origin}/302`, redirect: 'manual' }))).toEqual([
      'finish',
      'redirect',
      'error Redirect was cancelled',
      'close',
    ]);
  });

  test('error: they are', async () => {
    expect(await eventsOf(make({ url: `${site.origin}/302`, redirect: 'error' }))).toEqual([
      'finish',
      "error Attempted to redirect, but redirect policy was 'error'",
      'close',
    ]);
  });

  test('followRedirect at another time is refused', () => {
    expect(() => make().followRedirect()).toThrow('followRedirect() called, but was not waiting for a redirect');
  });

  test('abort in the listener ends it', async () => {
    const request = make({ url: `${site.origin}/302`, redirect: 'manual' });
    request.on('redirect', () => request.abort());
    expect(await eventsOf(request)).toEqual(['finish', 'redirect', 'abort', 'close']);
  });

  test('more than twenty are too many', async () => {
    site.answer = (_, response) => response.writeHead(302, { location: '/' }).end();
    expect((await eventsOf(make())).at(-2)).toMatch(/^error net::ERR_TOO_MANY_REDIRECTS/);
    expect(site.requests).toHaveLength(21);
  });

  test('to another origin leave credentials behind', async () => {
    await using other = await startOrigin(
      (_, response) => response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end(),
      { host: 'other.test' },
    );
    site.answer = (_, response) => response.writeHead(302, { location: other.origin }).end();
    const headers = { Authorization: 'secret', Cookie: 'own=1' };
    await fetched({ headers });
    await fetched({ url: site.origin.replace('//', '//ann:pw@') });
    for (const { headers: got } of other.requests) {
      expect([got.authorization, got.cookie]).toEqual([undefined, undefined]);
    }
  });
});

describe('login', () => {
  beforeEach(() => {
    site.answer = (request, response) => {
      if (request.headers.authorization) response.end(request.headers.authorization);
      else response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end('who?');
    };
  });
  const basic = `Basic ${btoa('ann:pw')}`;

  test('is asked of the request, and remembered by the session', async () => {
    const asked: unknown[] = [];
    ses.on('login', () => asked.push('session'));
    const request = make();
    request.on('login', (info, callback) => {
      asked.push(info);
      callback('ann', 'pw');
    });
    expect(await text(await answer(request.end()))).toBe(basic);
    expect(asked).toEqual([{ isProxy: false, scheme: 'basic', host: 'site.test', port: site.port, realm: 'r' }]);
    expect(await fetched()).toBe(basic);
  });

  test.each<[string, (request: ClientRequest) => unknown]>([
    ['without a listener', () => undefined],
    ['with a listener that has nothing to say', request => request.on('login', (_info, callback) => callback())],
  ])('%s the response is the refusal', async (_, listen) => {
    const request = make();
    listen(request);
    const response = await answer(request.end());
    expect([response.statusCode, await text(response)]).toEqual([401, 'who?']);
  });

  test('is not asked when credentials are omitted', async () => {
    const request = make({ credentials: 'omit' });
    const listener = vi.fn<() => void>();
    request.on('login', listener);
    expect((await answer(request.end())).statusCode).toBe(401);
    expect(listener).not.toHaveBeenCalled();
  });

  test('credentials of the URL answer without asking', async () => {
    expect(await fetched({ url: site.origin.replace('//', '//ann:pw@') })).toBe(basic);
  });
});

describe('the course of events', () => {
  test('of a success', async () => {
    expect(await eventsOf(make())).toEqual(['finish', 'response', 'response end', 'response close', 'close']);
  });

  test('of a failure to connect', async () => {
    const events = await eventsOf(make({ url: 'http://nowhere.invalid/' }));
    expect(events).toEqual(['finish', expect.stringMatching(/^error net::ERR_NAME_NOT_RESOLVED/), 'close']);
  });

  test('of a response that breaks', async () => {
    site.answer = (_, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('part', () => response.destroy());
    };
    const failed = expect.stringContaining('net::ERR_CONTENT_LENGTH_MISMATCH') as string;
    expect(await eventsOf(make())).toEqual(['finish', 'response', failed, 'response close', failed, 'close']);
  });

  test('a broken response is no uncaught error for who listens to the response alone', async () => {
    site.answer = (_, response) => {
      response.writeHead(200, { 'content-length': 100 });
      response.write('part', () => response.destroy());
    };
    const request = make();
    await expect(text(await answer(request.end()))).rejects.toMatchObject({ code: 'ERR_CONTENT_LENGTH_MISMATCH' });
  });

  test.each<[string, (request: ClientRequest) => void, string[]]>([
    ['before it is sent', request => request.abort(), ['abort', 'close']],
    ['twice', request => [request.abort(), request.abort()], ['abort', 'close']],
    ['after it is sent', request => [request.end(), request.abort()], ['finish', 'abort', 'close']],
  ])('of an abort %s', async (_, start, expected) => {
    const request = make();
    expect(await eventsOf(request, () => start(request))).toEqual(expected);
  });

  test('of an abort in the response', async () => {
    site.answer = (_, response) => void response.write('part');
    const request = make();
    const start = (): void => void request.on('response', () => request.abort()).end();
    expect(await eventsOf(request, start)).toEqual([
      'finish',
      'response',
      'response aborted',
      'abort',
      'response close',
      'close',
    ]);
    await vi.waitFor(() => expect(site.sockets.size).toBe(0));
  });

  test('abort after the end has no effect', async () => {
    const request = make();
    const listener = vi.fn<() => void>();
    request.on('abort', listener);
    await eventsOf(request);
    request.abort();
    await new Promise(setImmediate);
    expect(listener).not.toHaveBeenCalled();
  });

  test('a response that nobody listens to is thrown away', async () => {
    const request = make().end();
    await once(request, 'close');
    expect(site.requests).toHaveLength(1);
  });

  test('destroying the response stops the transfer', async () => {
    site.answer = (_, response) => void response.write('part');
    const response = await answer(make().end());
    response.destroy();
    await vi.waitFor(() => expect(site.sockets.size).toBe(0));
  });

  test('a response that is not read holds the server back', async () => {
    let written = 0;
    site.answer = (_, response) => {
      const write = (): void => {
        while (written < 64 * 1024 * 1024) {
          written += 65_536;
          if (!response.write(Buffer.alloc(65_536))) return;
        }
        response.end();
      };
      response.on('drain', write);
      write();
    };
    const response = await answer(make().end());
    await settled(() => written);
    expect(written).toBeLessThan(32 * 1024 * 1024);
    response.destroy();
  });
});

describe('the session', () => {
  test('that is closed makes no request', async () => {
    await ses.close();
    expect(() => make()).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CLOSED' }));
  });

  test('that closed meanwhile sends none', async () => {
    const request = make();
    await ses.close();
    expect(await eventsOf(request)).toEqual([expect.stringMatching(/^error .*is closed$/), 'close']);
    expect(site.requests).toEqual([]);
  });

  test('waits for it when it closes', async () => {
    const { promise: arrived, resolve: onArrival } = Promise.withResolvers<() => void>();
    site.answer = (_, response) => onArrival(() => void response.end('late'));
    const body = answer(make().end()).then(text);
    const reply = await arrived;
    const closing = ses.close();
    reply();
    expect(await body).toBe('late');
    await closing;
  });

  test('cuts it when it is destroyed', async () => {
    const { promise: arrived, resolve: onArrival } = Promise.withResolvers<void>();
    site.answer = () => onArrival();
    const events = eventsOf(make());
    await arrived;
    await ses.destroy();
    expect(await events).toEqual(['finish', expect.stringMatching(/^error net::ERR_ABORTED/), 'close']);
  });
});

test('net.isOnline and net.online say the same', () => {
  expect(net.online).toBe(net.isOnline());
});
