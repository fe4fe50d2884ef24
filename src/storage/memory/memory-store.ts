import { StateError } from '../../util/errors.ts';
import type { Bodies } from '../bodies.ts';
import type { Entry, Records, Store } from '../store.ts';
import { MemoryBodies } from './memory-bodies.ts';

const nothing: readonly string[] = Object.freeze([]);

/** A store that ends with the process. It keeps the very objects it is given: no copy, no encoding. */
export class MemoryStore implements Store {
  readonly directory = undefined;
  // Made on first use: a program may hold thousands of sessions that never store anything.
  #records: Map<string, MemoryRecords<never>> | undefined;
  #bodies: MemoryBodies | undefined;
  #closed = false;

  records<T>(name: string): Records<T> {
    this.#assertOpen();
    this.#records ??= new Map();
    let records = this.#records.get(name) as MemoryRecords<T> | undefined;
    if (!records) {
      records = new MemoryRecords<T>(() => this.#assertOpen());
      this.#records.set(name, records as never);
    }
    return records;
  }

  bodies(): Bodies {
    this.#assertOpen();
    this.#bodies ??= new MemoryBodies(() => this.#assertOpen());
    return this.#bodies;
  }

  committed(): undefined {
    this.#assertOpen();
    return undefined;
  }

  async flush(): Promise<void> {
    this.#assertOpen();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#records = undefined;
    this.#bodies = undefined;
  }

  #assertOpen(): void {
    if (this.#closed) throw new StateError('ERR_CLOSED', 'Cannot use the store: it is closed');
  }
}

class MemoryRecords<T> implements Records<T> {
  readonly #assertOpen: () => void;
  readonly #groups = new Map<string, Map<string, T>>();
  #count = 0;

  constructor(assertOpen: () => void) {
    this.#assertOpen = assertOpen;
  }

  load(group: string): Entry<T>[] {
    this.#assertOpen();
    const records = this.#groups.get(group);
    return records ? Array.from(records, ([key, record]) => ({ group, key, record })) : [];
  }

  groups(): string[] {
    this.#assertOpen();
    return [...this.#groups.keys()];
  }

  count(): number {
    this.#assertOpen();
    return this.#count;
  }

  *entries(): Iterable<Entry<T>> {
    this.#assertOpen();
    for (const group of this.#groups.keys()) yield* this.load(group);
  }

  put(group: string, key: string, record: T): void {
    this.#assertOpen();
    let records = this.#groups.get(group);
    if (!records) this.#groups.set(group, (records = new Map()));
    if (!records.has(key)) this.#count++;
    records.set(key, record);
  }

  delete(group: string, key: string): void {
    this.#assertOpen();
    const records = this.#groups.get(group);
    if (!records?.delete(key)) return;
    this.#count--;
    if (records.size === 0) this.#groups.delete(group);
  }

  clear(): void {
    this.#assertOpen();
    this.#groups.clear();
    this.#count = 0;
  }

  takeForeignChanges(): readonly string[] {
    this.#assertOpen();
    return nothing;
  }
}
