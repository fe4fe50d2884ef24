import { StoreError } from '../../util/errors.ts';
import type { Codec, Entry, Records } from '../store.ts';
import type { Database, ForeignChange, Row, WriteBatch } from './database.ts';
import { PendingChanges } from './pending-changes.ts';

/** What a collection needs of its store. */
export interface RecordsHost {
  /** Reads the disk; `absent` where there is none to read. @throws {StateError} If the store is closed. */
  read<R>(action: (database: Database) => R, absent: R): R;
  /** Has what is pending committed at the end of the turn. @throws {StateError} If the store is closed. */
  schedule(): void;
  /** Looks for other processes' commits, once a turn. */
  lookForForeignChanges(): void;
  report(error: StoreError): void;
}

const nothing: readonly string[] = Object.freeze([]);

/** One collection: what the disk says, hidden by what is pending. Owned by SqliteStore. */
export class SqliteRecords<T> implements Records<T> {
  readonly #name: string;
  readonly #codec: Codec<T>;
  readonly #host: RecordsHost;
  readonly #pending = new PendingChanges<T>();
  /** Every group whose name the caller may have kept; told as changed when nobody knows which did. */
  readonly #known = new Set<string>();
  readonly #foreign = new Set<string>();
  #allForeign = false;
  #total: number | undefined;
  /** Groups whose undecodable records were reported already. */
  readonly #reported = new Set<string>();

  constructor(name: string, codec: Codec<T>, host: RecordsHost) {
    this.#name = name;
    this.#codec = codec;
    this.#host = host;
  }

  load(group: string): Entry<T>[] {
    const rows = this.#host.read(database => database.group(this.#name, group), []);
    const pending = this.#pending.groups.get(group);
    const entries = this.#pending.cleared ? [] : this.#decode(group, rows, pending);
    if (pending) {
      for (const [key, { record, text }] of pending)
        if (text !== undefined) entries.push({ group, key, record: record as T });
    }
    if (entries.length > 0) this.#known.add(group);
    return entries;
  }

  groups(): string[] {
    const onDisk = this.#host.read(database => database.groups(this.#name), []);
    const names = new Set(this.#pending.cleared ? [] : onDisk);
    // What is pending may be the first record of its group, or delete the last.
    for (const group of this.#pending.groups.keys()) {
      if (this.load(group).length > 0) names.add(group);
      else names.delete(group);
    }
    for (const name of names) this.#known.add(name);
    return [...names];
  }

  count(): number {
    this.#host.lookForForeignChanges();
    this.#total ??= this.#host.read(database => database.total(this.#name), 0);
    const added = this.#pending.added((group, key) =>
      this.#host.read(database => database.has(this.#name, group, key), false),
    );
    return (this.#pending.cleared ? 0 : this.#total) + added;
  }

  *entries(): Iterable<Entry<T>> {
    for (const group of this.groups()) yield* this.load(group);
  }

  put(group: string, key: string, record: T): void {
    const text = this.#codec.encode(record);
    this.#host.schedule();
    this.#pending.set(group, key, { record, text });
    this.#known.add(group);
  }

  delete(group: string, key: string): void {
    this.#host.schedule();
    this.#pending.set(group, key, { record: undefined, text: undefined });
  }

  clear(): void {
    this.#host.schedule();
    this.#pending.clear();
  }

  takeForeignChanges(): readonly string[] {
    this.#host.lookForForeignChanges();
    if (this.#foreign.size === 0 && !this.#allForeign) return nothing;
    const changed = new Set(this.#allForeign ? [...this.#known, ...this.groups()] : this.#foreign);
    this.#foreign.clear();
    this.#allForeign = false;
    return [...changed];
  }

  /** What the next commit has to write; undefined when nothing is pending. */
  pendingBatch(): WriteBatch | undefined {
    if (this.#pending.isEmpty) return undefined;
    return { collection: this.#name, cleared: this.#pending.cleared, groups: this.#pending.groups };
  }

  /** The pending batch is committed. */
  pendingIsCommitted(): void {
    this.#pending.reset();
    this.#total = undefined;
  }

  /** Somebody else changed a group, or, when it is undefined, any of them. */
  noteForeignChange(group: ForeignChange['group']): void {
    if (group === undefined) this.#allForeign = true;
    else this.#foreign.add(group);
    this.#total = undefined;
    this.#pending.recount();
  }

  #decode(group: string, rows: readonly Row[], hidden: ReadonlyMap<string, unknown> | undefined): Entry<T>[] {
    const entries: Entry<T>[] = [];
    let refused = 0;
    for (const [key, value] of rows) {
      if (hidden?.has(key as string)) continue;
      try {
        if (typeof key !== 'string' || typeof value !== 'string') throw new TypeError('not text');
        entries.push({ group, key, record: this.#codec.decode(value) });
      } catch {
        // Whatever the codec threw: the row is no record. Its words may quote the value, so they are not passed on.
        refused++;
      }
    }
    if (refused > 0) this.#reportRefused(group, refused);
    return entries;
  }

  #reportRefused(group: string, refused: number): void {
    if (this.#reported.has(group)) return;
    this.#reported.add(group);
    const what = refused === 1 ? 'a record' : `${refused} records of one group`;
    this.#host.report(
      new StoreError('ERR_STORE_CORRUPT', `Cannot read ${what} of "${this.#name}": left out, as not decodable`),
    );
  }
}
