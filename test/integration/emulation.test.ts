import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { get as getSecurely } from 'node:https';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { networkPresets } from '../../src/conditions/network-conditions.ts';
import type { Session } from '../../src/session/session.ts';
import { EmulatedSession, turns, until } from '../fixtures/emulated-session.ts';
import { type Answer, startOrigin, type TestOrigin } from '../fixtures/http-server.ts';
import { doors, echoOver, failure } from '../fixtures/proxied-session.ts';
import { startProxy } from '../fixtures/proxy-server.ts';
import { startSocksServer } from '../fixtures/socks-server.ts';
import { startSocketServer } from '../fixtures/web-socket-server.ts';

let emulated: EmulatedSession;
let ses: Session;
let site: TestOrigin;
let secureSite: TestOrigin;
let h2Site: TestOrigin;

const answer: Answer = (request, response) => {
  if (request.url === '/kept') response.setHeader('cache-control', 'max-age=1000');
  if (request.url === '/never') return;
  if (request.url === '/long') return void response.end(Buffer.alloc(100_000, 'x'));
  request.resume().on('end', () => response.end('hello'));
};

beforeEach(async () => {
  emulated = new EmulatedSession();
  ({ ses } = emulated);
  [site, secureSite, h2Site] = await Promise.all([
    startOrigin(answer),
    startOrigin(answer, { scheme: 'https' }),
    startOrigin(answer, { scheme: 'h2' }),
  ]);
});

afterEach(async () => {
  await emulated[Symbol.asyncDispose]();
  for (const origin of [site, secureSite, h2Site]) await origin[Symbol.asyncDispose]();
});

async function fetchText(url: string): Promise<string> {
  return (await ses.fetch(url, { cache: 'no-store' })).text();
}

/** Every door, with the built-in fetch's failure as the session's. */
const everyDoor: typeof doors = {
  ...doors,
  'global fetch': (from, url) => doors['global fetch']!(from, url).catch((error: Error) => Promise.reject(error.cause)),
};

describe('latency', () => {
  const latency = 400;

  function expectNear(got: number, wanted: number): void {
    expect(got).toBeGreaterThanOrEqual(wanted);
    expect(got - wanted).toBeLessThan(Math.max(5, wanted * 0.05));
  }

  /** What is loaded at the first use takes its time, which the clock must not see. */
  async function loaded(ask: () => Promise<unknown>): Promise<void> {
    await ask();
    await ses.closeAllConnections();
  }

  const ways: readonly (readonly [string, () => Promise<unknown>])[] = [
    ...Object.entries(everyDoor).flatMap(
      ([name, door]) =>
        [
          [`${name}, http`, () => door(ses, site.origin)],
          [`${name}, https`, () => door(ses, secureSite.origin)],
        ] as const,
    ),
    ['HTTP/2', () => fetchText(h2Site.origin)],
  ];

  test.each(ways)('%s: once for the connection, and once for each request', async (_, ask) => {
    await loaded(ask);
    ses.enableNetworkEmulation({ latency });
    expectNear(await emulated.time(ask()), 2 * latency);
    // The connection is there.
    expectNear(await emulated.time(ask()), latency);
    ses.disableNetworkEmulation();
    expect(await emulated.time(ask())).toBe(0);
  });

  test.each(['', 'wss'])('a WebSocket %s: for the connection, and for the handshake', async secure => {
    await using server = await startSocketServer({ secure: secure !== '' });
    ses.enableNetworkEmulation({ latency });
    const opened = once(new ses.WebSocket(server.origin), 'open');
    expectNear(await emulated.time(opened), 2 * latency);
  });

  test.each(['http', 'https', 'socks5'])('through a proxy by %s: not once more', async scheme => {
    await using proxy = await startProxy(scheme === 'https' ? { secureAs: 'proxy.test' } : {});
    await using socks = await startSocksServer();
    const port = scheme === 'socks5' ? socks.port : proxy.port;
    await ses.setProxy({ proxyRules: `${scheme}://${scheme === 'https' ? 'proxy.test' : '127.0.0.1'}:${port}` });
    await loaded(() => fetchText(site.origin));
    await loaded(() => fetchText(secureSite.origin));
    ses.enableNetworkEmulation({ latency });
    for (const origin of [site.origin, secureSite.origin]) {
      expectNear(await emulated.time(fetchText(origin)), 2 * latency);
      expectNear(await emulated.time(fetchText(origin)), latency);
    }
    expect(proxy.requests.length + socks.requests.length).toBeGreaterThan(1);
  });

  test('a connection opened ahead has had its own', async () => {
    ses.enableNetworkEmulation({ latency });
    ses.preconnect({ url: site.origin });
    await emulated.advance(latency);
    expectNear(await emulated.time(fetchText(site.origin)), latency);
    expect(site.connections).toBe(1);
  });

  test.each(Object.entries(everyDoor))(
    '%s: a change is reckoned with at once, also while connecting',
    async (_, door) => {
      ses.enableNetworkEmulation({ latency: 60_000 });
      const first = door(ses, site.origin);
      await emulated.advance(100);
      expect(site.requests).toHaveLength(0);
      ses.enableNetworkEmulation({ latency: 200 });
      await emulated.advance(150);
      await until(() => site.requests.length === 1);
      ses.disableNetworkEmulation();
      expect(await first).toMatchObject({ status: 200 });
    },
  );

  test('a long one is no time-out of the connection', async () => {
    ses.enableNetworkEmulation({ latency: 45_000 });
    expectNear(await emulated.time(fetchText(site.origin)), 90_000);
  });
});

