import { mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { systemClock } from '../../util/clock.ts';
import type { StoreError } from '../../util/errors.ts';
import { ManualClock } from '../../util/testing/manual-clock.ts';
import type { Records } from '../store.ts';
import { describeStore, type Note, noteCodec } from '../testing/store-contract.ts';
import { SqliteStore } from './sqlite-store.ts';

const root = mkdtempSync(join(tmpdir(), 'sojourn-store-'));
let made = 0;
const newDirectory = (): string => join(root, `${made++}`);
afterAll(() => rmSync(root, { recursive: true }));

const stores: SqliteStore[] = [];
const problems: StoreError[] = [];
afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
  problems.length = 0;
});

function open(directory: string, clock = systemClock): { readonly store: SqliteStore; readonly notes: Records<Note> } {
  const store = new SqliteStore({ directory, clock, onProblem: error => problems.push(error) });
  stores.push(store);
  return { store, notes: store.records('notes', noteCodec) };
}

const nextTurn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));
const keys = (records: Records<Note>, group: string): string[] => records.load(group).map(entry => entry.key);

/** Changes the file behind the store's back. */
function tamper(directory: string, sql: string): void {
  const db = new DatabaseSync(join(directory, 'session.db'));
  db.exec(sql);
  db.close();
}

describeStore('SqliteStore', () => open(newDirectory()).store);

test('what was committed is there when the store is opened again', async () => {
  const directory = newDirectory();
  const first = open(directory);
  first.notes.put('a', 'k', { text: '1' });
  await first.store.close();
  const second = open(directory);
  expect(second.notes.load('a')).toEqual([{ group: 'a', key: 'k', record: { text: '1' } }]);
  expect([second.notes.count(), second.notes.groups()]).toEqual([1, ['a']]);
});

test('the directory and every file in it are for the user alone', async () => {
  const directory = join(newDirectory(), 'deep', 'er');
  const { store, notes } = open(directory);
  notes.put('a', 'k', { text: '1' });
  await store.committed();
  const files = readdirSync(directory);
  expect(files).toEqual(expect.arrayContaining(['session.db', 'session.db-shm', 'session.db-wal']));
  for (const file of files) expect([file, statSync(join(directory, file)).mode & 0o777]).toEqual([file, 0o600]);
  expect(statSync(directory).mode & 0o777).toBe(0o700);
  expect(statSync(join(directory, '..')).mode & 0o777).toBe(0o700);
});

test('records that do not decode are left out, told of once, and not by their value', async () => {
  const directory = newDirectory();
  const { store, notes } = open(directory);
  for (const key of ['good', 'bad', 'worse']) notes.put('a', key, { text: 'secret' });
  await store.committed();
  tamper(directory, `UPDATE records SET value = '{"secret":1}' WHERE key = 'bad'`);
  tamper(directory, `UPDATE records SET value = '{"text":"secret' WHERE key = 'worse'`);
  expect(keys(notes, 'a')).toEqual(['good']);
  expect(keys(notes, 'a')).toEqual(['good']);
  await nextTurn();
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatchObject({ code: 'ERR_STORE_CORRUPT', message: expect.stringContaining('2 records') });
  expect(JSON.stringify([problems[0]?.message, problems[0]?.cause])).not.toContain('secret');
});

