import { type Agent, get, type IncomingMessage, request as httpRequest } from 'node:http';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EmulatedSession, turns } from '../fixtures/emulated-session.ts';
import { startOrigin } from '../fixtures/http-server.ts';
import { startSocketServer } from '../fixtures/web-socket-server.ts';

const seconds = 5;

let emulated: EmulatedSession;

beforeEach(() => (emulated = new EmulatedSession()));
afterEach(() => emulated[Symbol.asyncDispose]());

/** GPRS, 3G and 20 Mbit/s, in bytes per second. */
const rates = [6400, 180_000, 2_500_000];
/** All of it over HTTP/1.1, the diagonal over the rest. */
const points = rates.flatMap(rate => [1, 6, 50].map(transfers => [transfers, rate] as const));

const diagonal = [1, 6, 50].map((transfers, index) => [transfers, rates[index]!] as const);

interface Load {
  readonly transfers: number;
  readonly rate: number;
  readonly direction: 'down' | 'up';
}

/** Runs the transfers for five seconds by the clock, and holds what came to the rate and to fair shares. */
async function expectShares(load: Load, received: () => readonly number[]): Promise<void> {
  const { rate, transfers } = load;
  // All of them have to have begun.
  await emulated.advance(1000);
  const before = [...received()];
  await emulated.advance(seconds * 1000);
  const got = received().map((bytes, index) => bytes - (before[index] ?? 0));
  const total = got.reduce((sum, bytes) => sum + bytes, 0);
  expect(got).toHaveLength(transfers);
  expect(Math.abs(total / (rate * seconds) - 1)).toBeLessThan(0.05);
  for (const bytes of got) expect(Math.abs(bytes / (total / transfers) - 1)).toBeLessThan(0.1);
}

function limit({ rate, direction }: Load): void {
  emulated.ses.enableNetworkEmulation(direction === 'down' ? { downloadThroughput: rate } : { uploadThroughput: rate });
}

function bodyFor({ rate, transfers }: Load): Buffer {
  return Buffer.alloc(Math.ceil((rate * (seconds + 3)) / transfers));
}

/** A server that has a limit of memory for its connection, as those of HTTP/2, wants it piece by piece. */
function* pieces(body: Buffer): Generator<Buffer> {
  for (let at = 0; at < body.byteLength; at += 16_384) yield body.subarray(at, at + 16_384);
}

async function runOverHttp(load: Load, scheme: 'https' | 'h2'): Promise<void> {
  const received = Array<number>(load.transfers).fill(0);
  const body = bodyFor(load);
  const isDown = load.direction === 'down';
  await using site = await startOrigin(
    (request, response) => {
      if (isDown) return void Readable.from(pieces(body)).pipe(response);
      const index = Number(request.url!.slice(1));
      request.on('data', (chunk: Buffer) => (received[index]! += chunk.byteLength)).on('error', () => {});
    },
    { scheme },
  );
  limit(load);
  const take = async (index: number): Promise<void> => {
    const init = isDown ? {} : { method: 'POST', body };
    const response = await emulated.ses.fetch(`${site.origin}/${index}`, { cache: 'no-store', ...init });
    for await (const chunk of response.body!) received[index]! += (chunk as Uint8Array).byteLength;
  };
  for (let index = 0; index < load.transfers; index++) void take(index).catch(() => {});
  while (site.requests.length < load.transfers) await emulated.advance(20);
  await expectShares(load, () => received);
  await emulated.ses.closeAllConnections();
}

test.each(points)('%d downloads share %d bytes a second', (transfers, rate) =>
  runOverHttp({ transfers, rate, direction: 'down' }, 'https'),
);

test.each(points)('%d uploads share %d bytes a second', (transfers, rate) =>
  runOverHttp({ transfers, rate, direction: 'up' }, 'https'),
);

test.each(diagonal)('%d downloads of one HTTP/2 connection share %d bytes a second', (transfers, rate) =>
  runOverHttp({ transfers, rate, direction: 'down' }, 'h2'),
);

test.each(diagonal)('%d uploads of one HTTP/2 connection share %d bytes a second', (transfers, rate) =>
  runOverHttp({ transfers, rate, direction: 'up' }, 'h2'),
);

test.each(
  diagonal.flatMap(([transfers, rate]) => [
    { transfers, rate, direction: 'down' as const },
    { transfers, rate, direction: 'up' as const },
  ]),
)('WebSockets: %j', async load => {
  const { transfers, rate, direction } = load;
  const received = Array<number>(transfers).fill(0);
  await using server = await startSocketServer();
  const sockets = Array.from({ length: transfers }, () => new emulated.ses.WebSocket(server.origin));
  await Promise.all(sockets.map(socket => once(socket, 'open')));
  limit(load);
  const message = Buffer.alloc(Math.min(1000, Math.ceil(rate / transfers / 50)), 'x');
  const many = Math.ceil(bodyFor(load).byteLength / message.byteLength);
  // RFC 6455 5.2: what goes over the link beside the message.
  const framing = (message.byteLength < 126 ? 2 : 4) + (direction === 'up' ? 4 : 0);
  const clients = [...server.clients];
  for (const index of sockets.keys()) {
    const add = ({ data }: { data: { byteLength: number } }): void =>
      void (received[index]! += data.byteLength + framing);
    if (direction === 'down') {
      sockets[index]!.binaryType = 'arraybuffer';
      sockets[index]!.addEventListener('message', add);
      for (let sent = 0; sent < many; sent++) clients[index]!.send(message, { compress: false });
    } else {
      clients[index]!.removeAllListeners('message');
      clients[index]!.on('message', (data: Buffer) => add({ data }));
      for (let sent = 0; sent < many; sent++) sockets[index]!.send(message);
    }
  }
  await turns(20);
  await expectShares(load, () => received);
  await emulated.ses.closeAllConnections();
});

test.each(['down', 'up'] as const)("the agents' requests share the rate, %swards", async direction => {
  const load = { transfers: 6, rate: 180_000, direction };
  const received = Array<number>(load.transfers).fill(0);
  await using site = await startOrigin((request, response) => {
    if (direction === 'down') return void response.end(bodyFor(load));
    const index = Number(request.url!.slice(1));
    request.on('data', (chunk: Buffer) => (received[index]! += chunk.byteLength)).on('error', () => {});
  });
  limit(load);
  const agent: Agent = emulated.ses.httpAgent;
  for (const index of received.keys()) {
    const url = `${site.origin}/${index}`;
    if (direction === 'down') {
      get(url, { agent }, (response: IncomingMessage) => {
        response.on('data', (chunk: Buffer) => (received[index]! += chunk.byteLength)).on('error', () => {});
      }).on('error', () => {});
    } else {
      httpRequest(url, { agent, method: 'POST' })
        .on('error', () => {})
        .end(bodyFor(load));
    }
  }
  await emulated.advance(100);
  await expectShares(load, () => received);
});
