import type { Bodies, Span } from '../storage/bodies.ts';
import type { Records, Store } from '../storage/store.ts';
import type { Clock } from '../util/clock.ts';
import { CachedResponse } from './cached-response.ts';
import { MemoryTier } from './memory-tier.ts';
import { type StoredResponse, storedResponseCodec } from './stored-response.ts';

/** What a cache is made of. */
export interface CacheStoreParts {
  readonly store: Store;
  readonly clock: Clock;
  readonly maxMemoryBytes: number;
  /** Told by how many bytes the cache grew, or shrank. */
  readonly onResize: (bytes: number) => void;
}

/** RFC 9111 4.1 sets no limit; a server that varies by something unbounded must not fill the cache with one URL. */
const maxVariants = 16;
/** How often the time of last use is written down. */
const usedAtGrainMs = 10 * 60 * 1000;
const stampGroup = 'generation';

/**
 * Stored responses by key, in memory and in the store. Owned by HttpCache.
 *
 * Invariant: what was requested before the last clear, here or in another process, is never returned. Each response
 * carries the stamp of the clear before it (`generation`), so one that arrives late is known by its stamp.
 */
export class CacheStore {
  readonly #parts: CacheStoreParts;
  readonly #bodies: Bodies;
  readonly #records: Records<StoredResponse>;
  readonly #stamps: Records<string>;
  readonly #memory: MemoryTier;
  #generation: string;
  #clears = 0;

  constructor(parts: CacheStoreParts) {
    this.#parts = parts;
    this.#bodies = parts.store.bodies();
    this.#records = parts.store.records('http-cache', storedResponseCodec);
    this.#stamps = parts.store.records('http-cache-stamps', { encode: String, decode: String });
    this.#memory = new MemoryTier(parts.maxMemoryBytes);
    this.#generation = this.#readGeneration();
  }

  /** Stamp of the last clear, for what is requested from now on. */
  get generation(): string {
    this.#lookForForeignChanges();
    return this.#generation;
  }

  get maxMemoryBodyBytes(): number {
    return this.#memory.maxBodyBytes;
  }

  /** What is stored for a key, the newest first. */
  variants(key: string): readonly CachedResponse[] {
    this.#lookForForeignChanges();
    return this.#memory.get(key) ?? this.#load(key);
  }

  /** The same for somebody who looks at everything: the memory tier keeps what it has. */
  peek(key: string): readonly CachedResponse[] {
    return this.#memory.peek(key) ?? this.#read(key);
  }

  /** Stores a response in place of one for the same variant. */
  put(key: string, response: CachedResponse): void {
    const { stored } = response;
    if (stored.generation !== this.generation) return this.#dropBody(stored);
    const id = variantId(stored);
    const others = [];
    for (const known of this.variants(key)) {
      const isSame = variantId(known.stored) === id;
      if (!isSame && others.length < maxVariants - 1) others.push(known);
      else this.#forget(key, known.stored, { row: !isSame, body: known.stored.body !== stored.body });
    }
    this.#records.put(key, id, stored);
    this.#parts.onResize(sizeOf(key, stored));
    this.#memory.set(key, [response, ...others]);
  }

  remove(key: string, response: CachedResponse): void {
    this.#detach(key, response, true);
  }

  /** Puts the same body with other headers in a response's place, unless that is gone by now. */
  replace(key: string, response: CachedResponse, by: CachedResponse): void {
    if (!this.variants(key).includes(response)) return;
    if (variantId(response.stored) !== variantId(by.stored)) this.#detach(key, response, false);
    this.put(key, by);
  }

  /** Deletes a response whose body is still to be read, once more, under `heir`. */
  forget(key: string, response: CachedResponse, heir: CachedResponse): void {
    const body = this.bodyNow(key, response);
    // A file that is still to be read is left for the sweep of orphans.
    if (body !== 'later') heir.body = body;
    this.#detach(key, response, body !== 'later');
  }

  removeAll(key: string): void {
    for (const { stored } of this.variants(key)) this.#forget(key, stored, { row: true, body: true });
    this.#memory.set(key, []);
  }

