import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { ManualClock } from '../../util/testing/manual-clock.ts';
import type { Bodies } from '../bodies.ts';
import { bytesOf, describeBodies, fill, read, store } from '../testing/bodies-contract.ts';
import { SqliteStore } from './sqlite-store.ts';

const root = mkdtempSync(join(tmpdir(), 'sojourn-bodies-'));
afterAll(() => rmSync(root, { recursive: true }));

let made = 0;
const clock = new ManualClock();
const stores: SqliteStore[] = [];
afterEach(async () => {
  for (const owner of stores.splice(0)) await owner.close();
});

function open(directory: string = join(root, `${made++}`)): { readonly owner: SqliteStore; readonly bodies: Bodies } {
  const owner = new SqliteStore({
    directory,
    clock,
    onProblem: error => {
      throw error;
    },
  });
  stores.push(owner);
  return { owner, bodies: owner.bodies() };
}

const filesOf = (owner: SqliteStore): string[] => readdirSync(join(owner.directory, 'bodies'));
const whole = (bodies: Bodies, id: string, end: number): Promise<Buffer> => read(bodies, id, { start: 0, end });

describeBodies('SqliteStore', () => open().owner);

test('bodies are there when the store is opened again, the large ones in files for the user alone', async () => {
  const first = open();
  const [small, large] = [await store(first.bodies, bytesOf(100)), await store(first.bodies, bytesOf(100_000))];
  await first.owner.close();
  const { owner, bodies } = open(first.owner.directory);
  expect(bytesOf(100).equals(bodies.readNow(small) as Buffer)).toBe(true);
  expect(bodies.readNow(large)).toBe('later');
  expect(bytesOf(100_000).equals(await whole(bodies, large, 100_000))).toBe(true);
  expect(filesOf(owner)).toEqual([large]);
  expect(statSync(join(owner.directory, 'bodies', large)).mode & 0o777).toBe(0o600);
  expect(statSync(join(owner.directory, 'bodies')).mode & 0o777).toBe(0o700);
});

test('a body that is given up, or open when the store is closed, leaves no file', async () => {
  const { owner, bodies } = open();
  const writers = [bodies.create(), bodies.create()];
  for (const writer of writers) await fill(writer, bytesOf(2_000_000));
  writers[0]?.abort();
  await owner.close();
  expect(filesOf(owner)).toEqual([]);
});

test('the writer asks to wait when the disk does not keep up', async () => {
  const writer = open().bodies.create();
  let waits: Promise<void> | undefined;
  for (let i = 0; i < 40; i++) waits = writer.write(bytesOf(60_000));
  expect(waits).toBeInstanceOf(Promise);
  await waits;
  expect(writer.write(bytesOf(60_000))).toBeUndefined();
  writer.abort();
});

describe('damage is met before a byte of it is handed out', () => {
  const size = 1_500_000;
  test.each<[string, (path: string) => void, { start: number; end: number }]>([
    ['a bit flipped in the part that is read', path => flip(path, 1_200_000), { start: 1_200_100, end: 1_200_200 }],
    ['a bit flipped in the checksums', path => flip(path, size + 2), { start: 0, end: 10 }],
    ['the file cut short', path => truncateSync(path, size - 100), { start: 0, end: size }],
    ['the file removed', path => rmSync(path), { start: 0, end: size }],
  ])('%s', async (_, damage, span) => {
    const { owner, bodies } = open();
    const id = await store(bodies, bytesOf(size));
    damage(join(owner.directory, 'bodies', id));
    await expect(read(bodies, id, span)).rejects.toMatchObject({ name: 'StoreError' });
  });

  test('a part that is whole can be read of a file that is not', async () => {
    const { owner, bodies } = open();
    const id = await store(bodies, bytesOf(size));
    flip(join(owner.directory, 'bodies', id), 1_200_000);
    expect(
      bytesOf(size)
        .subarray(0, 1_000_000)
        .equals(await whole(bodies, id, 1_000_000)),
    ).toBe(true);
  });

  test('a file of the wrong length is gone at once', async () => {
    const { owner, bodies } = open();
    const id = await store(bodies, bytesOf(size));
    truncateSync(join(owner.directory, 'bodies', id), size);
    expect(bodies.readNow(id)).toBeUndefined();
  });

  test('a row that differs from its checksum is gone', async () => {
    const { owner, bodies } = open();
    const id = await store(bodies, bytesOf(100));
    await owner.committed();
    const db = new DatabaseSync(join(owner.directory, 'session.db'));
    db.prepare('UPDATE bodies SET bytes = ?').run(bytesOf(100).reverse());
    db.close();
    expect(bodies.readNow(id)).toBeUndefined();
  });

  function flip(path: string, at: number): void {
    const bytes = readFileSync(path);
    bytes[at] = (bytes[at] as number) ^ 4;
    writeFileSync(path, bytes);
  }
});

test('after a clear, the room goes back to the file system by and by', async () => {
  const { owner, bodies } = open();
  const path = join(owner.directory, 'session.db');
  for (let i = 0; i < 200; i++) await store(bodies, bytesOf(64 * 1024));
  await owner.committed();
  const full = statSync(path).size;
  bodies.clear();
  await owner.committed();
  let steps = 0;
  while (clock.pendingTimers > 0 && steps++ < 100) clock.advance(1000);
  const again = open(owner.directory);
  await owner.close();
  await again.owner.close();
  expect(full).toBeGreaterThan(10_000_000);
  expect(statSync(path).size).toBeLessThan(100_000);
});

test('a sweep deletes what nobody knows, once it is an hour old', async () => {
  const { owner, bodies } = open();
  const known = [await store(bodies, bytesOf(10)), await store(bodies, bytesOf(100_000))];
  const orphans = [await store(bodies, bytesOf(10)), await store(bodies, bytesOf(100_000))];
  await owner.committed();
  const bodyDirectory = join(owner.directory, 'bodies');
  writeFileSync(join(bodyDirectory, `${orphans[1]}.part`), 'left by a process that was killed');
  writeFileSync(join(bodyDirectory, 'precious.txt'), 'not ours');
  const isKnown = (id: string): boolean => known.includes(id);
  expect(await bodies.sweep(isKnown)).toBe(0);
  clock.advance(60 * 60 * 1000 + 1000);
  const young = [await store(bodies, bytesOf(10)), await store(bodies, bytesOf(100_000))];
  await owner.committed();
  expect(await bodies.sweep(isKnown)).toBe(3);
  await owner.committed();
  expect(orphans.map(id => bodies.readNow(id))).toEqual([undefined, undefined]);
  for (const id of [...known, ...young]) expect(bodies.readNow(id)).toBeDefined();
  expect(new Set(filesOf(owner))).toEqual(new Set([known[1], young[1], 'precious.txt']));
});
