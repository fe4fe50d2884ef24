import { hash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { net, session } from '../../src/index.ts';
import type { Session } from '../../src/session/session.ts';
import { testAuthority } from '../fixtures/certificates.ts';
import { hostRules } from '../fixtures/http-server.ts';
import { startSocketServer, type TestSocketServer } from '../fixtures/web-socket-server.ts';

let server: TestSocketServer;
let directory: string;
let ses: Session;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sojourn-websocket-'));
  server = await startSocketServer();
  ses = session.fromPath(directory, { hostRules, userAgent: 'mine/1' });
});

afterEach(async () => {
  await ses.destroy();
  await server[Symbol.asyncDispose]();
  rmSync(directory, { recursive: true });
});

/** The parts of the socket types that both doors share. */
type AnySocket = EventTarget & { readonly readyState: number };

interface Closed {
  readonly code: number;
  readonly reason: string;
  readonly wasClean: boolean;
}

async function opened<S extends AnySocket>(socket: S): Promise<S> {
  await once(socket, 'open');
  return socket;
}

async function message(socket: AnySocket): Promise<unknown> {
  const [event] = (await once(socket, 'message')) as [{ data: unknown }];
  return event.data;
}

/** The error, if there was one, and how the socket closed. */
async function closed(socket: AnySocket): Promise<Closed & { readonly error: unknown }> {
  let error: unknown;
  socket.addEventListener('error', event => (error = (event as Event & { error?: unknown }).error), { once: true });
  const [{ code, reason, wasClean }] = await new Promise<[Closed]>(resolve =>
    socket.addEventListener('close', event => resolve([event as unknown as Closed]), { once: true }),
  );
  expect(socket.readyState).toBe(3);
  return { code, reason, wasClean, error };
}

async function names(): Promise<string[]> {
  return (await ses.cookies.get({})).map(({ name }) => name).toSorted();
}

/** The 101 of a server that then says nothing more. */
function acceptance({ headers }: IncomingMessage): string {
  const digest = hash('sha1', `${headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`, 'base64');
  const lines = ['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade'];
  return [...lines, `Sec-WebSocket-Accept: ${digest}`, '', ''].join('\r\n');
}

function refuse(head: string): (request: IncomingMessage, socket: Duplex) => void {
  return (_, socket) => void socket.end(head);
}