describe('an outage', () => {
  const offline = { code: 'ERR_INTERNET_DISCONNECTED', errno: -106 };

  test.each(Object.entries(everyDoor))('%s: fails what is new, and what runs', async (_, door) => {
    const running = failure(door(ses, `${site.origin}/never`));
    await until(() => site.requests.length === 1);
    ses.enableNetworkEmulation({ offline: true, latency: 1000, downloadThroughput: 1 });
    expect(await running).toMatchObject(offline);
    expect(await failure(door(ses, site.origin))).toMatchObject(offline);
    expect(await failure(door(ses, secureSite.origin))).toMatchObject(offline);
    expect([site.requests.length, secureSite.connections]).toEqual([1, 0]);
    ses.disableNetworkEmulation();
    expect(await door(ses, site.origin)).toMatchObject({ status: 200 });
  });

  test.each(Object.entries(everyDoor))('%s: fails what is being connected', async (_, door) => {
    ses.enableNetworkEmulation({ latency: 60_000 });
    const connecting = failure(door(ses, secureSite.origin));
    await until(() => secureSite.connections === 1);
    ses.enableNetworkEmulation({ offline: true });
    expect(await connecting).toMatchObject(offline);
    await until(() => secureSite.sockets.size === 0);
  });

  test('fails WebSockets, new and open', async () => {
    await using server = await startSocketServer();
    const socket = new ses.WebSocket(server.origin);
    await once(socket, 'open');
    const closed = once(socket, 'close') as Promise<[CloseEvent]>;
    ses.enableNetworkEmulation({ offline: true });
    expect((await closed)[0]).toMatchObject({ code: 1006, wasClean: false });
    expect(await failure(echoOver(ses, server.origin))).toMatchObject(offline);
    expect(server.requests).toHaveLength(1);
  });

  test('ends downloads and uploads in their middle', async () => {
    ses.enableNetworkEmulation({ downloadThroughput: 10_000, uploadThroughput: 10_000 });
    const response = await ses.fetch(`${site.origin}/long`);
    const download = failure(response.text());
    const upload = failure(ses.fetch(site.origin, { method: 'POST', body: Buffer.alloc(100_000) }));
    await emulated.advance(1000);
    ses.enableNetworkEmulation({ offline: true });
    expect(await download).toMatchObject(offline);
    expect(await upload).toMatchObject(offline);
  });

  test('opens nothing ahead', async () => {
    ses.enableNetworkEmulation({ offline: true });
    ses.preconnect({ url: site.origin, numSockets: 3 });
    await turns(20);
    expect(site.connections).toBe(0);
  });

  test('shows no certificate', async () => {
    ses.enableNetworkEmulation({ offline: true });
    expect(await failure(ses.describeCertificate(secureSite.origin))).toMatchObject(offline);
  });

  test.each(['fetch', 'agents'])('parks no proxy, also while one is being connected to (%s)', async door => {
    await using proxy = await startProxy();
    await ses.setProxy({ proxyRules: `http://127.0.0.1:${proxy.port},direct://` });
    const ask = doors[door] ?? doors['ses.fetch']!;
    ses.enableNetworkEmulation({ latency: 60_000 });
    const connecting = failure(ask(ses, secureSite.origin));
    await until(() => secureSite.connections === 1);
    ses.enableNetworkEmulation({ offline: true });
    expect(await connecting).toMatchObject(offline);
    expect(await failure(ask(ses, secureSite.origin))).toMatchObject(offline);
    ses.disableNetworkEmulation();
    const before = proxy.requests.length;
    expect(await ask(ses, secureSite.origin)).toMatchObject({ status: 200 });
    expect(proxy.requests.length).toBe(before + 1);
  });
});

test('answers of the cache are neither slowed nor failed', async () => {
  const url = `${site.origin}/kept`;
  await (await ses.fetch(url)).text();
  ses.enableNetworkEmulation({ ...presetInput('GPRS'), latency: 60_000 });
  expect(await (await ses.fetch(url)).text()).toBe('hello');
  ses.enableNetworkEmulation({ offline: true });
  expect(await (await ses.fetch(url)).text()).toBe('hello');
  expect(site.requests).toHaveLength(1);
});

function presetInput(name: 'GPRS'): object {
  const { latencyMs, downBytesPerSecond, upBytesPerSecond } = networkPresets[name];
  return { latency: latencyMs, downloadThroughput: downBytesPerSecond, uploadThroughput: upBytesPerSecond };
}

