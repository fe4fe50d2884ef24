import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Duplex, Readable } from 'node:stream';
import { Agent, type Dispatcher } from 'undici';
import { afterAll, expect, test } from 'vitest';
import { type NetworkConditions, noEmulation } from '../conditions/network-conditions.ts';
import { Shaper } from '../conditions/shaper.ts';
import { ManualClock } from '../util/testing/manual-clock.ts';
import { conditionsInterceptor } from './conditions-interceptor.ts';
import type { Controller, Handler, RequestJob } from './request-job.ts';

type Respond = (request: IncomingMessage, response: ServerResponse) => void;

const agent = new Agent({ connections: 100 });
afterAll(() => agent.destroy());

class Site implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly shaper = new Shaper(this.clock);
  requests = 0;
  readonly #server;
  readonly #dispatch = conditionsInterceptor(this.shaper)((job, handler) =>
    agent.dispatch(job as Dispatcher.DispatchOptions, handler),
  );

  constructor(respond: Respond, conditions: Partial<NetworkConditions> = {}) {
    this.#server = createServer((request, response) => {
      this.requests++;
      respond(request, response);
    });
    this.set(conditions);
  }

  set(conditions: Partial<NetworkConditions>): void {
    this.shaper.conditions = { ...noEmulation, ...conditions };
  }

  set onUpgrade(action: (socket: Duplex) => void) {
    this.#server.on('upgrade', (_request, socket) =>
      action(
        socket
          .on('error', () => {})
          .on('end', () => socket.end())
          .resume(),
      ),
    );
  }

  async listen(): Promise<this> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  send(options: { method?: string; body?: unknown; headers?: string[]; upgrade?: string } = {}): Exchange {
    const { port } = this.#server.address() as AddressInfo;
    const exchange = new Exchange(this.clock);
    const job = { origin: `http://127.0.0.1:${port}`, path: '/', method: 'GET', headers: [], ...options };
    this.#dispatch(job as unknown as RequestJob, exchange);
    return exchange;
  }

  /** Moves the clock in small steps, giving the sockets their turns. */
  async advance(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 5) {
      await settle();
      this.clock.advance(Math.min(5, left));
    }
    await settle();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/** What a caller saw of its request. */
class Exchange implements Handler {
  readonly #clock: ManualClock;
  controller: Controller | undefined;
  status: number | undefined;
  headAt: number | undefined;
  received = 0;
  readonly times: number[] = [];
  error: Error | undefined;
  socket: NodeJS.ReadWriteStream | undefined;
  onData: (chunk: Buffer) => void = () => {};
  readonly ended: Promise<void>;
  #end!: () => void;

  constructor(clock: ManualClock) {
    this.#clock = clock;
    this.ended = new Promise(resolve => {
      this.#end = resolve;
    });
  }

  onRequestStart(controller: Controller): void {
    this.controller = controller;
  }

  onRequestUpgrade(_controller: Controller, status: number, _headers: unknown, socket: never): void {
    this.status = status;
    this.socket = socket;
    this.headAt = this.#clock.now();
  }

