import type { Codec, Entry, Records } from '../../storage/store.ts';

/** A disk that several stores of one test share, as processes share a file: each sees the others' changes. */
export class SharedDisk<T> {
  readonly #rows = new Map<string, Map<string, string>>();
  readonly #codec: Codec<T>;
  readonly #readers: SharedRecords<T>[] = [];

  constructor(codec: Codec<T>) {
    this.#codec = codec;
  }

  /** The view of one process. */
  open(): SharedRecords<T> {
    const records = new SharedRecords(this.#rows, this.#codec, group => this.#changed(records, group));
    this.#readers.push(records);
    return records;
  }

  #changed(by: SharedRecords<T>, group: string): void {
    for (const reader of this.#readers) if (reader !== by) reader.noteForeignChange(group);
  }
}

class SharedRecords<T> implements Records<T> {
  readonly #rows: Map<string, Map<string, string>>;
  readonly #codec: Codec<T>;
  readonly #onChange: (group: string) => void;
  #foreign = new Set<string>();
  /** How often a group was read. */
  loads = 0;

  constructor(rows: Map<string, Map<string, string>>, codec: Codec<T>, onChange: (group: string) => void) {
    this.#rows = rows;
    this.#codec = codec;
    this.#onChange = onChange;
  }

  noteForeignChange(group: string): void {
    this.#foreign.add(group);
  }

  load(group: string): Entry<T>[] {
    this.loads++;
    return Array.from(this.#rows.get(group) ?? [], ([key, text]) => ({ group, key, record: this.#codec.decode(text) }));
  }

  groups(): string[] {
    return [...this.#rows.keys()];
  }

  count(): number {
    let count = 0;
    for (const rows of this.#rows.values()) count += rows.size;
    return count;
  }

  *entries(): Iterable<Entry<T>> {
    for (const group of this.groups()) {
      for (const [key, text] of this.#rows.get(group)!) yield { group, key, record: this.#codec.decode(text) };
    }
  }

  put(group: string, key: string, record: T): void {
    if (!this.#rows.has(group)) this.#rows.set(group, new Map());
    this.#rows.get(group)!.set(key, this.#codec.encode(record));
    this.#onChange(group);
  }

  delete(group: string, key: string): void {
    const rows = this.#rows.get(group);
    rows?.delete(key);
    if (rows?.size === 0) this.#rows.delete(group);
    this.#onChange(group);
  }

  clear(): void {
    for (const group of this.groups()) this.#onChange(group);
    this.#rows.clear();
  }

  takeForeignChanges(): readonly string[] {
    const changed = [...this.#foreign];
    this.#foreign = new Set();
    return changed;
  }
}
