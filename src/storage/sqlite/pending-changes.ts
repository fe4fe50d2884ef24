/** A change that waits for its commit. `text` undefined: the record is deleted. */
interface Pending<T> {
  readonly group: string;
  readonly key: string;
  record: T | undefined;
  text: string | undefined;
  /** Whether the disk has the key; undefined until somebody counts. */
  onDisk: boolean | undefined;
}

/** What a record becomes: `text` is how it is written down, undefined when it is deleted. */
interface Outcome<T> {
  readonly record: T | undefined;
  readonly text: string | undefined;
}

/**
 * What was written to one collection and is not on the disk yet: it hides what the disk says.
 *
 * Owned by SqliteRecords; emptied when a commit succeeds, kept while the disk fails.
 */
export class PendingChanges<T> {
  readonly groups: Map<string, Map<string, Pending<T>>> = new Map();
  #cleared = false;
  #uncounted: Pending<T>[] = [];
  /** By how much the changes counted so far change the number of records on the disk. */
  #added = 0;

  /** Whether everything on the disk is deleted first. */
  get cleared(): boolean {
    return this.#cleared;
  }

  get isEmpty(): boolean {
    return this.groups.size === 0 && !this.#cleared;
  }

  set(group: string, key: string, { record, text }: Outcome<T>): void {
    let changes = this.groups.get(group);
    if (!changes) this.groups.set(group, (changes = new Map()));
    const pending = changes.get(key);
    if (!pending) {
      const made: Pending<T> = { group, key, record, text, onDisk: undefined };
      changes.set(key, made);
      this.#uncounted.push(made);
      return;
    }
    if (pending.onDisk !== undefined) this.#added += presence(text) - presence(pending.text);
    pending.record = record;
    pending.text = text;
  }

  clear(): void {
    this.reset();
    this.#cleared = true;
  }

  /** Forgets everything: it is on the disk now. */
  reset(): void {
    this.groups.clear();
    this.#cleared = false;
    this.#uncounted = [];
    this.#added = 0;
  }

  /** The disk changed under us: looks again when somebody counts. */
  recount(): void {
    this.#added = 0;
    this.#uncounted = [...this.groups.values()].flatMap(changes => [...changes.values()]);
  }

  /** By how much the number of records differs from what the disk says. Each change is looked up once. */
  added(isOnDisk: (group: string, key: string) => boolean): number {
    for (const pending of this.#uncounted) {
      pending.onDisk = !this.#cleared && isOnDisk(pending.group, pending.key);
      this.#added += presence(pending.text) - Number(pending.onDisk);
    }
    this.#uncounted = [];
    return this.#added;
  }
}

function presence(text: string | undefined): 0 | 1 {
  return text === undefined ? 0 : 1;
}
