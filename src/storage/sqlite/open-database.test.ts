import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, test } from 'vitest';
import { type OpenOptions, openDatabase } from './open-database.ts';
import { schema } from './schema.ts';

const root = mkdtempSync(join(tmpdir(), 'sojourn-schema-'));
afterAll(() => rmSync(root, { recursive: true }));

let made = 0;
const newOptions = (): OpenOptions => ({
  path: join(root, `${made++}`, 'session.db'),
  now: () => 0,
  onSetAside: error => {
    throw error;
  },
});

/** What the file at `path` has in a pragma or a query of one number. */
function ask(path: string, sql: string): unknown {
  const db = new DatabaseSync(path);
  const [answer] = Object.values(db.prepare(sql).get() ?? {});
  db.close();
  return answer;
}

const group = { collection: 'c', cleared: false, groups: new Map([['g', new Map([['k', { text: 'v' }]])]]) };

test('a new file has the newest version and our mark', () => {
  const options = newOptions();
  openDatabase(options).close();
  expect(ask(options.path, 'PRAGMA user_version')).toBe(schema.length);
  expect(ask(options.path, 'PRAGMA application_id')).toBe(0x534a524e);
  expect(ask(options.path, 'PRAGMA journal_mode')).toBe('wal');
});

test('an older file is brought up to date with what it holds', () => {
  const options = newOptions();
  const before = openDatabase(options);
  before.write([group]);
  before.close();
  const steps = [...schema, 'CREATE TABLE later (x)', `INSERT INTO later SELECT value FROM records`];
  const after = openDatabase({ ...options, steps });
  expect(after.group('c', 'g')).toEqual([['k', 'v']]);
  after.close();
  expect(ask(options.path, 'PRAGMA user_version')).toBe(schema.length + 2);
  expect(ask(options.path, 'SELECT x FROM later')).toBe('v');
});

test('a step that cannot be done leaves the file as it was', () => {
  const options = newOptions();
  openDatabase(options).close();
  const steps = [...schema, 'CREATE TABLE later (x)', 'INSERT INTO nowhere VALUES (1)'];
  expect(() => openDatabase({ ...options, onSetAside: () => {}, steps })).toThrow('Cannot open the store');
  expect(ask(options.path, 'PRAGMA user_version')).toBe(schema.length);
  expect(ask(options.path, `SELECT count(*) FROM sqlite_schema WHERE name = 'later'`)).toBe(0);
});

test('a newer file is refused and left as it is', () => {
  const options = newOptions();
  openDatabase({ ...options, steps: [...schema, 'CREATE TABLE later (x)'] }).close();
  const before = readFileSync(options.path);
  expect(() => openDatabase(options)).toThrow(
    expect.objectContaining({ code: 'ERR_STORE_VERSION', message: expect.stringContaining('version 2') }),
  );
  expect(readFileSync(options.path)).toEqual(before);
});
