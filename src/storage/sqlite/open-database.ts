import { accessSync, constants, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { StoreError } from '../../util/errors.ts';
import { Database, type DatabaseFile } from './database.ts';
import { withFileLock } from './file-lock.ts';
import { createPrivateFile, inodeOf, makePrivate } from './private-file.ts';
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
const companions = ['', '-wal', '-shm'] as const;
const driver = {
  /** SQLITE_ERROR, as for a table that is not there. */
  error: 1,
};

/**
 * Opens the database, making it where there is none, bringing it up to date, and setting it aside where it is damaged or
 * another program's. All of that under one lock, so that no process sees a file half made or being moved.
 *
 * @throws {StoreError} If it cannot be opened for writing, or is newer than we are.
 */
export function openDatabase(options: OpenOptions): Database {
  const { path } = options;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    accessSync(dirname(path), constants.W_OK);
    return withFileLock(`${path}.lock`, openTimeoutMs, () => openLocked(options));
  } catch (error) {
    throw storeFailure('open', error);
  }
}

/** Opens a database whose directory cannot be written. @throws {StoreError} If it cannot be read either. */
export function openReadOnlyDatabase(path: string): Database {
  try {
    // "immutable" needs no log beside the file, and so no right to write; but it would pass over a log that is there.
    const log = statSync(`${path}-wal`, { throwIfNoEntry: false });
    return ready(connect(path, log?.size ? 'mode=ro' : 'immutable=1'));
  } catch (error) {
    throw storeFailure('open', error);
  }
}

function openLocked(options: OpenOptions): Database {
  const { path, damaged } = options;
  const inode = inodeOf(path);
  if (inode === undefined) {
    // A log without its database would be replayed into the new one.
    if (existsSync(`${path}-wal`)) setAside(options, damage('its file is gone but its log is not'));
    return create(options);
  }
  for (const companion of companions) makePrivate(path + companion);
  try {
    if (inode === damaged) throw damage('it is damaged');
    return openExisting(options);
  } catch (error) {
    const failure = storeFailure('open', error);
    if (failure.code !== 'ERR_STORE_CORRUPT') throw failure;
    setAside(options, failure);
    return create(options);
  }
}

function openExisting({ path, steps = schema }: OpenOptions): Database {
  const file = connect(path, 'mode=rw');
  try {
    migrate(file.db, steps);
    return ready(file);
  } catch (error) {
    file.db.close();
    if ((error as { errcode?: number }).errcode === driver.error)
      throw damage('its tables are not those of a store', error);
    throw error;
  }
}

/** Made under another name and then renamed: a file that is there is complete, so an empty one is a damaged one. */
function create({ path, steps = schema }: OpenOptions): Database {
  const made = `${path}.new`;
  for (const companion of companions) rmSync(made + companion, { force: true });
  createPrivateFile(made);
  const { db } = connect(made, 'mode=rw');
  try {
    db.exec('PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL');
    migrate(db, steps, 'new');
  } finally {
    db.close();
  }
  renameSync(made, path);
  return ready(connect(path, 'mode=rw'));
}

function connect(path: string, query: 'mode=rw' | 'mode=ro' | 'immutable=1'): DatabaseFile {
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
  const url = pathToFileURL(path);
  url.search = query;
  const db = new DatabaseSync(url, { readOnly: query !== 'mode=rw', timeout: openTimeoutMs });
  try {
    // quick_check would read the whole file at every start; checking each page as it is read finds damage in time.
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
  const database = new Database(file);
  file.db.exec(`PRAGMA busy_timeout = ${statementTimeoutMs}`);
  return database;
}

function damage(reason: string, cause?: unknown): StoreError {
  return new StoreError('ERR_STORE_CORRUPT', `Cannot use the store: ${reason}`, { cause });
}

function setAside({ path, now, onSetAside }: OpenOptions, reason: StoreError): void {
  const stamp = new Date(now()).toISOString().replace(/[-:]/g, '');
  let aside = `${path}.corrupt-${stamp}`;
  for (let n = 2; companions.some(companion => existsSync(aside + companion)); n++)
    aside = `${path}.corrupt-${stamp}-${n}`;
  for (const companion of companions) {
    if (existsSync(path + companion)) renameSync(path + companion, aside + companion);
  }
  const message = `${reason.message}; it was moved to "${aside}" and an empty one begun`;
  onSetAside(new StoreError('ERR_STORE_CORRUPT', message, { cause: reason.cause }));
}