describe('ses.WebSocket', () => {
  test("is opened with the session's cookies, user agent and languages, from its own origin", async () => {
    await ses.cookies.set({ url: server.origin.replace('ws', 'http'), name: 'sid', value: '1' });
    ses.setUserAgent('mine/2', 'de,en');
    const socket = await opened(new ses.WebSocket(`${server.origin}/path?q=1`));
    const [{ url, headers }] = server.requests as [IncomingMessage];
    expect(url).toBe('/path?q=1');
    expect(headers).toMatchObject({
      cookie: 'sid=1',
      'user-agent': 'mine/2',
      'accept-language': 'de,en;q=0.9',
      origin: server.origin.replace('ws', 'http'),
    });
    socket.close();
  });

  test('stores the cookies of the 101 before it is open', async () => {
    server.headers = ['Set-Cookie: ws=1', 'Set-Cookie: other=2; HttpOnly'];
    const socket = new ses.WebSocket(server.origin);
    const seen = new Promise(resolve => socket.addEventListener('open', () => resolve(names())));
    expect(await seen).toEqual(['other', 'ws']);
    socket.close();
  });

  test('stores the cookies of a refusal', async () => {
    server.onHandshake = refuse('HTTP/1.1 403 Forbidden\r\nSet-Cookie: no=1\r\nContent-Length: 0\r\n\r\n');
    await closed(new ses.WebSocket(server.origin));
    expect(await names()).toEqual(['no']);
  });

  test('sends and receives text and bytes', async () => {
    const socket = await opened(new ses.WebSocket(server.origin));
    socket.binaryType = 'arraybuffer';
    socket.send('häus');
    expect(await message(socket)).toBe('häus');
    socket.send(new Uint8Array([1, 2, 3]));
    expect(new Uint8Array((await message(socket)) as ArrayBuffer)).toEqual(new Uint8Array([1, 2, 3]));
    const big = 'x'.repeat(1_000_000);
    socket.send(big);
    expect(await message(socket)).toBe(big);
    socket.close(3001, 'enough');
    expect(await closed(socket)).toEqual({ code: 3001, reason: 'enough', wasClean: true, error: undefined });
    await vi.waitFor(() => expect(server.closed).toEqual([{ code: 3001, reason: 'enough' }]));
  });

  test.each([
    ['a string', 'one', 'one'],
    ['an array', ['one', 'two'], 'two'],
    ['in the options', { protocols: ['one', 'two'] }, 'two'],
  ])('protocols: %s', async (_, protocols, chosen) => {
    const socket = await opened(new ses.WebSocket(server.origin, protocols));
    expect(socket.protocol).toBe(chosen);
    socket.close();
  });

  test("headers and origin of the options are sent; a Cookie header replaces the session's", async () => {
    await ses.cookies.set({ url: server.origin.replace('ws', 'http'), name: 'sid', value: '1' });
    const headers = { 'X-Token': 't', Cookie: 'own=1', 'User-Agent': 'own' };
    const socket = await opened(new ses.WebSocket(server.origin, { headers, origin: 'https://app.test' }));
    expect(server.requests[0]!.headers).toMatchObject({
      'x-token': 't',
      cookie: 'own=1',
      'user-agent': 'own',
      origin: 'https://app.test',
    });
    socket.close();
  });

  test("for another site's page, only cookies that go there are sent", async () => {
    await using secure = await startSocketServer({ secure: true });
    ses.certificates.addRoot(testAuthority().pem);
    const url = secure.origin.replace('ws', 'http');
    await ses.cookies.set({ url, name: 'lax', value: '1', sameSite: 'lax' });
    await ses.cookies.set({ url, name: 'none', value: '1', sameSite: 'no_restriction', secure: true });
    const own = await opened(new ses.WebSocket(secure.origin));
    const foreign = await opened(new ses.WebSocket(secure.origin, { origin: 'https://evil.test' }));
    const extension = await opened(new ses.WebSocket(secure.origin, { origin: 'chrome-extension://abc' }));
    expect(secure.requests.map(({ headers }) => [headers.origin, headers.cookie])).toEqual([
      [secure.origin.replace('ws', 'http'), 'lax=1; none=1'],
      ['https://evil.test', 'none=1'],
      ['chrome-extension://abc', 'none=1'],
    ]);
    for (const socket of [own, foreign, extension]) socket.close();
  });

  test.each<[string, () => unknown, object]>([
    ['no URL', () => new ses.WebSocket('nowhere'), { name: 'SyntaxError' }],
    ['another scheme', () => new ses.WebSocket('ftp://site.test/'), { name: 'SyntaxError' }],
    ['a fragment', () => new ses.WebSocket('ws://site.test/#a'), { name: 'SyntaxError' }],
    ['a protocol twice', () => new ses.WebSocket('ws://site.test/', ['a', 'a']), { name: 'SyntaxError' }],
    ['a protocol that is no token', () => new ses.WebSocket('ws://site.test/', 'a b'), { name: 'SyntaxError' }],
    [
      'a header of the handshake',
      () => new ses.WebSocket('ws://site.test/', { headers: { 'Sec-WebSocket-Key': 'a' } }),
      { code: 'ERR_INVALID_OPTION' },
    ],
    [
      'a broken header',
      () => new ses.WebSocket('ws://site.test/', { headers: { a: 'b\r\nc: d' } }),
      { code: 'ERR_INVALID_OPTION' },
    ],
    [
      'an origin that is none',
      () => new ses.WebSocket('ws://site.test/', { origin: 'site.test' }),
      { code: 'ERR_INVALID_OPTION' },
    ],
  ])('%s is refused', (_, construct, error) => {
    expect(construct).toThrow(expect.objectContaining(error));
  });

  test('has the constants of the standard', () => {
    const { CONNECTING, OPEN, CLOSING, CLOSED } = ses.WebSocket;
    expect([CONNECTING, OPEN, CLOSING, CLOSED]).toEqual([0, 1, 2, 3]);
    expect(ses.WebSocket).toBe(ses.WebSocket);
  });

  describe('fails', () => {
    test.each<[string, () => string | Promise<string>, string]>([
      ['the port is none for the web', () => 'ws://site.test:1/', 'ERR_UNSAFE_PORT'],
      [
        'the connection is refused',
        async () => {
          await server[Symbol.asyncDispose]();
          const { origin } = server;
          server = await startSocketServer();
          return origin;
        },
        'ERR_CONNECTION_REFUSED',
      ],
      ['the name is not known', () => 'ws://nowhere.invalid/', 'ERR_NAME_NOT_RESOLVED'],
    ])('when %s', async (_, url, code) => {
      const { error, ...end } = await closed(new ses.WebSocket(await url()));
      expect(error).toMatchObject({ name: 'NetError', code });
      expect(end).toEqual({ code: 1006, reason: '', wasClean: false });
    });

    test.each([
      ['401', 'HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n'],
      ['403', 'HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n'],
      ['302', 'HTTP/1.1 302 Found\r\nLocation: /else\r\nContent-Length: 0\r\n\r\n'],
      ['200', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'],
    ])('on a %s in place of the 101', async (status, head) => {
      server.onHandshake = refuse(head);
      const { error, code } = await closed(new ses.WebSocket(server.origin));
      expect(code).toBe(1006);
      expect(error).toMatchObject({
        code: 'ERR_FAILED',
        message: `net::ERR_FAILED: Error during WebSocket handshake: Unexpected response code: ${status}`,
      });
      expect(server.requests).toHaveLength(1);
    });

    test('when the server hangs up during the handshake', async () => {
      server.onHandshake = (_, socket) => socket.destroy();
      expect(await closed(new ses.WebSocket(server.origin))).toMatchObject({
        code: 1006,
        error: expect.objectContaining({ code: expect.stringMatching(/^ERR_(?:EMPTY_RESPONSE|CONNECTION_RESET)$/) }),
      });
    });

    test('when the server dies right after a 101 with a cookie', async () => {
      server.onHandshake = (_, socket) => {
        socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nSet-Cookie: a=1\r\n\r\n');
        (socket as Duplex & { resetAndDestroy(): void }).resetAndDestroy();
      };
      expect((await closed(new ses.WebSocket(server.origin))).code).toBe(1006);
    });

    test('on a wrong Sec-WebSocket-Accept', async () => {
      server.onHandshake = refuse(
        'HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: no\r\n\r\n',
      );
      expect((await closed(new ses.WebSocket(server.origin))).code).toBe(1006);
    });

    test('on a certificate that is not trusted, before a byte is sent', async () => {
      await using secure = await startSocketServer({ secure: true });
      expect((await closed(new ses.WebSocket(secure.origin))).error).toMatchObject({
        code: 'ERR_CERT_AUTHORITY_INVALID',
      });
      expect(secure.requests).toEqual([]);
    });

    test('when the connection breaks', async () => {
      const socket = await opened(new ses.WebSocket(server.origin));
      const end = closed(socket);
      for (const client of server.clients) client.terminate();
      expect(await end).toMatchObject({ code: 1006, wasClean: false });
    });

    test('quietly, when the program closes it before it is open', async () => {
      const socket = new ses.WebSocket(server.origin);
      const end = closed(socket);
      socket.close();
      const { error, code } = await end;
      expect([code, error instanceof Error && 'code' in error]).toEqual([1006, false]);
    });
  });

  test('answers a 401 by the login event', async () => {
    server.onHandshake = refuse(
      'HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="r"\r\nContent-Length: 0\r\n\r\n',
    );
    ses.on('login', (event, _details, _info, callback) => {
      event.preventDefault();
      server.onHandshake = undefined;
      callback('ann', 'pw');
    });
    const socket = await opened(new ses.WebSocket(server.origin));
    expect(server.requests.at(-1)!.headers.authorization).toBe(`Basic ${btoa('ann:pw')}`);
    socket.close();
  });

  test('answers a 401 by user name and password of the URL, without asking', async () => {
    const asked: unknown[] = [];
    ses.on('login', () => asked.push(1));
    server.onHandshake = (request, socket) => {
      server.onHandshake = undefined;
      refuse('HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Basic realm="r"\r\nContent-Length: 0\r\n\r\n')(
        request,
        socket,
      );
    };
    const socket = await opened(new ses.WebSocket(server.origin.replace('//', '//ann:p%40w@')));
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
      undefined,
      `Basic ${btoa('ann:p@w')}`,
    ]);
    expect(asked).toEqual([]);
    socket.close();
  });

  test('ends with its session: with a goodbye when it is closed', async () => {
    const socket = await opened(new ses.WebSocket(server.origin));
    const end = closed(socket);
    await ses.close();
    expect(await end).toMatchObject({ code: 1005, wasClean: true });
    await vi.waitFor(() => expect(server.closed).toEqual([{ code: 1005, reason: '' }]));
  });

  test('ends with its session, also when the server does not answer the goodbye', async () => {
    server.onHandshake = (request, socket) => void socket.write(acceptance(request));
    const socket = await opened(new ses.WebSocket(server.origin));
    const end = closed(socket);
    await ses.close();
    expect(await end).toMatchObject({ code: 1006 });
  });

  test('is cut by closeAllConnections, and by destroy', async () => {
    const first = await opened(new ses.WebSocket(server.origin));
    const firstEnd = closed(first);
    await ses.closeAllConnections();
    expect((await firstEnd).code).toBe(1006);
    const second = await opened(new ses.WebSocket(server.origin));
    const secondEnd = closed(second);
    await ses.destroy();
    expect([1005, 1006]).toContain((await secondEnd).code);
  });

  test('a class kept from a closed session opens nothing', async () => {
    const { WebSocket } = ses;
    await ses.close();
    expect((await closed(new WebSocket(server.origin))).error).toMatchObject({ code: 'ERR_SESSION_CLOSED' });
    expect(server.requests).toEqual([]);
  });
});

