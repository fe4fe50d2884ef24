import type { Span } from '../storage/bodies.ts';
import type { Store } from '../storage/store.ts';
import type { Clock, Timer } from '../util/clock.ts';
import { CacheStore, sizeOf } from './cache-store.ts';
import { type CacheStats, type CacheStatus, CacheUsage, defaultCacheLimit } from './cache-usage.ts';
import { CacheWriter, type Draft, type WriterHost } from './cache-writer.ts';
import { CachedResponse, type Reading } from './cached-response.ts';
import { currentAge, type ExchangeTimes } from './current-age.ts';
import { cacheControl } from './directives.ts';
import { evict, takeStock } from './eviction.ts';
import { freshen } from './freshen.ts';
import { mayStore } from './may-store.ts';
import { parseRawHeaders, type RawHeaders } from './raw-headers.ts';
import { matchesVariant, variantKey, varyFields } from './vary.ts';

/** What a cache is made of. */
export interface HttpCacheParts {
  readonly store: Store;
  readonly clock: Clock;
  /** Default: 320 MiB, or a tenth of what is free on the disk if that is less; 64 MiB in memory. */
  readonly maxBytes?: number;
  /** What the memory tier may hold. Default 32 MiB. */
  readonly maxMemoryBytes?: number;
}

/** One stored response, for people to look at. Times are milliseconds since the epoch, durations milliseconds. */
export interface CacheListing {
  readonly url: string;
  /** The top-level site that the response is kept for. */
  readonly partition: string;
  readonly status: number;
  readonly headers: RawHeaders;
  /** The room that it takes, in bytes. */
  readonly size: number;
  readonly complete: boolean;
  readonly storedAt: number;
  readonly usedAt: number;
  /** RFC 9111 4.2.3. */
  readonly age: number;
  /** RFC 9111 4.2.1. */
  readonly lifetime: number;
}

/** Bodies without a response are looked for once, when a session has lived this long: a short one has no time for it. */
const sweepAfterMs = 60_000;
const defaultMaxMemoryBytes = 32 * 1024 * 1024;

/**
 * A private HTTP cache: RFC 9111 with RFC 5861 and RFC 8246. Owned by Session; outlives every request.
 *
 * It decides nothing about requests: the pure functions beside it do, and the pipeline's step joins them.
 */
export class HttpCache {
  readonly #parts: HttpCacheParts;
  readonly #maxBytes: number;
  readonly #store: CacheStore;
  readonly #usage: CacheUsage;
  readonly #writers = new Map<CacheWriter, string>();
  readonly #host: WriterHost;
  /** What is done in the background. */
  #task: Promise<void> | undefined;
  readonly #sweepTimer: Timer;
  #closed = false;

  constructor(parts: HttpCacheParts) {
    this.#parts = parts;
    this.#maxBytes = parts.maxBytes ?? defaultCacheLimit(parts.store.directory);
    this.#usage = new CacheUsage(parts.store, parts.clock);
    const maxMemoryBytes = Math.min(this.#maxBytes, parts.maxMemoryBytes ?? defaultMaxMemoryBytes);
    this.#store = new CacheStore({ ...parts, maxMemoryBytes, onResize: bytes => this.#usage.resize(bytes) });
    this.#host = {
      bodies: parts.store.bodies(),
      // As in Chromium: no response takes more than an eighth.
      maxBodyBytes: this.#maxBytes >> 3,
      maxMemoryBodyBytes: this.#store.maxMemoryBodyBytes,
      onWritten: (writer, response) => this.#written(writer, response),
      onDropped: writer => void this.#writers.delete(writer),
    };
    this.#sweepTimer = parts.clock.setTimeout(() => this.#startTask(() => this.#sweep()), sweepAfterMs);
  }

  /** A body larger than this is not stored. */
  get maxBodyBytes(): number {
    return this.#host.maxBodyBytes;
  }

  /** A body up to this size is kept in memory while it is used. */
  get maxMemoryBodyBytes(): number {
    return this.#host.maxMemoryBodyBytes;
  }

  /** The newest stored response that answers a request with these headers. RFC 9111 4.1. */
  find(key: string, request: RawHeaders): CachedResponse | undefined {
    for (const response of this.#store.variants(key)) {
      if (matchesVariant(response.stored.variant, request, response.fields)) return response;
    }
    return undefined;
  }

  /** The body at once, `'later'` when it has to be read piece by piece, undefined when it is gone: then so is the response. */
  bodyNow(key: string, response: CachedResponse): Buffer | 'later' | undefined {
    return this.#store.bodyNow(key, response);
  }

  /**
   * The body piece by piece.
   *
   * @throws {StoreError} While reading, if it is gone or damaged; the response is then deleted.
   */
  readBody(key: string, response: CachedResponse, span: Span): AsyncIterable<Buffer> {
    return this.#store.readBody(key, response, span);
  }

  touch(key: string, response: CachedResponse, now: number): void {
    this.#store.touch(key, response, now);
  }

  count(status: CacheStatus): void {
    this.#usage.count(status);
  }

