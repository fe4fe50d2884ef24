import { afterEach, describe, expect, test } from 'vitest';
import type { Bodies, BodyWriter, Span } from '../bodies.ts';
import type { Store } from '../store.ts';

/** Bytes that differ everywhere, so that no part can pass for another. */
export function bytesOf(size: number): Buffer {
  const bytes = Buffer.alloc(size);
  for (let i = 0; i < size; i++) bytes[i] = (i * 31 + (i >> 8) * 17 + (i >> 16)) & 0xff;
  return bytes;
}

/** Fills a writer in pieces of `pieceBytes`, waiting where it asks for it. */
export async function fill(writer: BodyWriter, body: Buffer, pieceBytes = 50_000): Promise<void> {
  for (let at = 0; at < body.length; at += pieceBytes) await writer.write(body.subarray(at, at + pieceBytes));
}

/** Stores a body and returns its id. */
export async function store(bodies: Bodies, body: Buffer): Promise<string> {
  const writer = bodies.create();
  await fill(writer, body);
  return writer.commit();
}

/** Reads a part in one piece. */
export async function read(bodies: Bodies, id: string, span: Span): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of bodies.read(id, span)) pieces.push(piece);
  return Buffer.concat(pieces);
}

const sizes = [0, 1, 1000, 64 * 1024, 64 * 1024 + 1, 256 * 1024, 1024 * 1024 + 1, 3_000_000];

/**
 * What the bodies of every store must do.
 *
 * @param name - Printed before the sentences.
 * @param open - Makes an empty store; called anew for each test.
 */
export function describeBodies(name: string, open: () => Store): void {
  describe(`${name} keeps the contract of bodies`, () => {
    const stores: Store[] = [];
    const make = (): Store => {
      const made = open();
      stores.push(made);
      return made;
    };
    afterEach(async () => {
      for (const made of stores.splice(0)) await made.close();
    });
    describeReading(make);
    describeDeleting(make);
  });
}

function describeReading(make: () => Store): void {
  test.each(sizes)('a body of %d bytes is read back whole and in parts, before and after the commit', async size => {
    const owner = make();
    const bodies = owner.bodies();
    const body = bytesOf(size);
    const id = await store(bodies, body);
    for (const moment of ['before', 'after']) {
      const now = bodies.readNow(id);
      expect(now === 'later' || body.equals(now as Buffer), moment).toBe(true);
      const spans = [
        [0, size],
        [0, 1],
        [size - 1, size],
        [size >> 1, size],
        [100, 70_000],
        [262_143, 262_145],
      ] as const;
      for (const [start, end] of spans.filter(span => span[0] >= 0 && span[1] <= size)) {
        expect(body.subarray(start, end).equals(await read(bodies, id, { start, end })), `${start}-${end}`).toBe(true);
      }
      await owner.committed();
    }
  });

  test('nothing can be read of what was given up', async () => {
    const bodies = make().bodies();
    for (const size of [1000, 1_000_000]) {
      const writer = bodies.create();
      await fill(writer, bytesOf(size));
      writer.abort();
      writer.abort();
    }
    const writer = bodies.create();
    await fill(writer, bytesOf(1_000_000));
    const id = await writer.commit();
    writer.abort();
    expect(bodies.readNow(id)).not.toBeUndefined();
  });

  test('many writers at once do not mix', async () => {
    const bodies = make().bodies();
    const all = Array.from({ length: 20 }, (_, i) => bytesOf(40_000 * i).reverse());
    const ids = await Promise.all(all.map(body => store(bodies, body)));
    expect(new Set(ids).size).toBe(20);
    for (const [i, id] of ids.entries()) {
      const body = all[i] as Buffer;
      expect(body.equals(await read(bodies, id, { start: 0, end: body.length }))).toBe(true);
    }
  });

  test.each(['', 'unknown', 'f.1.aaaaaaaaaaaaaaaa.1.1', '../../etc/passwd', 'f.1../../etc/passwd.1.1'])(
    'an id that never was, %j, is gone',
    async id => {
      const bodies = make().bodies();
      expect(bodies.readNow(id)).toBeUndefined();
      await expect(read(bodies, id, { start: 0, end: 1 })).rejects.toMatchObject({ name: 'StoreError' });
      bodies.delete(id);
    },
  );
}

function describeDeleting(make: () => Store): void {
  test.each([10, 100_000])('a body of %d bytes that was deleted is gone, the others stay', async size => {
    const owner = make();
    const bodies = owner.bodies();
    const [gone, stays] = [await store(bodies, bytesOf(size)), await store(bodies, bytesOf(size))];
    await owner.committed();
    bodies.delete(gone);
    await owner.flush();
    expect([bodies.readNow(gone), bodies.readNow(stays)]).toEqual([undefined, expect.anything()]);
  });

  test('clear deletes what is committed; what is being written stays', async () => {
    const owner = make();
    const bodies = owner.bodies();
    const before = [await store(bodies, bytesOf(10)), await store(bodies, bytesOf(100_000))];
    await owner.committed();
    before.push(await store(bodies, bytesOf(20)));
    const [small, large] = [bodies.create(), bodies.create()];
    await fill(small, bytesOf(10));
    await fill(large, bytesOf(100_000));
    bodies.clear();
    const after = [await small.commit(), await large.commit()];
    await owner.flush();
    expect(before.map(id => bodies.readNow(id))).toEqual([undefined, undefined, undefined]);
    for (const id of after) expect(bodies.readNow(id)).toBeDefined();
  });

  test('a closed store refuses every call', async () => {
    const owner = make();
    const bodies = owner.bodies();
    await owner.close();
    const calls = [
      () => bodies.create(),
      () => bodies.readNow('x'),
      () => bodies.delete('x'),
      () => bodies.clear(),
      () => owner.bodies(),
    ];
    for (const call of calls) expect(call, String(call)).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }));
    await expect(bodies.sweep(() => true)).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });
}
