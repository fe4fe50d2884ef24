import { statfsSync } from 'node:fs';
import type { Records, Store } from '../storage/store.ts';
import type { Clock, Timer } from '../util/clock.ts';

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
/** Written down at most this often: a row for each response would cost as much as the response. */
const writeEveryMs = 1_000;

/**
 * How full the cache is and how often it answered, kept in the store, so that another process can tell.
 *
 * A process that is killed takes its last second with it, and two that write at the same moment may lose one's: the size
 * is set right whenever everything is looked at.
 */
export class CacheUsage {
  readonly #records: Records<Counters>;
  readonly #clock: Clock;
  /** What the store says. */
  #written: Readonly<Counters>;
  /** What has come since. */
  #added: Counters = { ...noUsage };
  #timer: Timer | undefined;

  constructor(store: Store, clock: Clock) {
    this.#records = store.records('http-cache-usage', { encode: JSON.stringify, decode: readCounters });
    this.#clock = clock;
    this.#written = this.#read();
  }

  /** What is stored, in bytes. */
  get bytes(): number {
    this.#lookForForeignChanges();
    return Math.max(0, this.#written.bytes + this.#added.bytes);
  }

  get stats(): CacheStats {
    this.#lookForForeignChanges();
    const { hits, revalidated, misses } = sum(this.#written, this.#added);
    return { hits, revalidated, misses };
  }

  resize(byBytes: number): void {
    this.#added.bytes += byBytes;
    this.#writeSoon();
  }

  /** Sets the size right, after everything was looked at. */
  setBytes(bytes: number): void {
    this.#lookForForeignChanges();
    this.#added.bytes = bytes - this.#written.bytes;
    this.#writeSoon();
  }

  count(status: CacheStatus): void {
    if (status === 'hit') this.#added.hits++;
    else if (status === 'revalidated') this.#added.revalidated++;
    else this.#added.misses++;
    this.#writeSoon();
  }

  /** Hands what was counted to the store, if there is anything. */
  write(): void {
    if (!this.#timer) return;
    this.#timer.cancel();
    this.#timer = undefined;
    this.#lookForForeignChanges();
    this.#written = sum(this.#written, this.#added);
    this.#added = { ...noUsage };
    this.#records.put(group, '', this.#written);
  }

  #writeSoon(): void {
    this.#timer ??= this.#clock.setTimeout(() => this.write(), writeEveryMs);
  }

  #lookForForeignChanges(): void {
    if (this.#records.takeForeignChanges().length > 0) this.#written = this.#read();
  }

  #read(): Readonly<Counters> {
    return this.#records.load(group)[0]?.record ?? noUsage;
  }
}

function sum(one: Readonly<Counters>, other: Readonly<Counters>): Counters {
  return {
    bytes: Math.max(0, one.bytes + other.bytes),
    hits: one.hits + other.hits,
    revalidated: one.revalidated + other.revalidated,
    misses: one.misses + other.misses,
  };
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
