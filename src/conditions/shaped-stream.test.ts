import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer, type Server, type AddressInfo, type Socket } from 'node:net';
import { Duplex, PassThrough } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { ManualClock } from '../util/testing/manual-clock.ts';
import { type NetworkConditions, noEmulation } from './network-conditions.ts';
import { shapeSocket } from './shaped-socket.ts';
import { ShapedStream } from './shaped-stream.ts';
import { Shaper } from './shaper.ts';

type Kind = 'a stream around it' | 'the socket itself';

class Line implements AsyncDisposable {
  readonly clock = new ManualClock();
  readonly shaper = new Shaper(this.clock);
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(onConnection: (socket: Socket) => void, conditions: Partial<NetworkConditions>) {
    this.set(conditions);
    this.#server = createServer({ allowHalfOpen: true }, socket => {
      this.#sockets.add(socket.on('error', () => {}));
      onConnection(socket);
    });
  }

  set(conditions: Partial<NetworkConditions>): void {
    this.shaper.conditions = { ...noEmulation, ...conditions };
  }

  static async start(
    onConnection: (socket: Socket) => void,
    conditions: Partial<NetworkConditions> = {},
  ): Promise<Line> {
    const line = new Line(onConnection, conditions);
    await once(line.#server.listen(0, '127.0.0.1'), 'listening');
    return line;
  }

  async open(kind: Kind): Promise<Duplex> {
    const socket = connect((this.#server.address() as AddressInfo).port, '127.0.0.1');
    await once(socket, 'connect');
    if (kind === 'a stream around it') return new ShapedStream(socket, this.shaper);
    shapeSocket(socket, this.shaper);
    return socket;
  }

  async advance(ms: number): Promise<void> {
    for (let left = ms; left > 0; left -= 5) {
      await turn();
      this.clock.advance(5);
    }
    await turn();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(() => setImmediate(resolve)));
}

async function until(happened: () => unknown): Promise<void> {
  while (!happened()) await turn();
}

const echo = (socket: Socket): void => void socket.pipe(socket);

const points = [6400, 180_000, 2_500_000].flatMap(rate => [1, 6, 50].map(count => [count, rate] as const));

function expectShares(shares: readonly number[], rate: number): void {
  const total = shares.reduce((sum, share) => sum + share, 0);
  expect(Math.abs(total / (rate * 5) - 1)).toBeLessThan(0.05);
  for (const share of shares) expect(Math.abs(share / (total / shares.length) - 1)).toBeLessThan(0.1);
}

describe.each<Kind>(['a stream around it', 'the socket itself'])('a socket, shaped by %s', kind => {
  test.each([{}, { downBytesPerSecond: 1_000_000, upBytesPerSecond: 500_000 }])(
    'bytes arrive whole and in order under %j',
    async conditions => {
      await using line = await Line.start(echo, conditions);
      const stream = await line.open(kind);
      const sent = randomBytes(1_000_000);
      const back = buffer(stream);
      stream.end(sent);
      if (conditions.upBytesPerSecond) await line.advance(2200);
      const received = await back;
      expect(createHash('sha1').update(received).digest('hex')).toBe(createHash('sha1').update(sent).digest('hex'));
      expect([line.shaper.bytesUp, line.shaper.bytesDown]).toEqual([1_000_000, 1_000_000]);
    },
  );

  test.each(points)('%d streams share %d bytes a second downwards', async (count, downBytesPerSecond) => {
    const whole = Buffer.alloc(Math.ceil((downBytesPerSecond * 8) / count));
    await using line = await Line.start(socket => void socket.write(whole), { downBytesPerSecond });
    const streams = await Promise.all(Array.from({ length: count }, () => line.open(kind)));
    const got = streams.map(() => 0);
    streams.forEach((stream, index) => stream.on('data', (chunk: Buffer) => (got[index]! += chunk.byteLength)));
    await until(() => streams.every(stream => stream.readableFlowing));
    // All must have begun.
    await line.advance(500);
    const before = [...got];
    await line.advance(5000);
    expectShares(
      got.map((bytes, index) => bytes - before[index]!),
      downBytesPerSecond,
    );
    for (const stream of streams) stream.destroy();
  });

  test.each(points)('%d streams share %d bytes a second upwards', async (count, upBytesPerSecond) => {
    const got = new Map<Socket, number>();
    await using line = await Line.start(
      socket => {
        socket.on('data', (chunk: Buffer) => got.set(socket, (got.get(socket) ?? 0) + chunk.byteLength));
      },
      { upBytesPerSecond },
    );
    const streams = await Promise.all(Array.from({ length: count }, () => line.open(kind)));
    for (const stream of streams) stream.write(Buffer.alloc(Math.ceil((upBytesPerSecond * 8) / count)));
    await line.advance(5000);
    expectShares([...got.values()], upBytesPerSecond);
    expect(got.size).toBe(count);
    for (const stream of streams) stream.destroy();
  });

  test('an outage ends what is open, and what is opened', async () => {
    await using line = await Line.start(echo);
    const open = await line.open(kind);
    const failed = once(open, 'error');
    line.set({ offline: true });
    expect((await failed)[0]).toMatchObject({ code: 'ERR_INTERNET_DISCONNECTED' });
    const opened = await line.open(kind);
    expect((await once(opened, 'error'))[0]).toMatchObject({ code: 'ERR_INTERNET_DISCONNECTED' });
  });

  test('what the other side sent before it closed is still delivered', async () => {
    await using line = await Line.start(socket => socket.end(Buffer.alloc(5000)), { downBytesPerSecond: 10_000 });
    const stream = await line.open(kind);
    const whole = buffer(stream);
    await line.advance(600);
    expect((await whole).byteLength).toBe(5000);
  });

  test('destroying it destroys the stream within and leaves nothing behind', async () => {
    await using line = await Line.start(socket => void socket.write(Buffer.alloc(100_000)), {
      downBytesPerSecond: 1000,
    });
    const stream = await line.open(kind);
    stream.resume();
    await until(() => line.clock.pendingTimers > 0);
    stream.destroy();
    await once(stream, 'close');
    expect(line.clock.pendingTimers).toBe(0);
  });

  test("the reader's pause reaches the sender", async () => {
    await using line = await Line.start(socket => void socket.write(Buffer.alloc(20_000_000)));
    const stream = await line.open(kind);
    stream.once('readable', () => {});
    for (let count = 0; count < 100; count++) await turn();
    expect(stream.readableLength).toBeLessThan(300_000);
    stream.destroy();
  });

  test("the other side's pause reaches the writer", async () => {
    await using line = await Line.start(socket => void socket.pause());
    const stream = await line.open(kind);
    let written = 0;
    for (let count = 0; count < 500; count++) stream.write(Buffer.alloc(100_000), () => written++);
    for (let count = 0; count < 200; count++) await turn();
    expect(written).toBeGreaterThan(0);
    expect(written).toBeLessThan(400);
    stream.destroy();
  });
});

test("an error of the stream within is the stream's", async () => {
  const inner = new PassThrough();
  const stream = new ShapedStream(inner, new Shaper(new ManualClock()));
  const failed = once(stream, 'error');
  inner.destroy(new Error('cut'));
  expect((await failed)[0].message).toBe('cut');
});

test('a stream that is closed without an end closes', async () => {
  const inner = new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() });
  const stream = new ShapedStream(inner, new Shaper(new ManualClock()));
  inner.destroy();
  await once(stream, 'close');
  expect(stream.errored).toBe(null);
});
