import { accessSync, constants, existsSync, linkSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { DatabaseSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { StoreError } from '../../util/errors.ts';
import { Database, type DatabaseFile } from './database.ts';
import { withFileLock } from './file-lock.ts';
import { makePrivateDirectory } from './private-directory.ts';
import { createPrivateFile, inodeOf, makePrivate } from './private-file.ts';
import { salvage } from './salvage.ts';
import { migrate, schema } from './schema.ts';
import { storeFailure } from './store-failure.ts';

/** What opening is told. */
export interface OpenOptions {
  readonly path: string;
  /** Milliseconds since the epoch; dates the name of a file set aside. */
  readonly now: () => number;
  /** The file with this inode turned out to be damaged: it is set aside, unless somebody else did. */
  readonly damaged?: number | undefined;
  /** Told when a file was set aside. */
  readonly onSetAside: (error: StoreError) => void;
  /** The schema's steps; a test brings its own. */
  readonly steps?: readonly string[];
}

/** How long opening waits for another process that opens, repairs or migrates the same file. */
const openTimeoutMs = 5_000;
/** How long one statement waits: short, because the event loop waits with it. Longer waits are up to the store. */
const statementTimeoutMs = 10;
/**
 * Files up to this size are checked as a whole when they are opened, at 2 ms for each MiB. A larger file is not: each page
 * is when it is read, which finds most damage, but not a key that was changed to another.
 */
const maxCheckedBytes = 4 * 1024 * 1024;
const companions = ['', '-wal', '-shm'] as const;
/** SQLITE_ERROR, as for a table that is not there. */
const sqlError = 1;

/**
 * Opens the database, making it where there is none, bringing it up to date, and setting it aside where it is damaged or
 * another program's. All of that under one lock, so that no process sees a file half made or being moved.
 *
 * @throws {StoreError} If it cannot be opened for writing, or is newer than we are.
 */
export function openDatabase(options: OpenOptions): Database {
  const { path } = options;
  try {
    makePrivateDirectory(dirname(path));
    accessSync(dirname(path), constants.W_OK);
    return withFileLock(`${path}.lock`, openTimeoutMs, () => openLocked(options));
  } catch (error) {
    throw storeFailure('open the store', error);
  }
}

/** Opens a database whose directory cannot be written. @throws {StoreError} If it cannot be read either. */
export function openReadOnlyDatabase(path: string): Database {
  try {
    // "immutable" needs no log beside the file, and so no right to write; but it would pass over a log that is there.
    const log = statSync(`${path}-wal`, { throwIfNoEntry: false });
    return ready(connect(path, log?.size ? 'mode=ro' : 'immutable=1'));
  } catch (error) {
    throw storeFailure('open the store', error);
  }
}

function openLocked(options: OpenOptions): Database {
  const { path, damaged } = options;
  const inode = inodeOf(path);
  if (inode === undefined) {
    // A log without its database would be replayed into the new one.
    if (existsSync(`${path}-wal`)) return replace(options, damage('its file is gone but its log is not'));
    return create(options);
  }
  for (const companion of companions) makePrivate(path + companion);
  try {
    if (inode === damaged) throw damage('it is damaged');
    return openExisting(options);
  } catch (error) {
    const failure = storeFailure('open the store', error);
    if (failure.code !== 'ERR_STORE_CORRUPT') throw failure;
    return replace(options, failure);
  }
}

/** Sets the file aside, and puts another in its place with the records that can still be read. */
function replace(options: OpenOptions, reason: StoreError): Database {
  const { path, now, onSetAside } = options;
  let copied = 0;
  const made = make(options, fresh => {
    copied = salvageFrom(path, fresh);
  });
  const aside = nameAside(path, now());
  for (const companion of ['-wal', '-shm']) renameIfThere(path + companion, aside + companion);
  // A second name, and then the first one taken over in one step: whenever the process ends, what stands at `path` is
  // the damaged file or the new one, never nothing.
  if (!tryLink(path, aside)) renameIfThere(path, aside);
  renameSync(made, path);
  const message = `${reason.message}; it was moved to "${aside}", and ${copied} of its records to a new one`;
  onSetAside(new StoreError('ERR_STORE_CORRUPT', message, { cause: reason.cause }));
  return ready(connect(path, 'mode=rw'));
}

function openExisting({ path, steps = schema }: OpenOptions): Database {
  const file = connect(path, 'mode=rw');
  try {
    migrate(file.db, steps);
    if (statSync(path).size <= maxCheckedBytes) checkPages(file.db);
    return ready(file);
  } catch (error) {
    file.db.close();
    throw error;
  }
}

// quick_check costs as much here, and does not see keys that are out of order, which hide the records behind them.
function checkPages(db: DatabaseSync): void {
  if (db.prepare('PRAGMA integrity_check(1)').get()?.['integrity_check'] !== 'ok') throw damage('it is damaged');
}

/** Made under another name and then renamed: a file that is there is complete, so an empty one is a damaged one. */
function create(options: OpenOptions): Database {
  renameSync(make(options), options.path);
  return ready(connect(options.path, 'mode=rw'));
}

/** Makes a new file beside the one at `path`, and returns its name. */
function make({ path, steps = schema }: OpenOptions, fill?: (db: DatabaseSync) => void): string {
  const made = `${path}.new`;
  for (const companion of companions) rmSync(made + companion, { force: true });
  createPrivateFile(made);
  const { db } = connect(made, 'mode=rw');
  try {
    db.exec('PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL');
    migrate(db, steps, 'new');
    fill?.(db);
  } finally {
    db.close();
  }
  return made;
}

/** Copies what can be read of the damaged file at `path`. */
function salvageFrom(path: string, fresh: DatabaseSync): number {
  let damaged: DatabaseSync;
  try {
    damaged = connect(path, 'mode=ro').db;
  } catch {
    // The driver's error: it is no database at all.
    return 0;
  }
  try {
    return salvage(damaged, fresh);
  } finally {
    damaged.close();
  }
}

function connect(path: string, query: 'mode=rw' | 'mode=ro' | 'immutable=1'): DatabaseFile {
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
  const url = pathToFileURL(path);
  url.search = query;
  const db = new DatabaseSync(url, { readOnly: query !== 'mode=rw', timeout: openTimeoutMs });
  try {
    db.exec('PRAGMA synchronous = NORMAL; PRAGMA cell_size_check = ON; PRAGMA trusted_schema = OFF');
    // What was deleted was often a secret: it is overwritten where that costs no further page.
    db.exec('PRAGMA secure_delete = FAST; PRAGMA journal_size_limit = 4194304');
    return { db, path, inode: inodeOf(path) ?? 0 };
  } catch (error) {
    db.close();
    throw error;
  }
}

/** The statements made; from here on the event loop waits with the file, so it does not wait long. */
function ready(file: DatabaseFile): Database {
  try {
    const database = new Database(file);
    file.db.exec(`PRAGMA busy_timeout = ${statementTimeoutMs}`);
    return database;
  } catch (error) {
    if ((error as { errcode?: number }).errcode !== sqlError) throw error;
    throw damage('its tables are not those of a store', error);
  }
}

function damage(reason: string, cause?: unknown): StoreError {
  return new StoreError('ERR_STORE_CORRUPT', `Cannot use the store: ${reason}`, { cause });
}

function nameAside(path: string, now: number): string {
  const stamp = new Date(now).toISOString().replace(/[-:]/g, '');
  const name = `${path}.corrupt-${stamp}`;
  let free = name;
  for (let n = 2; companions.some(companion => existsSync(free + companion)); n++) free = `${name}-${n}`;
  return free;
}

function renameIfThere(from: string, to: string): void {
  if (existsSync(from)) renameSync(from, to);
}

function tryLink(from: string, to: string): boolean {
  try {
    linkSync(from, to);
    return true;
  } catch {
    // ENOENT: only the log was there. Or a file system without hard links, such as FAT.
    return false;
  }
}