  /** Stamp to put on what is requested from now on; what a clear has overtaken carries another one. */
  get generation(): string {
    return this.#store.generation;
  }

  /** Begins to store a response; `known`: what its headers say. */
  write(key: string, draft: Draft, known: Reading): CacheWriter {
    const writer = new CacheWriter(this.#host, draft, known);
    this.#writers.set(writer, key);
    return writer;
  }

  /**
   * Updates a stored response by the headers of a 304 or of an answer to HEAD, and returns it as it is now. What may not
   * be stored any longer is deleted, though it still answers this request.
   */
  freshen(
    key: string,
    response: CachedResponse,
    update: { headers: RawHeaders; request: RawHeaders; times: ExchangeTimes },
  ): CachedResponse {
    const stored = freshen(response.stored, update.headers, update.times);
    const fields = parseRawHeaders(stored.headers);
    const variant = variantKey(varyFields(fields) ?? [], update.request);
    const freshened = new CachedResponse({ ...stored, variant }, response.body);
    const exchange = { method: 'GET', status: stored.status, fields, directives: cacheControl(fields) };
    if (mayStore(exchange)) this.#store.replace(key, response, freshened);
    else this.#store.forget(key, response, freshened);
    return freshened;
  }

  remove(key: string, response: CachedResponse): void {
    this.#store.remove(key, response);
  }

  /** Deletes what is stored for a key, and has what is under way for it not stored. RFC 9111 4.4. */
  invalidate(key: string): void {
    for (const [writer, writersKey] of this.#writers) if (writersKey === key) writer.drop();
    this.#store.removeAll(key);
  }

  /** Deletes the responses of the origins (`https://host:port`), or of the top-level sites, that `matches` picks. */
  deleteWhere(matches: (origin: string, partition: string) => boolean): void {
    const matchesKey = (key: string): boolean => {
      const { url, partition } = parseCacheKey(key);
      return matches(url.slice(0, url.indexOf('/', 'https://'.length)), partition);
    };
    for (const [writer, key] of this.#writers) if (matchesKey(key)) writer.drop();
    for (const key of this.#store.keys()) if (matchesKey(key)) this.#store.removeAll(key);
  }

  /** Deletes everything. Nothing from before is served after it, in no process, nor stored. */
  clear(): void {
    for (const writer of this.#writers.keys()) writer.drop();
    this.#store.clear();
    this.#usage.setBytes(0);
  }

  /** Settles when every change so far is committed; undefined when nothing waits. */
  committed(): Promise<void> | undefined {
    return this.#parts.store.committed();
  }

  /** What is stored, in bytes. */
  size(): number {
    return this.#usage.bytes;
  }

  /** How often it answered, since it was made; all processes together. */
  stats(): CacheStats {
    return this.#usage.stats;
  }

  /** Everything stored, URL by URL. */
  *entries(): Iterable<CacheListing> {
    const now = this.#parts.clock.now();
    for (const key of this.#store.keys()) {
      for (const response of this.#store.peek(key)) yield listing(key, response, now);
    }
  }

  /** Waits for what is being written down, and hands the counts to the store, which is its owner's to close. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#sweepTimer.cancel();
    await Promise.all([...this.#writers.keys()].map(writer => writer.close()));
    await this.#task;
    this.#usage.write();
  }

  #written(writer: CacheWriter, response: CachedResponse): void {
    const key = this.#writers.get(writer)!;
    this.#writers.delete(writer);
    this.#store.put(key, response);
    if (this.#usage.bytes > this.#maxBytes) this.#startTask(() => this.#evict());
  }

  /** One at a time: each of them looks at everything. */
  #startTask(task: () => Promise<void>): void {
    this.#task ??= task()
      // A StoreError, which the store has told of: the next one begins anew.
      .catch(() => undefined)
      .finally(() => {
        this.#task = undefined;
      });
  }

  async #evict(): Promise<void> {
    const bytes = await evict(this.#store, { maxBytes: this.#maxBytes, stopped: () => this.#closed });
    if (!this.#closed) this.#usage.setBytes(bytes);
  }

  async #sweep(): Promise<void> {
    const { bytes, bodies } = await takeStock(this.#store, () => this.#closed);
    if (this.#closed) return;
    this.#usage.setBytes(bytes);
    await this.#parts.store.bodies().sweep(id => bodies.has(id));
  }
}

/** What responses are stored by: the top-level site, so that no site learns what another one made the cache hold, and the URL. */
export function cacheKey(partition: string, url: string): string {
  return `${partition} ${url}`;
}

function parseCacheKey(key: string): { partition: string; url: string } {
  const space = key.indexOf(' ');
  return { partition: key.slice(0, space), url: key.slice(space + 1) };
}

function listing(key: string, response: CachedResponse, now: number): CacheListing {
  const { stored, freshness } = response;
  return {
    ...parseCacheKey(key),
    status: stored.status,
    headers: stored.headers,
    size: sizeOf(key, stored),
    complete: response.isComplete,
    storedAt: stored.responseTime,
    usedAt: response.usedAt,
    age: currentAge(freshness.initialAge, freshness.responseTime, now),
    lifetime: freshness.lifetime,
  };
}