describe('net.WebSocket', () => {
  test('sends and stores no cookies unless asked to', async () => {
    server.headers = ['Set-Cookie: ws=1'];
    await ses.cookies.set({ url: server.origin.replace('ws', 'http'), name: 'sid', value: '1' });
    (await opened(new net.WebSocket(server.origin, { session: ses }))).close();
    expect(await names()).toEqual(['sid']);
    (await opened(new net.WebSocket(server.origin, { session: ses, useSessionCookies: true }))).close();
    expect(await names()).toEqual(['sid', 'ws']);
    expect(server.requests.map(({ headers }) => headers.cookie)).toEqual([undefined, 'sid=1']);
  });

  test('gives Buffers, or what binaryType says', async () => {
    const socket = await opened(new net.WebSocket(server.origin, { session: ses }));
    expect(socket.binaryType).toBe('nodebuffer');
    socket.send(Buffer.from('one'));
    const data = await message(socket);
    expect(Buffer.isBuffer(data) && String(data)).toBe('one');
    socket.binaryType = 'arraybuffer';
    socket.send(Buffer.from('two'));
    expect(await message(socket)).toBeInstanceOf(ArrayBuffer);
    socket.binaryType = 'blob';
    socket.send(Buffer.from('three'));
    expect(await ((await message(socket)) as Blob).text()).toBe('three');
    socket.binaryType = 'nonsense' as never;
    expect(socket.binaryType).toBe('blob');
    socket.send('text');
    expect(await message(socket)).toBe('text');
    socket.close();
  });

  test('takes http URLs for ws ones', async () => {
    const socket = await opened(new net.WebSocket(server.origin.replace('ws', 'http'), { session: ses }));
    expect(socket.url).toBe(`${server.origin}/`);
    socket.close();
  });

  test('says in the close reason why it failed', async () => {
    server.onHandshake = refuse('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
    expect(await closed(new net.WebSocket(server.origin, { session: ses }))).toMatchObject({
      code: 1006,
      wasClean: false,
      reason: 'Error during WebSocket handshake: Unexpected response code: 403 (net::ERR_FAILED)',
    });
    expect(await closed(new net.WebSocket('ws://nowhere.invalid/', { session: ses }))).toMatchObject({
      code: 1006,
      reason: 'Error in connection establishment: net::ERR_NAME_NOT_RESOLVED',
    });
  });

  test('a close by the server is told as it came', async () => {
    const socket = await opened(new net.WebSocket(server.origin, { session: ses }));
    const end = closed(socket);
    for (const client of server.clients) client.close(4001, 'bye');
    expect(await end).toMatchObject({ code: 4001, reason: 'bye', wasClean: true });
  });

  test.each<[string, () => unknown, object]>([
    [
      'a session that is none',
      () => new net.WebSocket('ws://site.test/', { session: {} as never }),
      { message: '`session` should be an instance of the Session class' },
    ],
    [
      'a partition that is no string',
      () => new net.WebSocket('ws://site.test/', { partition: 5 as never }),
      { message: '`partition` should be a string' },
    ],
    [
      'a flag that is none',
      () => new net.WebSocket('ws://site.test/', { session: ses, useSessionCookies: 'yes' as never }),
      { code: 'ERR_INVALID_OPTION' },
    ],
    ['a bad URL', () => new net.WebSocket('nowhere', { session: ses }), { name: 'SyntaxError' }],
  ])('%s is refused', (_, construct, error) => {
    expect(construct).toThrow(expect.objectContaining(error));
  });

  test.each<[string, (socket: InstanceType<typeof net.WebSocket>) => void, string]>([
    ['sending before it is open', socket => socket.send('early'), 'InvalidStateError'],
    ["a close code that is not the program's", socket => socket.close(1001), 'InvalidAccessError'],
    ['a close reason that is too long', socket => socket.close(1000, 'x'.repeat(124)), 'SyntaxError'],
  ])('%s is refused', async (_, act, name) => {
    const socket = new net.WebSocket(server.origin, { session: ses });
    expect(() => act(socket)).toThrow(expect.objectContaining({ name }));
    const end = closed(socket);
    socket.close();
    await end;
  });
});
