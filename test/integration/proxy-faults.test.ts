import { once } from 'node:events';
import type { Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { App } from '../../src/session/app.ts';
import type { Session } from '../../src/session/session.ts';
import { SessionModule } from '../../src/session/session-module.ts';
import { ManualClock } from '../../src/util/testing/manual-clock.ts';
import { testAuthority } from '../fixtures/certificates.ts';
import { startOrigin, startRawServer, type TestOrigin } from '../fixtures/http-server.ts';
import { doors, echoOver, failure, noNames } from '../fixtures/proxied-session.ts';
import { startProxy, type TestProxy } from '../fixtures/proxy-server.ts';
import { startSocksServer } from '../fixtures/socks-server.ts';

let clock: ManualClock;
let good: TestProxy;
let plain: TestOrigin;
let secure: TestOrigin;
let ses: Session;

beforeEach(async () => {
  const answer = (_: unknown, response: { end(text: string): void }): void => response.end('welcome');
  [good, plain, secure] = await Promise.all([
    startProxy(),
    startOrigin(answer),
    startOrigin(answer, { scheme: 'https' }),
  ]);
  clock = new ManualClock();
  ses = new SessionModule(new App(), clock).fromPartition('faults', { hostRules: noNames, cache: false });
  ses.certificates.addRoot(testAuthority().pem);
});

afterEach(async () => {
  await ses.destroy();
  if (clock.pendingTimers > 0) throw new Error(`${clock.pendingTimers} timers are left`);
  await Promise.all([good, plain, secure].map(it => it[Symbol.asyncDispose]()));
});

type Behaviour = (socket: Socket, head: string) => void;

const hangs: Behaviour = () => {};
const closes: Behaviour = socket => socket.end();
const resets: Behaviour = socket => socket.resetAndDestroy();
const closesMidAnswer: Behaviour = socket => socket.end('HTTP/1.1 200 Conn');
const talksGarbage: Behaviour = socket => socket.end('\0\u0001garbage\r\n\r\n'.repeat(3));
const forbids: Behaviour = socket => socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
const fails: Behaviour = socket => socket.end('HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n');
const opensAndCloses: Behaviour = socket => {
  socket.write('HTTP/1.1 200 OK\r\n\r\n');
  socket.once('data', () => socket.end());
};
const sendsEndlessHead: Behaviour = socket => {
  const more = (): boolean => socket.write(`X: ${'x'.repeat(1000)}\r\n`);
  socket.write('HTTP/1.1 200 OK\r\n');
  socket.on('drain', more);
  for (let i = 0; i < 200; i++) more();
};
/** Asks for credentials for ever, with a new realm each time. */
const asks: Behaviour = (socket, head) => {
  let realm = 0;
  const ask = (): void => {
    socket.write(`HTTP/1.1 407 Login\r\nProxy-Authenticate: Basic realm="${realm++}"\r\nContent-Length: 0\r\n\r\n`);
  };
  ask();
  if (!head.startsWith('CONNECT')) socket.on('data', ask);
};
const answersSocksGarbage: Behaviour = socket => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
const closesAfterMethod: Behaviour = socket => socket.end(Buffer.from([5, 0]));

describe('a tunnel', () => {
  test.each<[string, string, Behaviour, string, boolean]>([
    ['that closes', 'http', closes, 'ERR_CONNECTION_CLOSED', true],
    ['that resets', 'http', resets, 'ERR_CONNECTION_CLOSED', true],
    ['that closes in the middle of its answer', 'http', closesMidAnswer, 'ERR_CONNECTION_CLOSED', true],
    ['that talks garbage', 'http', talksGarbage, 'ERR_TUNNEL_CONNECTION_FAILED', false],
    ['that forbids', 'http', forbids, 'ERR_TUNNEL_CONNECTION_FAILED', false],
    ['that cannot reach the target', 'http', fails, 'ERR_TUNNEL_CONNECTION_FAILED', false],
    ['that sends a head without end', 'http', sendsEndlessHead, 'ERR_TUNNEL_CONNECTION_FAILED', false],
    ['that opens the tunnel and closes it', 'http', opensAndCloses, 'ERR_CONNECTION_RESET', true],
    ['that wants credentials', 'http', asks, 'ERR_PROXY_AUTH_REQUESTED', false],
    ['that speaks no TLS', 'https', talksGarbage, 'ERR_PROXY_CONNECTION_FAILED', true],
    ['that closes', 'https', closes, 'ERR_PROXY_CONNECTION_FAILED', true],
    ['that closes', 'socks5', closes, 'ERR_SOCKS_CONNECTION_FAILED', true],
    ['that closes after half of it', 'socks5', closesAfterMethod, 'ERR_SOCKS_CONNECTION_FAILED', true],
    ['that speaks HTTP', 'socks5', answersSocksGarbage, 'ERR_SOCKS_CONNECTION_FAILED', true],
    ['that closes', 'socks4', closes, 'ERR_SOCKS_CONNECTION_FAILED', true],
    ['that speaks HTTP', 'socks4', answersSocksGarbage, 'ERR_SOCKS_CONNECTION_FAILED', true],
  ])('by a proxy %s (%s)', async (_, scheme, behaviour, code, movesOn) => {
    await using server = await startRawServer(behaviour);
    const rule = `${scheme}://127.0.0.1:${server.port}`;
    await ses.setProxy({ proxyRules: rule });
    const error = await failure(ses.fetch(secure.origin));
    expect(error).toMatchObject({ name: 'NetError', code });
    expect(await failure(doors['ses.dispatcher']!(ses, secure.origin))).toMatchObject({ code });
    expect(await failure(doors['agents']!(ses, secure.origin))).toMatchObject({ code });
    expect(await failure(doors['net.request']!(ses, secure.origin))).toMatchObject({ code });
    expect(await failure(echoOver(ses, secure.origin.replace('http', 'ws')))).toMatchObject({ code });
    await expect.poll(() => server.sockets.size).toBe(0);

    await ses.setProxy({ proxyRules: `${rule},127.0.0.1:${good.port}` });
    for (const open of [doors['ses.fetch']!, doors['agents']!]) {
      if (movesOn) expect(await open(ses, secure.origin)).toEqual({ status: 200, body: 'welcome' });
      else expect(await failure(open(ses, secure.origin))).toMatchObject({ code });
    }
    const { parked } = await ses.proxy.explain(secure.origin);
    const shown = scheme === 'http' ? `127.0.0.1:${server.port}` : rule;
    expect(parked).toEqual(movesOn ? [{ proxy: shown, until: clock.now() + 300_000 }] : []);
  });

  test.each(['http', 'https', 'socks4', 'socks5'])(
    'by a proxy that hangs (%s) ends after 30 s by the clock',
    async scheme => {
      await using server = await startRawServer(hangs);
      await ses.setProxy({ proxyRules: `${scheme}://127.0.0.1:${server.port}` });
      const ends = Promise.all([failure(ses.fetch(secure.origin)), failure(doors['agents']!(ses, secure.origin))]);
      await expect.poll(() => server.connections).toBe(2);
      clock.advance(29_999);
      await new Promise(setImmediate);
      expect(server.sockets.size).toBe(2);
      clock.advance(1);
      const code = scheme === 'https' ? 'ERR_PROXY_CONNECTION_FAILED' : 'ERR_CONNECTION_TIMED_OUT';
      for (const error of await ends) expect(error).toMatchObject({ code });
      await expect.poll(() => server.sockets.size).toBe(0);
    },
  );

  test('by a proxy that sends its answer byte by byte ends after 30 s, too', async () => {
    let drip: (() => void) | undefined;
    await using server = await startRawServer(socket => {
      drip = () => socket.write('H');
    });
    await ses.setProxy(`127.0.0.1:${server.port}`);
    const ends = failure(ses.fetch(secure.origin));
    await expect.poll(() => drip).toBeDefined();
    for (let i = 0; i < 3; i++) {
      drip!();
      clock.advance(9_999);
    }
    clock.advance(10);
    expect(await ends).toMatchObject({ code: 'ERR_CONNECTION_TIMED_OUT' });
  });

  test('waits as long as it takes for the program’s login', async () => {
    good.check = ({ headers }) => (headers['proxy-authorization'] ? undefined : ['Basic realm="r"']);
    ses.on('login', (event, _details, _authInfo, callback) => {
      event.preventDefault();
      setImmediate(() => {
        clock.advance(600_000);
        callback('ada', 'pw');
      });
    });
    await ses.setProxy(`127.0.0.1:${good.port}`);
    expect((await ses.fetch(secure.origin)).status).toBe(200);
  });

  test('a proxy that asks for ever is answered a few times', async () => {
    await using server = await startRawServer(asks);
    let asked = 0;
    ses.on('login', (event, _details, _authInfo, callback) => {
      event.preventDefault();
      asked++;
      callback('ada', 'pw');
    });
    await ses.setProxy(`127.0.0.1:${server.port}`);
    expect(await failure(ses.fetch(secure.origin))).toMatchObject({ code: 'ERR_PROXY_AUTH_REQUESTED' });
    expect((await ses.fetch(plain.origin)).status).toBe(407);
    expect(asked).toBeLessThan(5);
  });
});

describe('a request that is passed on', () => {
  test.each<[string, Behaviour, string]>([
    ['closes', closes, 'ERR_EMPTY_RESPONSE'],
    ['resets', resets, 'ERR_CONNECTION_RESET'],
    ['closes in the middle of its answer', closesMidAnswer, 'ERR_EMPTY_RESPONSE'],
    ['talks garbage', talksGarbage, 'ERR_INVALID_HTTP_RESPONSE'],
  ])('by a proxy that %s fails, and is not sent again by another', async (_, behaviour, code) => {
    await using server = await startRawServer(behaviour);
    await ses.setProxy(`127.0.0.1:${server.port},127.0.0.1:${good.port}`);
    expect(await failure(ses.fetch(plain.origin, { method: 'POST', body: 'once' }))).toMatchObject({ code });
    expect(good.requests).toEqual([]);
    expect((await ses.proxy.explain(plain.origin)).parked).toEqual([]);
  });

  test('moves on from a proxy that cannot be reached, with its body, whatever that is', async () => {
    const bodies: string[] = [];
    plain.answer = (request, response) => void text(request).then(body => response.end(bodies.push(body) && 'ok'));
    await ses.setProxy(`127.0.0.1:1,127.0.0.1:${good.port}`);
    const stream = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('streamed'));
        controller.close();
      },
    });
    expect(await (await ses.fetch(plain.origin, { method: 'POST', body: stream, duplex: 'half' })).text()).toBe('ok');
    await ses.setProxy(`127.0.0.1:1,127.0.0.1:${good.port}`);
    expect(await (await ses.fetch(plain.origin, { method: 'POST', body: 'text' })).text()).toBe('ok');
    expect(bodies).toEqual(['streamed', 'text']);
  });
});