describe('two stores on one directory', () => {
  test('each sees what the other committed at its first read of the next turn, and its own changes never', async () => {
    const directory = newDirectory();
    const [one, two] = [open(directory), open(directory)];
    expect(two.notes.takeForeignChanges()).toEqual([]);
    await nextTurn();
    one.notes.put('a', 'k', { text: '1' });
    two.notes.put('b', 'k', { text: '1' });
    await one.store.committed();
    await two.store.committed();
    expect(two.notes.takeForeignChanges()).toEqual(['a']);
    expect(one.notes.takeForeignChanges()).toEqual(['b']);
    expect(two.notes.takeForeignChanges()).toEqual([]);
    expect([keys(two.notes, 'a'), two.notes.count()]).toEqual([['k'], 2]);
  });

  test('a commit of the other between our looks is not hidden by our own commit', async () => {
    const directory = newDirectory();
    const [one, two] = [open(directory), open(directory)];
    for (let i = 0; i < 5; i++) {
      one.notes.put(`a${i}`, 'k', { text: '1' });
      await one.store.committed();
      two.notes.put(`b${i}`, 'k', { text: '1' });
      await two.store.committed();
    }
    expect(two.notes.takeForeignChanges()).toEqual(['a0', 'a1', 'a2', 'a3', 'a4']);
    expect(one.notes.takeForeignChanges()).toEqual(['b0', 'b1', 'b2', 'b3', 'b4']);
  });

  test('a clear changes every group that the other may know', async () => {
    const directory = newDirectory();
    const [one, two] = [open(directory), open(directory)];
    for (const group of ['a', 'b', 'c']) one.notes.put(group, 'k', { text: '1' });
    await one.store.committed();
    two.notes.load('a');
    two.notes.groups();
    await nextTurn();
    one.notes.clear();
    one.notes.put('d', 'k', { text: '1' });
    await one.store.committed();
    expect(two.notes.takeForeignChanges()).toEqual(expect.arrayContaining(['a', 'b', 'c', 'd']));
    expect([two.notes.groups(), two.notes.count()]).toEqual([['d'], 1]);
  });

  test('who looks too late, the log being pruned, is told of every group', async () => {
    const directory = newDirectory();
    const [one, two] = [open(directory), open(directory)];
    two.notes.put('own', 'k', { text: '1' });
    await two.store.committed();
    for (const group of ['a', 'b']) {
      one.notes.put(group, 'k', { text: '1' });
      await one.store.committed();
    }
    tamper(directory, 'DELETE FROM changes WHERE revision < (SELECT max(revision) FROM changes)');
    expect(two.notes.takeForeignChanges().toSorted()).toEqual(['a', 'b', 'own']);
  });

  test('the log of changes does not grow without end', async () => {
    const directory = newDirectory();
    const { store, notes } = open(directory);
    for (let i = 0; i < 40; i++) {
      for (let j = 0; j < 1000; j++) notes.put(`g${j}`, 'k', { text: '1' });
      await store.committed();
    }
    const db = new DatabaseSync(join(directory, 'session.db'));
    const { count } = db.prepare('SELECT count(*) AS count FROM changes').get() as { count: number };
    db.close();
    expect(count).toBeLessThan(20_000);
  });

  test('what is pending counts right after the other wrote the same keys', async () => {
    const directory = newDirectory();
    const [one, two] = [open(directory), open(directory)];
    two.notes.put('a', 'k', { text: '2' });
    expect(two.notes.count()).toBe(1);
    const other = new DatabaseSync(join(directory, 'session.db'));
    other.exec('BEGIN IMMEDIATE');
    await nextTurn();
    other.exec('COMMIT');
    other.close();
    one.notes.put('a', 'k', { text: '1' });
    one.notes.put('a', 'l', { text: '1' });
    await one.store.committed();
    expect(two.notes.count()).toBe(2);
    await two.store.committed();
    expect(two.notes.count()).toBe(2);
    expect(two.notes.load('a').map(entry => entry.record.text)).toEqual(['2', '1']);
  });
});

describe('while another process holds the file', () => {
  test('a commit waits and reads go on', async () => {
    const directory = newDirectory();
    const { store, notes } = open(directory);
    const other = new DatabaseSync(join(directory, 'session.db'));
    other.exec('BEGIN IMMEDIATE');
    notes.put('a', 'k', { text: '1' });
    const committed = store.committed();
    await nextTurn();
    expect(keys(notes, 'a')).toEqual(['k']);
    other.exec('COMMIT');
    await committed;
    expect(other.prepare('SELECT count(*) AS count FROM records').get()).toEqual({ count: 1 });
    other.close();
  });

  test('after 10 seconds it fails as busy, and is tried again without being asked', async () => {
    const directory = newDirectory();
    const clock = new ManualClock();
    const { store, notes } = open(directory, clock);
    const other = new DatabaseSync(join(directory, 'session.db'));
    other.exec('BEGIN IMMEDIATE');
    notes.put('a', 'k', { text: '1' });
    const committed = store.committed();
    // Met below, after the clock was moved.
    committed?.catch(() => {});
    await nextTurn();
    for (let waited = 0; waited <= 10_000; waited += 2_000) clock.advance(2_000);
    await expect(committed).rejects.toMatchObject({ name: 'StoreError', code: 'ERR_STORE_BUSY' });
    expect(keys(notes, 'a')).toEqual(['k']);
    await nextTurn();
    expect(problems.map(error => error.code)).toEqual(['ERR_STORE_BUSY']);
    other.exec('COMMIT');
    clock.advance(2_000);
    await nextTurn();
    expect(store.committed()).toBeUndefined();
    expect(other.prepare('SELECT count(*) AS count FROM records').get()).toEqual({ count: 1 });
    other.close();
  });
});

describe('when the file is taken away', () => {
  test('what is written next is written to a new one', async () => {
    const directory = newDirectory();
    const { store, notes } = open(directory);
    notes.put('a', 'k', { text: '1' });
    await store.committed();
    rmSync(directory, { recursive: true });
    notes.put('b', 'k', { text: '1' });
    await store.committed();
    await store.close();
    expect(open(directory).notes.groups()).toEqual(['b']);
    expect(problems).toEqual([]);
  });

  test('a read does not make it anew, and follows who does', async () => {
    const directory = newDirectory();
    const one = open(directory);
    one.notes.put('a', 'k', { text: '1' });
    await one.store.committed();
    await nextTurn();
    renameSync(directory, `${directory}-moved`);
    expect(one.notes.takeForeignChanges()).toEqual(['a']);
    expect([one.notes.load('a'), one.notes.count()]).toEqual([[], 0]);
    expect(() => statSync(directory)).toThrow('ENOENT');
    const two = open(directory);
    two.notes.put('b', 'k', { text: '1' });
    await two.store.committed();
    await nextTurn();
    expect(one.notes.takeForeignChanges()).toContain('b');
    expect(keys(one.notes, 'b')).toEqual(['k']);
  });
});
