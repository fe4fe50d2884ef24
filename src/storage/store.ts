import type { Bodies } from './bodies.ts';

/** How records of one collection are written down, and checked when they are read. */
export interface Codec<T> {
  encode(record: T): string;
  /** @throws If the text is not a record of this collection; the store reports it and leaves the record out. */
  decode(text: string): T;
}

/** One record: `key` is unique within `group`, `group` within the collection. */
export interface Entry<T> {
  readonly group: string;
  readonly key: string;
  readonly record: T;
}

/**
 * A durable collection of small records in groups (cookies by site, HSTS hosts by registrable domain, ...).
 *
 * Reads are synchronous. Writes are taken at once, seen by reads at once, and committed together at the end of the
 * event-loop turn; `committed()` says when.
 */
export interface Records<T> {
  /** The records of one group; empty when there are none. */
  load(group: string): Entry<T>[];
  /** The names of all groups, without their records. */
  groups(): string[];
  /** How many records there are. */
  count(): number;
  /** Every record, group by group, without keeping them. */
  entries(): Iterable<Entry<T>>;
  put(group: string, key: string, record: T): void;
  delete(group: string, key: string): void;
  /** Deletes everything. */
  clear(): void;
  /**
   * The groups that other processes changed since the last call; some that did not change may be among them. Asked of the
   * disk at most once in an event-loop turn, so it costs next to nothing to call before every read.
   */
  takeForeignChanges(): readonly string[];
}

/**
 * Where a session keeps what must outlive the process. Owned by Session; outlives every part that uses it.
 *
 * A store whose disk fails goes on in memory: `committed()` rejects with a StoreError, reads keep working.
 */
export interface Store {
  /** The directory it lives in; undefined in memory. */
  readonly directory: string | undefined;
  /** The collection called `name`; the same object for the same name. */
  records<T>(name: string, codec: Codec<T>): Records<T>;
  /** The bodies of stored responses; the same object each time. */
  bodies(): Bodies;
  /**
   * Settles when every write so far is committed: at once, as undefined, when nothing is waiting.
   *
   * @throws {StoreError} If the commit failed; what it held stays readable in this process.
   */
  committed(): Promise<void> | undefined;
  /**
   * Commits, and forces all records and small bodies to the disk itself: they survive a power cut, not just the end of the
   * process.
   *
   * @throws {StoreError} If that failed.
   */
  flush(): Promise<void>;
  /**
   * Commits and closes; idempotent. Afterwards every other call is refused with a StateError (`ERR_CLOSED`).
   *
   * @throws {StoreError} If the last commit failed; it is closed all the same.
   */
  close(): Promise<void>;
}