describe('parking', () => {
  const order = async (): Promise<string> => ses.resolveProxy(plain.origin);

  test('lasts five minutes by the clock', async () => {
    const [dead, alive] = ['PROXY 127.0.0.1:1', `PROXY 127.0.0.1:${good.port}`];
    await ses.setProxy(`127.0.0.1:1,127.0.0.1:${good.port}`);
    expect(await order()).toBe(`${dead};${alive}`);
    expect((await ses.fetch(plain.origin)).status).toBe(200);
    expect(await order()).toBe(`${alive};${dead}`);
    clock.advance(300_000);
    expect(await order()).toBe(`${alive};${dead}`);
    clock.advance(1);
    expect(await order()).toBe(`${dead};${alive}`);
  });

  test('all parked: they are tried in their order, and the last error is the one that is told', async () => {
    await using socks = await startSocksServer();
    socks.refuseWith = 5;
    await ses.setProxy(`127.0.0.1:1,socks5://127.0.0.1:${socks.port}`);
    for (let i = 0; i < 3; i++) {
      expect(await failure(ses.fetch(plain.origin))).toMatchObject({
        code: 'ERR_SOCKS_CONNECTION_FAILED',
        message: expect.stringContaining('the connection was refused'),
      });
    }
    expect(await order()).toBe(`PROXY 127.0.0.1:1;SOCKS5 127.0.0.1:${socks.port}`);
  });

  test('a proxy that refuses: ERR_PROXY_CONNECTION_FAILED, and never direct', async () => {
    await ses.setProxy({ proxyRules: '127.0.0.1:1', proxyBypassRules: '<-loopback>' });
    const url = `http://127.0.0.1:${plain.port}/`;
    expect(await failure(ses.fetch(url))).toMatchObject({ code: 'ERR_PROXY_CONNECTION_FAILED', errno: -130 });
    expect(await failure(ses.fetch(plain.origin, { proxy: 'http://nowhere.test:1' }))).toMatchObject({
      code: 'ERR_PROXY_CONNECTION_FAILED',
    });
    expect(plain.requests).toEqual([]);
  });

  test('an emulated outage parks nothing, nor fetches a PAC script', async () => {
    await ses.setProxy(`127.0.0.1:${good.port},direct://`);
    ses.enableNetworkEmulation({ offline: true });
    for (const origin of [plain.origin, secure.origin]) {
      expect(await failure(ses.fetch(origin))).toMatchObject({ code: 'ERR_INTERNET_DISCONNECTED' });
      expect(await failure(doors['agents']!(ses, origin))).toMatchObject({ code: 'ERR_INTERNET_DISCONNECTED' });
    }
    expect((await ses.proxy.explain(plain.origin)).parked).toEqual([]);
    await ses.setProxy({ pacScript: `${plain.origin}/proxy.pac` });
    expect(await failure(ses.fetch(plain.origin))).toMatchObject({ code: 'ERR_INTERNET_DISCONNECTED' });
    ses.disableNetworkEmulation();
    expect(good.connections + plain.connections).toBe(0);
  });

  test('an outage that begins while a tunnel is opened parks nothing', async () => {
    await using server = await startRawServer(hangs);
    await ses.setProxy(`127.0.0.1:${server.port},127.0.0.1:${good.port}`);
    const ends = failure(ses.fetch(secure.origin));
    await expect.poll(() => server.connections).toBe(1);
    ses.enableNetworkEmulation({ offline: true });
    expect(await ends).toMatchObject({ code: 'ERR_INTERNET_DISCONNECTED' });
    expect((await ses.proxy.explain(plain.origin)).parked).toEqual([]);
    await expect.poll(() => server.sockets.size).toBe(0);
  });
});

