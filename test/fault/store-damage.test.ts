import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import * as fc from 'fast-check';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { openStore } from '../../src/storage/open-store.ts';
import type { Records, Store } from '../../src/storage/store.ts';
import type { StoreError } from '../../src/util/errors.ts';

const rounds = Number(process.env['SOJOURN_ROUNDS'] ?? 20);
const timeout = 10_000 + rounds * 1_000;
const root = mkdtempSync(join(tmpdir(), 'sojourn-damage-'));
afterAll(() => rmSync(root, { recursive: true }));

let made = 0;
const stores: Store[] = [];
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close().catch(() => {});
});

interface Opened {
  readonly store: Store;
  readonly records: Records<string>;
  readonly problems: StoreError[];
}

function newDirectory(): string {
  const directory = join(root, `${made++}`);
  mkdirSync(directory, { mode: 0o700 });
  return directory;
}

function open(directory: string): Opened {
  const problems: StoreError[] = [];
  const store = openStore({ directory, onProblem: error => problems.push(error) });
  stores.push(store);
  return { store, records: store.records('test', { encode: String, decode: String }), problems };
}

const nextTurn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));
const fileOf = (directory: string): string => join(directory, 'session.db');
const namesAside = (directory: string): string[] => readdirSync(directory).filter(name => name.includes('.corrupt-'));
const keysOf = (records: Records<string>): string[] => Array.from(records.entries(), entry => entry.key);

/** Fills a store with `count` records and closes it. */
async function fill(directory: string, count: number): Promise<void> {
  const { store, records } = open(directory);
  for (let i = 0; i < count; i++) records.put(`g${i % 40}`, `k${i}`, `${i}`.repeat(20));
  await store.close();
}

/** The store works, and what is written now is there tomorrow. */
async function expectUsable({ store, records }: Opened): Promise<void> {
  records.put('new', 'new', 'new');
  await store.committed();
  await store.close();
  const again = open(store.directory as string);
  expect(again.records.load('new')).toEqual([{ group: 'new', key: 'new', record: 'new' }]);
  expect(keysOf(again.records)).toHaveLength(again.records.count());
  await again.store.close();
  await nextTurn();
  expect(again.problems).toEqual([]);
}

describe('a file that is no store of ours is moved aside as it is, told of by name, and another begun', () => {
  test.each<[string, (path: string) => void]>([
    ['text', path => writeFileSync(path, 'not a database, but something that somebody may need')],
    ['nothing', path => writeFileSync(path, '')],
    [
      'random bytes',
      path => writeFileSync(path, Buffer.from(Array.from({ length: 9000 }, (_, i) => (i * 7919) % 251))),
    ],
    ["another program's database", path => makeForeign(path, 'PRAGMA application_id = 42')],
    ['a database without a mark', path => makeForeign(path, '')],
    [
      'a database with our mark but other tables',
      path => makeForeign(path, 'PRAGMA application_id = 1397379662; PRAGMA user_version = 1'),
    ],
  ])('%s', async (_, make) => {
    const directory = newDirectory();
    make(fileOf(directory));
    const before = readFileSync(fileOf(directory));
    const opened = open(directory);
    expect(keysOf(opened.records)).toEqual([]);
    await nextTurn();
    const [aside] = namesAside(directory);
    expect(readFileSync(join(directory, aside as string))).toEqual(before);
    expect(opened.problems).toEqual([
      expect.objectContaining({ code: 'ERR_STORE_CORRUPT', message: expect.stringContaining(aside as string) }),
    ]);
    await expectUsable(opened);
  });

  function makeForeign(path: string, sql: string): void {
    const db = new DatabaseSync(path);
    db.exec(`CREATE TABLE precious (x); INSERT INTO precious VALUES ('theirs'); ${sql}`);
    db.close();
  }
});