describe('a change of the rate', () => {
  const sites = { 'HTTP/1.1': () => secureSite, 'HTTP/2': () => h2Site };

  test.each(Object.entries(sites))('re-times what runs; none releases it: %s', async (_, siteOf) => {
    ses.enableNetworkEmulation({ downloadThroughput: 1000 });
    const response = await ses.fetch(`${siteOf().origin}/long`);
    let received = 0;
    const whole = (async () => {
      for await (const chunk of response.body!) received += (chunk as Uint8Array).byteLength;
    })();
    await emulated.advance(2000);
    expect(received).toBeGreaterThan(1800);
    expect(received).toBeLessThanOrEqual(2000);
    ses.enableNetworkEmulation({ downloadThroughput: 20_000 });
    await emulated.advance(2000);
    expect(received).toBeGreaterThan(39_000);
    expect(received).toBeLessThanOrEqual(42_100);
    ses.disableNetworkEmulation();
    expect(await emulated.time(whole)).toBe(0);
    expect(received).toBe(100_000);
  });

  test('catches what began without one', async () => {
    const { promise: rest, resolve: giveRest } = Promise.withResolvers<void>();
    site.answer = (_, response) => {
      response.write('x'.repeat(1000));
      void rest.then(() => response.end('x'.repeat(10_000)));
    };
    const response = await ses.fetch(site.origin);
    ses.enableNetworkEmulation({ downloadThroughput: 5000 });
    giveRest();
    const took = await emulated.time(response.text());
    expect(took).toBeGreaterThan(1900);
    expect(took).toBeLessThan(2300);
  });

  test("catches the agents' sockets, too, and they stay what they are", async () => {
    const { promise: rest, resolve: giveRest } = Promise.withResolvers<void>();
    secureSite.answer = (_, response) => {
      response.write('x'.repeat(1000));
      void rest.then(() => response.end('x'.repeat(10_000)));
    };
    const request = getSecurely(secureSite.origin, { agent: ses.httpsAgent });
    const [response] = (await once(request, 'response')) as [IncomingMessage];
    expect(response.socket).toHaveProperty('encrypted', true);
    let received = 0;
    const ended = once(
      response.on('data', (chunk: Buffer) => (received += chunk.byteLength)),
      'end',
    );
    ses.enableNetworkEmulation({ downloadThroughput: 5000 });
    giveRest();
    const took = await emulated.time(ended);
    expect(received).toBe(11_000);
    expect(took).toBeGreaterThan(1900);
    expect(took).toBeLessThan(2400);
  });
});

test('sessions are slowed each by itself', async () => {
  await using other = new EmulatedSession();
  ses.enableNetworkEmulation({ offline: true });
  expect(await (await other.ses.fetch(site.origin)).text()).toBe('hello');
});

test('conditions tell what is in force, and the bytes through', async () => {
  expect(ses.conditions).toEqual({
    offline: false,
    latencyMs: 0,
    downBytesPerSecond: 0,
    upBytesPerSecond: 0,
    bytesDown: 0,
    bytesUp: 0,
  });
  await (await ses.fetch(site.origin, { method: 'POST', body: 'x'.repeat(70_000) })).text();
  expect(ses.conditions).toMatchObject({ bytesDown: 5, bytesUp: 70_000 });
  ses.enableNetworkEmulation('GPRS');
  expect(ses.conditions).toMatchObject({ ...networkPresets.GPRS, bytesDown: 5, bytesUp: 70_000 });
  ses.disableNetworkEmulation();
  await once(get(`${site.origin}/long`, { agent: ses.httpAgent }), 'response').then(([response]) =>
    once((response as IncomingMessage).resume(), 'end'),
  );
  expect(ses.conditions.bytesDown).toBeGreaterThan(100_000);
  expect(ses.conditions.bytesDown).toBeLessThan(100_500);
});

describe('bad input is refused by its name, and changes nothing', () => {
  test.each([
    [{ latency: -1 }, /latency/],
    [{ latency: Number.NaN }, /latency/],
    [{ downloadThroughput: '5' }, /downloadThroughput/],
    [{ uploadThroughput: -0.5 }, /uploadThroughput/],
    [{ uploadThroughput: Infinity }, /uploadThroughput/],
    [{ offline: 1 }, /offline/],
    [{ offline: true, latency: [] }, /latency/],
    ['GRPS', /did you mean "GPRS"/],
    [42, /enable network emulation/],
  ])('%o', (input, message) => {
    ses.enableNetworkEmulation('DSL');
    const act = (): void => ses.enableNetworkEmulation(input as never);
    expect(act).toThrow(message);
    expect(act).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }) as Error);
    expect(ses.conditions).toMatchObject(networkPresets.DSL);
  });

  test('an unknown key is a warning that names the nearest', async () => {
    const warned = once(process, 'warning');
    ses.enableNetworkEmulation({ download: 1000 } as never);
    expect((await warned)[0]).toMatchObject({
      code: 'SOJOURN_UNKNOWN_OPTION',
      message: expect.stringContaining('downloadThroughput') as string,
    });
  });
});
