import { statfsSync } from 'node:fs';
import type { Records, Store } from '../storage/store.ts';

/** How often the cache answered, since it was made. */
export interface CacheStats {
  readonly hits: number;
  readonly revalidated: number;
  readonly misses: number;
}

/** How the cache answered one request. */
export type CacheStatus = 'hit' | 'revalidated' | 'miss';

interface Counters {
  bytes: number;
  hits: number;
  revalidated: number;
  misses: number;
}

const noUsage: Readonly<Counters> = { bytes: 0, hits: 0, revalidated: 0, misses: 0 };
const group = 'usage';
/** Counts are written down with the next change of the size, and after this many answers. */
const answersPerWrite = 1000;

/**
 * How full the cache is and how often it answered, kept in the store, so that another process can tell.
 *
 * Two processes that write at the same moment may lose each other's last change: the size is set right by every eviction.
 */
export class CacheUsage {
  readonly #records: Records<Counters>;
  #counters: Counters;
  #unwritten = 0;

  constructor(store: Store) {
    this.#records = store.records('http-cache-usage', { encode: JSON.stringify, decode: readCounters });
    this.#counters = this.#read();
  }

  /** What is stored, in bytes. */
  get bytes(): number {
    this.#lookForForeignChanges();
    return this.#counters.bytes;
  }

  get stats(): CacheStats {
    this.#lookForForeignChanges();
    const { hits, revalidated, misses } = this.#counters;
    return { hits, revalidated, misses };
  }

  resize(byBytes: number): void {
    this.#lookForForeignChanges();
    this.#counters.bytes = Math.max(0, this.#counters.bytes + byBytes);
    this.write();
  }

  /** Sets the size right, after everything was counted. */
  setBytes(bytes: number): void {
    this.#counters.bytes = bytes;
    this.write();
  }

  count(status: CacheStatus): void {
    if (status === 'hit') this.#counters.hits++;
    else if (status === 'revalidated') this.#counters.revalidated++;
    else this.#counters.misses++;
    if (++this.#unwritten >= answersPerWrite) this.write();
  }

  /** Hands what was counted to the store. */
  write(): void {
    this.#unwritten = 0;
    this.#records.put(group, '', { ...this.#counters });
  }

  /** Whether `write` has anything to do. */
  get hasUnwritten(): boolean {
    return this.#unwritten > 0;
  }

  #lookForForeignChanges(): void {
    if (this.#records.takeForeignChanges().length > 0) this.#counters = this.#read();
  }

  #read(): Counters {
    return { ...noUsage, ...this.#records.load(group)[0]?.record };
  }
}

const defaultMaxBytes = 320 * 1024 * 1024;
/** A session without a directory keeps its bodies in memory. */
const defaultMaxBytesInMemory = 64 * 1024 * 1024;

/** How large a cache may grow by default: 320 MiB, or a tenth of what is free on its disk if that is less. */
export function defaultCacheLimit(directory: string | undefined): number {
  if (directory === undefined) return defaultMaxBytesInMemory;
  try {
    const { bavail, bsize } = statfsSync(directory);
    return Math.min(defaultMaxBytes, Math.floor((bavail * bsize) / 10));
  } catch {
    // The file system's error: the store could not make the directory, and goes on in memory.
    return defaultMaxBytesInMemory;
  }
}

function readCounters(text: string): Counters {
  const input = JSON.parse(text) as Record<string, unknown>;
  const counters = { ...noUsage };
  for (const name of Object.keys(noUsage) as (keyof Counters)[]) {
    if (!Number.isFinite(input[name])) throw new TypeError('Not a record of the usage');
    counters[name] = input[name] as number;
  }
  return counters;
}