test('a request that is aborted while its tunnel is opened leaves no connection', async () => {
  await using server = await startRawServer(hangs);
  await ses.setProxy(`127.0.0.1:${server.port},127.0.0.1:${good.port}`);
  const abort = new AbortController();
  const ends = failure(ses.fetch(secure.origin, { signal: abort.signal }));
  await expect.poll(() => server.connections).toBe(1);
  abort.abort();
  expect(await ends).toMatchObject({ name: 'AbortError' });
  await ses.close();
  await expect.poll(() => server.sockets.size).toBe(0);
  expect(good.connections).toBe(0);
});

const names: ReadonlySet<string> = new Set([
  'ERR_CONNECTION_CLOSED',
  'ERR_CONNECTION_RESET',
  'ERR_EMPTY_RESPONSE',
  'ERR_CONTENT_LENGTH_MISMATCH',
  'ERR_INCOMPLETE_CHUNKED_ENCODING',
  'ERR_PROXY_CONNECTION_FAILED',
]);

test.each(['http', 'https'])('a proxy that dies with 200 requests for %s in flight: each has one end', async scheme => {
  const origin = scheme === 'http' ? plain : secure;
  let begun = 0;
  const halfway = Promise.withResolvers<void>();
  // Some are answered, some have had half of their body, some nothing.
  origin.answer = (_, response) => {
    const kind = begun++ % 3;
    if (kind === 0) response.end('welcome');
    else if (kind === 1) response.writeHead(200, { 'content-length': 10 }).write('half ');
    if (begun === 60) halfway.resolve();
  };
  await ses.setProxy(`127.0.0.1:${good.port}`);
  const ends = Promise.all(
    Array.from({ length: 200 }, async (_, i) => {
      try {
        await (await ses.fetch(`${origin.origin}/${i}`)).text();
        return 'success';
      } catch (error) {
        return (error as { code: string }).code;
      }
    }),
  );
  await halfway.promise;
  good.die();
  const outcomes = await ends;
  const failed = outcomes.filter(outcome => outcome !== 'success');
  expect(failed.length).toBeGreaterThan(50);
  expect(failed.filter(code => !names.has(code))).toEqual([]);
  await expect.poll(() => good.sockets.size).toBe(0);
  await ses.close();
  expect(clock.pendingTimers).toBe(0);
  await expect.poll(() => origin.sockets.size).toBe(0);
});

test('a tunnel that is cut under a WebSocket closes it', async () => {
  await using socks = await startSocksServer();
  await ses.setProxy(`socks5://127.0.0.1:${socks.port}`);
  const { startSocketServer } = await import('../fixtures/web-socket-server.ts');
  await using server = await startSocketServer();
  const socket = new ses.WebSocket(server.origin);
  await once(socket, 'open');
  const closed = once(socket, 'close');
  for (const connection of socks.sockets) connection.destroy();
  expect((await closed)[0]).toMatchObject({ code: 1006, wasClean: false });
});
