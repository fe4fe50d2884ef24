import { open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../util/clock.ts';
import { StateError, StoreError } from '../../util/errors.ts';
import type { Bodies } from '../bodies.ts';
import type { Codec, Records, Store } from '../store.ts';
import { CommitSchedule } from './commit-schedule.ts';
import type { BodyBatch, Database, WriteBatch } from './database.ts';
import { FreeSpace } from './free-space.ts';
import { openDatabase, openReadOnlyDatabase } from './open-database.ts';
import { inodeOf } from './private-file.ts';
import { SqliteBodies } from './sqlite-bodies.ts';
import { type RecordsHost, SqliteRecords } from './sqlite-records.ts';
import { storeFailure } from './store-failure.ts';

/** What a store on disk is made of. */
export interface SqliteStoreOptions {
  readonly directory: string;
  readonly clock: Clock;
  /** Told of what went wrong; never called in the caller's turn. */
  readonly onProblem: (error: StoreError) => void;
}

/** How often a read is tried while another process has the file to itself, 10 ms each. */
const busyReads = 100;
/** How often a commit is written anew when the file turns out to be damaged or gone. */
const writeAttempts = 3;

/**
 * The store on disk: `<directory>/session.db`.
 *
 * 1. What `committed()` acknowledged survives the end of the process, however it comes.
 * 2. While the disk fails, what was written stays pending: reads see it, and it is tried again.
 * 3. A file that cannot be used is never written to and never deleted: it is set aside and told of.
 */
export class SqliteStore implements Store {
  readonly directory: string;
  readonly #path: string;
  readonly #options: SqliteStoreOptions;
  readonly #schedule: CommitSchedule;
  readonly #freeSpace: FreeSpace;
  readonly #host: RecordsHost;
  readonly #records = new Map<string, SqliteRecords<never>>();
  #bodies: SqliteBodies | undefined;
  /** undefined while there is no file to be used: everything is pending then. */
  #database: Database | undefined;
  #isReadOnly = false;
  /** The file vanished under us: made again at the next commit, taken up again when somebody else makes it. */
  #isGone = false;
  #lookedThisTurn = false;
  #closed: Promise<void> | undefined;

  /** @throws {StoreError} If the file was made by a newer version (`ERR_STORE_VERSION`). */
  constructor(options: SqliteStoreOptions) {
    this.#options = options;
    this.directory = options.directory;
    this.#path = join(options.directory, 'session.db');
    this.#schedule = new CommitSchedule({
      clock: options.clock,
      commit: () => this.#commit(),
      onFailing: error => this.#report(error),
    });
    this.#freeSpace = new FreeSpace({ clock: options.clock, database: () => this.#database });
    this.#host = {
      read: (action, absent) => this.#read(action, absent),
      schedule: () => {
        this.#assertOpen();
        this.#schedule.request();
      },
      lookForForeignChanges: () => this.#lookForForeignChanges(),
      report: error => this.#report(error),
    };
    this.#openFirst();
  }

  records<T>(name: string, codec: Codec<T>): Records<T> {
    this.#assertOpen();
    let records = this.#records.get(name) as SqliteRecords<T> | undefined;
    if (!records) {
      records = new SqliteRecords(name, codec, this.#host);
      this.#records.set(name, records as never);
    }
    return records;
  }

  bodies(): Bodies {
    this.#assertOpen();
    const directory = join(this.directory, 'bodies');
    this.#bodies ??= new SqliteBodies({ ...this.#host, directory, clock: this.#options.clock });
    return this.#bodies;
  }

  committed(): Promise<void> | undefined {
    this.#assertOpen();
    return this.#schedule.committed();
  }

  async flush(): Promise<void> {
    this.#assertOpen();
    await this.#schedule.finish();
    if (!this.#database || this.#isReadOnly) return;
    // synchronous = NORMAL forces the log to the disk only at a checkpoint. All that is not in the log was forced then.
    await syncFile(`${this.#path}-wal`);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    try {
      await this.#bodies?.close();
      await this.#schedule.finish();
    } finally {
      this.#schedule.stop();
      this.#freeSpace.stop();
      this.#changeFile(undefined);
    }
  }

  #openFirst(): void {
    try {
      this.#database = this.#open();
    } catch (error) {
      const failure = storeFailure('open the store', error);
      if (failure.code === 'ERR_STORE_VERSION') throw failure;
      this.#report(failure);
      this.#schedule.expectFailure(failure);
      if (failure.code === 'ERR_STORE_READONLY') this.#openReadOnly();
    }
  }

  #openReadOnly(): void {
    if (inodeOf(this.#path) === undefined) return;
    try {
      this.#database = openReadOnlyDatabase(this.#path);
      this.#isReadOnly = true;
    } catch (error) {
      this.#report(storeFailure('read the store', error));
    }
  }

  #open(damaged?: number): Database {
    return openDatabase({
      path: this.#path,
      now: () => this.#options.clock.now(),
      damaged,
      onSetAside: error => this.#report(error),
    });
  }

  /** The file to write to, opened now if it is not. @throws {StoreError} If it cannot be. */
  #writable(): Database {
    if (this.#database && !this.#isReadOnly) return this.#database;
    const database = this.#open();
    this.#changeFile(database);
    return database;
  }

  #changeFile(database: Database | undefined): void {
    this.#database?.close();
    this.#database = database;
    this.#isReadOnly = false;
    this.#isGone = false;
    // Nobody knows how it differs from the one before.
    for (const records of this.#records.values()) records.noteForeignChange(undefined);
  }

  /** Sets the file aside and begins another, or goes on without one. */
  #leaveDamagedFile(failure: StoreError): void {
    const wasReadOnly = this.#isReadOnly;
    const inode = this.#database?.inode;
    this.#changeFile(undefined);
    if (wasReadOnly) this.#report(failure);
    else this.#tryOpen(inode);
  }

  #tryOpen(damaged?: number): void {
    try {
      this.#changeFile(this.#open(damaged));
    } catch (error) {
      this.#report(storeFailure('open the store', error));
    }
  }

  #read<R>(action: (database: Database) => R, absent: R): R {
    this.#assertOpen();
    let replaced = false;
    for (let attempt = 1; this.#database; attempt++) {
      try {
        return action(this.#database);
      } catch (error) {
        const failure = storeFailure('read the store', error);
        if (failure.code === 'ERR_STORE_BUSY' && attempt < busyReads) continue;
        if (failure.code !== 'ERR_STORE_CORRUPT' || replaced) throw failure;
        replaced = true;
        this.#leaveDamagedFile(failure);
      }
    }
    return absent;
  }

  #commit(): void {
    const batches = this.#pendingBatches();
    const bodies = this.#bodies?.pendingBatch();
    if (batches.length === 0 && !bodies) return;
    try {
      this.#write(batches, bodies);
    } catch (error) {
      const failure = storeFailure('write the store', error);
      if (failure.code !== 'ERR_STORE_BUSY') this.#bodies?.dropPending();
      throw failure;
    }
    if (bodies?.cleared || batches.some(batch => batch.cleared)) this.#freeSpace.giveBack();
    for (const records of this.#records.values()) records.pendingIsCommitted();
    this.#bodies?.pendingIsCommitted();
  }

  #write(batches: readonly WriteBatch[], bodies: BodyBatch | undefined): void {
    for (let attempt = 1; attempt <= writeAttempts; attempt++) {
      const database = this.#writable();
      try {
        database.write(batches, bodies);
        if (database.isInPlace()) return;
        // Written to a file that somebody moved away or deleted: written nowhere.
        this.#changeFile(undefined);
      } catch (error) {
        const failure = storeFailure('write the store', error);
        if (failure.code !== 'ERR_STORE_CORRUPT') throw failure;
        this.#leaveDamagedFile(failure);
      }
    }
    throw new StoreError('ERR_STORE_FAILED', 'Cannot write the store: each file is damaged or moved away at once');
  }

  #pendingBatches(): WriteBatch[] {
    const batches: WriteBatch[] = [];
    for (const records of this.#records.values()) {
      const batch = records.pendingBatch();
      if (batch) batches.push(batch);
    }
    return batches;
  }

  #lookForForeignChanges(): void {
    this.#assertOpen();
    if (this.#lookedThisTurn) return;
    this.#lookedThisTurn = true;
    // Not unref'ed: the loop would wait for input with the flag still set, and what then comes in would read old data.
    setImmediate(() => {
      this.#lookedThisTurn = false;
    });
    this.#followFile();
    const changes = this.#read(database => database.takeForeignChanges(), []);
    for (const { collection, group } of changes) {
      if (collection !== undefined) this.#records.get(collection)?.noteForeignChange(group);
      else for (const records of this.#records.values()) records.noteForeignChange(undefined);
    }
  }

  /** Takes up the file that stands where ours stood. */
  #followFile(): void {
    if (this.#database && !this.#database.isInPlace()) {
      this.#changeFile(undefined);
      this.#isGone = true;
    }
    if (!this.#isGone || inodeOf(this.#path) === undefined) return;
    this.#isGone = false;
    this.#tryOpen();
  }

  #report(error: StoreError): void {
    process.nextTick(this.#options.onProblem, error);
  }

  #assertOpen(): void {
    if (this.#closed) throw new StateError('ERR_CLOSED', 'Cannot use the store: it is closed');
  }
}

async function syncFile(path: string): Promise<void> {
  try {
    const file = await open(path, 'r+');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw storeFailure('flush the store', error);
  }
}