  /** The body, when it can be had without waiting; undefined when it is gone, and then the response is, too. */
  bodyNow(key: string, response: CachedResponse): Buffer | 'later' | undefined {
    if (response.body) return response.body;
    const { body, size } = response.stored;
    if (body === undefined) return Buffer.alloc(0);
    const bytes = this.#bodies.readNow(body);
    if (bytes === 'later') return bytes;
    if (bytes?.byteLength !== size) {
      this.remove(key, response);
      return undefined;
    }
    if (size <= this.maxMemoryBodyBytes) this.#keepBody(key, response, bytes);
    return bytes;
  }

  /** The body piece by piece; what comes whole is kept in memory. @throws {StoreError} If it is gone or damaged, and then the response is, too. */
  async *readBody(key: string, response: CachedResponse, span: Span): AsyncIterable<Buffer> {
    const { body, size } = response.stored;
    const isWhole = span.end - span.start === size && size <= this.maxMemoryBodyBytes;
    const copy = isWhole ? Buffer.allocUnsafe(size) : undefined;
    let at = 0;
    try {
      for await (const piece of this.#bodies.read(body!, span)) {
        if (copy) at += piece.copy(copy, at);
        yield piece;
      }
    } catch (error) {
      this.remove(key, response);
      throw error;
    }
    if (copy && at === size) this.#keepBody(key, response, copy);
  }

  /** Notes that a response was used. */
  touch(key: string, response: CachedResponse, now: number): void {
    response.usedAt = now;
    if (now - response.stored.usedAt < usedAtGrainMs) return;
    const touched = new CachedResponse({ ...response.stored, usedAt: now }, response.body, response);
    const variants = this.variants(key);
    if (!variants.includes(response)) return;
    this.#records.put(key, variantId(touched.stored), touched.stored);
    this.#memory.set(
      key,
      variants.map(known => (known === response ? touched : known)),
    );
  }

  /** Deletes everything; what is under way is not stored any more. */
  clear(): void {
    this.#records.clear();
    this.#memory.clear();
    this.#bodies.clear();
    this.#generation = `${this.#parts.clock.now()}-${process.pid}-${this.#clears++}`;
    this.#stamps.put(stampGroup, '', this.#generation);
  }

  /** Every key; asks the disk for all of them. */
  keys(): readonly string[] {
    this.#lookForForeignChanges();
    return this.#records.groups();
  }

  #load(key: string): readonly CachedResponse[] {
    const responses = this.#read(key);
    this.#memory.set(key, responses);
    return responses;
  }

  #read(key: string): readonly CachedResponse[] {
    return this.#records
      .load(key)
      .filter(({ record }) => record.generation === this.#generation)
      .map(({ record }) => new CachedResponse(record, undefined))
      .sort((a, b) => b.stored.responseTime - a.stored.responseTime);
  }

  #keepBody(key: string, response: CachedResponse, body: Buffer): void {
    response.body = body;
    const variants = this.#memory.get(key);
    if (variants?.includes(response)) this.#memory.set(key, variants);
  }

  #detach(key: string, response: CachedResponse, body: boolean): void {
    const variants = this.variants(key);
    if (!variants.includes(response)) return;
    this.#forget(key, response.stored, { row: true, body });
    this.#memory.set(
      key,
      variants.filter(known => known !== response),
    );
  }

  #forget(key: string, stored: StoredResponse, what: { row: boolean; body: boolean }): void {
    if (what.row) this.#records.delete(key, variantId(stored));
    if (what.body) this.#dropBody(stored);
    this.#parts.onResize(-sizeOf(key, stored));
  }

  #dropBody(stored: StoredResponse): void {
    if (stored.body !== undefined) this.#bodies.delete(stored.body);
  }

  #lookForForeignChanges(): void {
    for (const key of this.#records.takeForeignChanges()) this.#memory.delete(key);
    if (this.#stamps.takeForeignChanges().length === 0) return;
    const generation = this.#readGeneration();
    if (generation === this.#generation) return;
    this.#generation = generation;
    this.#memory.clear();
  }

  #readGeneration(): string {
    return this.#stamps.load(stampGroup)[0]?.record ?? '';
  }
}

/** The room that a stored response takes, in bytes. */
export function sizeOf(key: string, stored: StoredResponse): number {
  return stored.headers.reduce((sum, text) => sum + text.length + 3, key.length + stored.size + 100);
}

/** One response is kept for each. */
function variantId(stored: StoredResponse): string {
  return JSON.stringify(stored.variant);
}