describe('a damaged store is moved aside, and what can be read of it is saved', () => {
  test.each<[string, number, number]>([
    ['in its first page', 5_000, 0],
    ['in its middle', 5_000, 0.5],
    ['near its end', 5_000, 0.9],
    ['in the middle of a file too large to be checked when it is opened', 40_000, 0.5],
  ])('%s', async (_, count, where) => {
    const directory = newDirectory();
    await fill(directory, count);
    overwrite(fileOf(directory), where);
    const opened = open(directory);
    // Meets the damage where opening did not.
    keysOf(opened.records);
    await nextTurn();
    expect(namesAside(directory)).not.toEqual([]);
    expect(opened.problems[0]).toMatchObject({ code: 'ERR_STORE_CORRUPT' });
    const saved = keysOf(opened.records).length;
    expect(saved).toBeGreaterThanOrEqual(where > 0 ? count * 0.9 : 0);
    await expectUsable(opened);
  });

  test('damage met by a commit loses nothing of that commit', async () => {
    const directory = newDirectory();
    await fill(directory, 40_000);
    const opened = open(directory);
    expect(statSync(fileOf(directory)).size).toBeGreaterThan(4 * 1024 * 1024);
    for (let where = 0.2; where < 0.9; where += 0.1) overwrite(fileOf(directory), where);
    for (let i = 0; i < 40_000; i++) opened.records.put(`g${i % 40}`, `k${i}`, 'new');
    await opened.store.committed();
    expect(Array.from(opened.records.entries(), entry => entry.record)).toEqual(Array(40_000).fill('new'));
    await nextTurn();
    expect(opened.problems.map(error => error.code)).toEqual(['ERR_STORE_CORRUPT']);
    await expectUsable(opened);
  });

  test('a log without its database is not replayed into the new one', async () => {
    const directory = newDirectory();
    const first = open(directory);
    first.records.put('a', 'k', '1');
    await first.store.committed();
    const log = readFileSync(`${fileOf(directory)}-wal`);
    await first.store.close();
    rmSync(fileOf(directory));
    writeFileSync(`${fileOf(directory)}-wal`, log);
    const opened = open(directory);
    expect(keysOf(opened.records)).toEqual([]);
    expect(namesAside(directory)).toHaveLength(1);
    await expectUsable(opened);
  });

  /** Two pages of something else. */
  function overwrite(path: string, where: number): void {
    const bytes = readFileSync(path);
    const page = Math.floor((bytes.length / 4096) * where);
    bytes.fill(0xa5, page * 4096, (page + 2) * 4096);
    writeFileSync(path, bytes);
  }
});

test('whatever bits flip and wherever the file ends: no crash, nothing lost in silence, and it goes on', {
  timeout,
}, async () => {
  const pristine = newDirectory();
  const count = 2_000;
  await fill(pristine, count);
  const bytes = readFileSync(fileOf(pristine));
  const flips = fc.array(fc.record({ at: fc.nat({ max: bytes.length - 1 }), bit: fc.nat({ max: 7 }) }), {
    maxLength: 8,
  });
  const end = fc.option(fc.nat({ max: bytes.length }), { nil: bytes.length });
  const play = async (flipped: readonly { at: number; bit: number }[], length: number): Promise<void> => {
    const directory = newDirectory();
    const damaged = Buffer.from(bytes);
    for (const { at, bit } of flipped) damaged[at] = (damaged[at] as number) ^ (1 << bit);
    writeFileSync(fileOf(directory), damaged);
    truncateSync(fileOf(directory), length);
    const opened = open(directory);
    const found = new Set(keysOf(opened.records));
    // A bit of a key or value is text like any other; records may change so, but they do not vanish.
    await nextTurn();
    expect(found.size >= count - flipped.length || opened.problems.length > 0).toBe(true);
    await expectUsable(opened);
    rmSync(directory, { recursive: true });
  };
  await fc.assert(fc.asyncProperty(flips, end, play), { numRuns: rounds });
});
