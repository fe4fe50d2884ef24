import { describe, expect, test, vi } from 'vitest';
import type { Controller } from './request-job.ts';
import { ResponseBody } from './response-body.ts';
import { StalledBodies } from './stalled-bodies.ts';

/** A connection as undici's controllers are: resuming delivers, in the same turn, what waits. */
class Connection {
  paused = false;
  readonly abort = vi.fn<(reason: unknown) => void>();
  readonly body: ResponseBody;
  readonly #waiting: (Buffer | 'end')[] = [];

  constructor(stalled: StalledBodies = new StalledBodies()) {
    this.body = new ResponseBody(this as unknown as Controller, stalled);
  }

  send(...pieces: (Buffer | 'end')[]): void {
    this.#waiting.push(...pieces);
    this.#deliver();
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.#deliver();
  }

  #deliver(): void {
    while (!this.paused && this.#waiting.length > 0) {
      const piece = this.#waiting.shift()!;
      if (piece === 'end') this.body.end();
      else this.body.push(piece);
    }
  }
}

const piece = (): Buffer => Buffer.alloc(50_000, 'x');
const read = async (body: ResponseBody): Promise<number> => {
  let size = 0;
  for await (const chunk of body) size += chunk.length;
  return size;
};

test('the connection is held back when nobody reads, and goes on when somebody does', async () => {
  const connection = new Connection();
  connection.send(piece(), piece());
  expect(connection.paused).toBe(false);
  connection.send(piece(), piece(), piece(), 'end');
  expect(connection.paused).toBe(true);
  expect(await read(connection.body)).toBe(250_000);
  expect(connection.paused).toBe(false);
});

test('bytes() gets the end that comes in the turn in which it goes on', async () => {
  const connection = new Connection();
  connection.send(piece(), piece(), piece(), piece(), 'end');
  expect(connection.paused).toBe(true);
  expect((await connection.body.bytes()).length).toBe(200_000);
});

test('small pieces count for what they take', () => {
  const connection = new Connection();
  connection.send(...Array.from({ length: 2000 }, () => Buffer.alloc(1)));
  expect(connection.paused).toBe(true);
});

test('bytes() collects without a limit', async () => {
  const connection = new Connection();
  const bytes = connection.body.bytes();
  for (let n = 0; n < 10; n++) connection.send(piece());
  expect(connection.paused).toBe(false);
  connection.send('end');
  expect((await bytes).length).toBe(500_000);
});

describe('a failure', () => {
  const reason = new Error('lost');

  test('reaches who waits, and drops what came before', async () => {
    const connection = new Connection();
    const bytes = connection.body.bytes();
    connection.send(piece());
    connection.body.fail(reason);
    await expect(bytes).rejects.toBe(reason);
  });

  test('reaches who asks later, each way', async () => {
    const connection = new Connection();
    connection.send(piece());
    connection.body.fail(reason);
    await expect(connection.body.bytes()).rejects.toBe(reason);
    await expect(read(connection.body)).rejects.toBe(reason);
    const seen: unknown[] = [];
    connection.body.onFailure = error => seen.push(error);
    expect(seen).toEqual([reason]);
    expect(connection.abort).not.toHaveBeenCalled();
  });

  test('after the end is none', async () => {
    const connection = new Connection();
    connection.send(Buffer.from('x'), 'end');
    connection.body.fail(reason);
    connection.body.cancel(reason);
    expect(String(await connection.body.bytes())).toBe('x');
    expect(connection.abort).not.toHaveBeenCalled();
  });

  test('a reader that leaves gives up the connection', async () => {
    const connection = new Connection();
    connection.send(piece());
    for await (const chunk of connection.body) if (chunk) break;
    expect(connection.abort).toHaveBeenCalledTimes(1);
  });
});

describe('when the session closes', () => {
  test('a body that nobody asked for goes on into memory, up to a limit', async () => {
    const stalled = new StalledBodies();
    const [kept, dropped] = [new Connection(stalled), new Connection(stalled)];
    for (const { body } of [kept, dropped]) body.owner = {};
    kept.send(piece(), piece(), piece(), piece(), 'end');
    dropped.send(...Array.from({ length: 400 }, piece));
    expect([kept.paused, dropped.paused]).toEqual([true, true]);
    stalled.drain();
    expect((await kept.body.bytes()).length).toBe(200_000);
    expect(dropped.abort).toHaveBeenCalledWith(expect.objectContaining({ code: 'ERR_SESSION_CLOSED' }));
  });

  test('one that is being read keeps its pace', () => {
    const stalled = new StalledBodies();
    const connection = new Connection(stalled);
    connection.body.owner = {};
    void connection.body[Symbol.asyncIterator]().next();
    connection.send(...Array.from({ length: 5 }, piece));
    stalled.drain();
    expect(connection.paused).toBe(true);
  });
});