  onResponseStart(_controller: Controller, status: number): void {
    this.status = status;
    this.headAt = this.#clock.now();
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    this.received += chunk.byteLength;
    this.times.push(this.#clock.now());
    this.onData(chunk);
  }

  onResponseEnd(): void {
    this.#end();
  }

  onResponseError(_controller: Controller, error: Error): void {
    this.error = error;
    this.#end();
  }
}

function settle(): Promise<void> {
  return new Promise(resolve => setImmediate(() => setImmediate(resolve)));
}

/** Waits for what the sockets bring. */
async function until(happened: () => unknown): Promise<void> {
  while (!happened()) await settle();
}

const megabyte: Respond = (_request, response) => response.end(Buffer.alloc(1_000_000, 'x'));
const empty: Respond = (request, response) => {
  request.resume().on('end', () => response.end());
};

test('without conditions everything passes at once, and is counted', async () => {
  await using site = await new Site(megabyte).listen();
  const exchange = site.send({ method: 'POST', body: Buffer.alloc(1000) });
  await exchange.ended;
  expect([exchange.status, exchange.received, exchange.error]).toEqual([200, 1_000_000, undefined]);
  expect([site.shaper.bytesDown, site.shaper.bytesUp]).toEqual([1_000_000, 1000]);
});

test('offline: a new request fails, and no later', async () => {
  await using site = await new Site(megabyte, { offline: true, latencyMs: 1000 }).listen();
  const exchange = site.send();
  await exchange.ended;
  expect(exchange.error).toMatchObject({ code: 'ERR_INTERNET_DISCONNECTED', errno: -106 });
});

test('offline: running requests fail, whatever they wait for', async () => {
  await using site = await new Site((request, response) => {
    if (request.method === 'GET') megabyte(request, response);
    else if (request.method === 'PUT') response.end('x');
  }).listen();
  const body = site.send();
  body.onData = () => body.controller!.pause();
  const head = site.send({ method: 'POST' });
  const source = new Readable({ read() {} });
  const upload = site.send({ method: 'POST', body: source });
  await until(() => body.received > 0 && head.controller && upload.controller);
  site.set({ latencyMs: 1000 });
  const latency = site.send({ method: 'PUT' });
  await until(() => latency.controller && site.clock.pendingTimers > 0);
  site.set({ offline: true });
  await Promise.all([body.ended, head.ended, upload.ended, latency.ended]);
  for (const { error } of [body, head, upload, latency])
    expect(error).toMatchObject({ code: 'ERR_INTERNET_DISCONNECTED' });
  expect([site.clock.pendingTimers, source.destroyed]).toEqual([0, true]);
});

test('the latency is the least time from the request to the head of its response', async () => {
  await using site = await new Site(megabyte, { latencyMs: 500 }).listen();
  const start = site.clock.now();
  const exchange = site.send();
  await until(() => site.clock.pendingTimers > 0);
  await site.advance(499);
  expect([exchange.status, exchange.received]).toEqual([undefined, 0]);
  await site.advance(1);
  expect(exchange.headAt! - start).toBe(500);
  await exchange.ended;
  expect(exchange.received).toBe(1_000_000);
});

test('a change of latency counts at once for those that wait', async () => {
  await using site = await new Site(empty, { latencyMs: 60_000 }).listen();
  const exchange = site.send();
  await until(() => site.clock.pendingTimers > 0);
  await site.advance(100);
  site.set({ latencyMs: 200 });
  await site.advance(99);
  expect(exchange.status).toBe(undefined);
  await site.advance(1);
  expect(exchange.status).toBe(200);
});

test('a latency that is turned on counts from then for a request that was sent', async () => {
  let respond = (): void => {};
  await using site = await new Site((_request, response) => {
    respond = () => response.end();
  }).listen();
  const exchange = site.send();
  await until(() => site.requests === 1);
  site.set({ latencyMs: 100 });
  await site.advance(60);
  respond();
  await until(() => site.clock.pendingTimers > 0);
  await site.advance(39);
  expect(exchange.status).toBe(undefined);
  await site.advance(1);
  expect(exchange.status).toBe(200);
});

test('a response is not read far ahead of its link', async () => {
  let sent = 0;
  await using site = await new Site(
    (_request, response) => {
      const chunk = Buffer.alloc(65_536);
      const more = (): void => {
        while (sent < 50_000_000 && response.write(chunk)) sent += chunk.byteLength;
      };
      response.on('drain', more);
      more();
    },
    { downBytesPerSecond: 1000 },
  ).listen();
  const exchange = site.send();
  await until(() => exchange.status);
  for (let count = 0; count < 2000; count++) await settle();
  expect(sent).toBeLessThan(20_000_000);
  exchange.controller!.abort(new Error('enough'));
});

test('ending the emulation releases what waits', async () => {
  await using site = await new Site(megabyte, { latencyMs: 60_000, downBytesPerSecond: 1000 }).listen();
  const exchange = site.send();
  await until(() => site.clock.pendingTimers > 0);
  site.set({});
  await exchange.ended;
  expect(exchange.received).toBe(1_000_000);
});

test('turning conditions on slows a download that is running', async () => {
  let more = (): void => {};
  await using site = await new Site((_request, response) => {
    response.write(Buffer.alloc(100_000));
    more = () => response.end(Buffer.alloc(10_000));
  }).listen();
  const exchange = site.send();
  await until(() => exchange.received === 100_000);
  site.set({ downBytesPerSecond: 10_000 });
  more();
  await until(() => site.clock.pendingTimers > 0);
  await site.advance(500);
  expect(exchange.received - 100_000).toBeGreaterThan(4700);
  expect(exchange.received - 100_000).toBeLessThan(5300);
  await site.advance(520);
  await exchange.ended;
  expect(exchange.received).toBe(110_000);
});

test('turning conditions on slows an upload that is running', async () => {
  let received = 0;
  await using site = await new Site(request => {
    request.on('data', (chunk: Buffer) => {
      received += chunk.byteLength;
    });
  }).listen();
  const body = new Readable({ read() {} });
  const exchange = site.send({ method: 'POST', body });
  body.push(Buffer.alloc(100_000));
  await until(() => received === 100_000);
  site.set({ upBytesPerSecond: 10_000 });
  body.push(Buffer.alloc(50_000));
  await until(() => site.clock.pendingTimers > 0);
  await site.advance(1000);
  expect(received - 100_000).toBeGreaterThan(9500);
  expect(received - 100_000).toBeLessThan(10_500);
  exchange.controller!.abort(new Error('enough'));
});

const points = [
  ['GPRS', 6400],
  ['Fast 3G', 180_000],
  ['20 Mbit/s', 2_500_000],
].flatMap(([name, rate]) => [1, 6, 50].map(count => [count, name, rate] as [number, string, number]));

test.each(points)('%d downloads at %s share the rate', async (count, _, downBytesPerSecond) => {
  await using site = await new Site(
    (_request, response) => {
      response.end(Buffer.alloc(Math.ceil((downBytesPerSecond * 8) / count), 'x'));
    },
    { downBytesPerSecond },
  ).listen();
  const exchanges = Array.from({ length: count }, () => site.send());
  await until(() => exchanges.every(({ status }) => status));
  await site.advance(5000);
  const shares = exchanges.map(({ received }) => received);
  const total = shares.reduce((sum, share) => sum + share, 0);
  expect(total / (downBytesPerSecond * 5)).toBeGreaterThan(0.95);
  expect(total / (downBytesPerSecond * 5)).toBeLessThan(1.05);
  for (const share of shares) expect(Math.abs(share / (total / count) - 1)).toBeLessThan(0.1);
  for (const { controller } of exchanges) controller!.abort(new Error('enough'));
});

test.each(points)('%d uploads at %s share the rate', async (count, _, upBytesPerSecond) => {
  const received = new Map<string, number>();
  await using site = await new Site(
    request => {
      const name = request.headers['x-name'] as string;
      request.on('data', (chunk: Buffer) => received.set(name, (received.get(name) ?? 0) + chunk.byteLength));
    },
    { upBytesPerSecond },
  ).listen();
  const body = Buffer.alloc(Math.ceil((upBytesPerSecond * 8) / count), 'x');
  // Every other one as a stream.
  const exchanges = Array.from({ length: count }, (_unused, index) =>
    site.send({ method: 'POST', body: index % 2 ? Readable.from([body]) : body, headers: ['x-name', String(index)] }),
  );
  await until(() => exchanges.every(({ controller }) => controller));
  await settle();
  await site.advance(5000);
  const shares = Array.from({ length: count }, (_unused, index) => received.get(String(index)) ?? 0);
  const total = shares.reduce((sum, share) => sum + share, 0);
  expect(total / (upBytesPerSecond * 5)).toBeGreaterThan(0.95);
  expect(total / (upBytesPerSecond * 5)).toBeLessThan(1.05);
  for (const share of shares) expect(Math.abs(share / (total / count) - 1)).toBeLessThan(0.1);
  for (const { controller } of exchanges) controller!.abort(new Error('enough'));
});

const bodies: [sentence: string, body: () => unknown, length: string | undefined][] = [
  ['a string', () => 'abc', '3'],
  ['bytes', () => new Uint8Array([1, 2, 3]), '3'],
  ['a Blob', () => new Blob(['abc']), '3'],
  ['a stream', () => Readable.from([Buffer.from('a'), Buffer.from('bc')]), undefined],
  [
    'an async iterable',
    async function* () {
      yield 'a';
      yield Buffer.from('bc');
    },
    undefined,
  ],
];

test.each(bodies)('%s arrives as without emulation', async (_, body, length) => {
  const arrived: string[][] = [];
  await using site = await new Site((request, response) => {
    let bytes = 0;
    request.on('data', (chunk: Buffer) => (bytes += chunk.byteLength));
    request.on('end', () => {
      arrived.push([
        String(bytes),
        String(request.headers['content-length']),
        String(request.headers['transfer-encoding']),
      ]);
      response.end();
    });
  }).listen();
  await site.send({ method: 'POST', body: body() }).ended;
  site.set({ upBytesPerSecond: 1000 });
  const slow = site.send({ method: 'POST', body: body() });
  await until(() => slow.controller);
  await site.advance(100);
  await slow.ended;
  expect(slow.error).toBe(undefined);
  const expected = ['3', String(length), length === undefined ? 'chunked' : 'undefined'];
  expect(arrived).toEqual([expected, expected]);
});

test('the latency begins when the body is sent', async () => {
  await using site = await new Site(empty, { latencyMs: 500, upBytesPerSecond: 1000 }).listen();
  const start = site.clock.now();
  const exchange = site.send({ method: 'POST', body: Buffer.alloc(1000) });
  await until(() => site.clock.pendingTimers > 0);
  await site.advance(1600);
  expect(exchange.headAt! - start).toBeGreaterThan(1490);
  expect(exchange.headAt! - start).toBeLessThan(1525);
});

test('a body that fails, fails its request', async () => {
  await using site = await new Site(empty, { upBytesPerSecond: 1000 }).listen();
  async function* failing(): AsyncGenerator<Buffer> {
    yield Buffer.from('x');
    throw new Error('no more');
  }
  const exchange = site.send({ method: 'POST', body: failing() });
  await until(() => site.clock.pendingTimers > 0);
  await site.advance(100);
  await exchange.ended;
  expect(exchange.error?.message).toBe('no more');
});

test('a caller that pauses gets nothing until it resumes, and then all', async () => {
  await using site = await new Site(megabyte, { downBytesPerSecond: 1_000_000 }).listen();
  const exchange = site.send();
  await until(() => exchange.status);
  await site.advance(300);
  exchange.controller!.pause();
  expect(exchange.controller!.paused).toBe(true);
  const { received } = exchange;
  expect(received).toBeGreaterThan(250_000);
  await site.advance(300);
  expect(exchange.received).toBe(received);
  site.set({});
  await site.advance(10);
  expect(exchange.received).toBe(received);
  exchange.controller!.resume();
  await exchange.ended;
  expect(exchange.received).toBe(1_000_000);
});

test('a caller may pause and resume at every part', async () => {
  await using site = await new Site(megabyte, { downBytesPerSecond: 1_000_000 }).listen();
  const exchange = site.send();
  exchange.onData = () => {
    exchange.controller!.pause();
    queueMicrotask(() => exchange.controller!.resume());
  };
  await until(() => exchange.status);
  await site.advance(1050);
  await exchange.ended;
  expect(exchange.received).toBe(1_000_000);
});

test('aborting ends the request at once, with the reason', async () => {
  await using site = await new Site(megabyte, { downBytesPerSecond: 1000, latencyMs: 100 }).listen();
  const exchange = site.send();
  await until(() => site.clock.pendingTimers > 0);
  const reason = new Error('enough');
  exchange.controller!.abort(reason);
  expect(exchange.error).toBe(reason);
  expect(exchange.controller).toMatchObject({ aborted: true, reason });
  expect(site.clock.pendingTimers).toBe(0);
});

test('a response that breaks off gives first what had come', async () => {
  await using site = await new Site(
    (_request, response) => {
      response.writeHead(200, { 'content-length': '1000' });
      response.write(Buffer.alloc(500), () => response.destroy());
    },
    { downBytesPerSecond: 1000, latencyMs: 100 },
  ).listen();
  const exchange = site.send();
  await until(() => site.clock.pendingTimers > 0);
  await site.advance(700);
  await exchange.ended;
  expect([exchange.status, exchange.received]).toEqual([200, 500]);
  expect(exchange.error).toMatchObject({ code: 'UND_ERR_SOCKET' });
});

test('a handler that throws ends its own request only', async () => {
  await using site = await new Site(megabyte, { downBytesPerSecond: 1_000_000 }).listen();
  const [bad, good] = [site.send(), site.send()];
  bad.onData = () => {
    throw new Error('bad handler');
  };
  await until(() => bad.status && good.status);
  await site.advance(1200);
  await bad.ended;
  expect(bad.error?.message).toBe('bad handler');
  await site.advance(1000);
  await good.ended;
  expect(good.received).toBe(1_000_000);
});

test('connections are used again after a slowed response', async () => {
  const ports = new Set<number>();
  await using site = await new Site(
    (request, response) => {
      ports.add(request.socket.remotePort!);
      response.end('x');
    },
    { downBytesPerSecond: 1000, latencyMs: 10 },
  ).listen();
  for (let round = 0; round < 5; round++) {
    const exchange = site.send();
    await until(() => site.clock.pendingTimers > 0);
    await site.advance(15);
    await exchange.ended;
  }
  expect(ports.size).toBe(1);
});

test('an upgraded connection comes after the latency, and shares the links', async () => {
  await using site = await new Site(empty, {
    latencyMs: 100,
    downBytesPerSecond: 10_000,
    upBytesPerSecond: 10_000,
  }).listen();
  site.onUpgrade = socket => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
    socket.pipe(socket);
  };
  const start = site.clock.now();
  const exchange = site.send({ upgrade: 'echo' });
  await until(() => site.clock.pendingTimers > 0);
  await site.advance(105);
  expect([exchange.status, exchange.headAt! - start]).toEqual([101, 100]);
  let echoed = 0;
  exchange.socket!.on('data', (chunk: Buffer) => {
    echoed += chunk.byteLength;
  });
  exchange.socket!.write(Buffer.alloc(5000));
  await site.advance(500);
  expect(echoed).toBeLessThan(5000);
  await site.advance(100);
  expect(echoed).toBe(5000);
  const failed = once(exchange.socket!, 'error');
  site.set({ offline: true });
  expect((await failed)[0]).toMatchObject({ code: 'ERR_INTERNET_DISCONNECTED' });
});

test('an outage while an upgrade waits for its latency fails the request', async () => {
  await using site = await new Site(empty, { latencyMs: 100 }).listen();
  site.onUpgrade = socket =>
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
  const exchange = site.send({ upgrade: 'echo' });
  await until(() => site.clock.pendingTimers > 0);
  site.set({ offline: true });
  await exchange.ended;
  expect([exchange.status, exchange.error]).toMatchObject([undefined, { code: 'ERR_INTERNET_DISCONNECTED' }]);
});
