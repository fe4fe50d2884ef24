import type { CachedResponse } from './cached-response.ts';

/** The stored responses of one URL; none: known not to be stored. */
type Variants = readonly CachedResponse[];

interface Slot {
  readonly variants: Variants;
  readonly bytes: number;
}

/** What an entry costs beside its body: objects, parsed headers, the URL. A fair guess is enough. */
const bytesPerEntry = 1024;

/** The stored responses used last, by key, in memory up to a number of bytes. Owned by CacheStore. */
export class MemoryTier {
  readonly #maxBytes: number;
  // In order of use, the longest unused one first.
  readonly #slots = new Map<string, Slot>();
  #newest: string | undefined;
  #bytes = 0;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** The largest body that is kept in memory. */
  get maxBodyBytes(): number {
    return this.#maxBytes >> 3;
  }

  get(key: string): Variants | undefined {
    const slot = this.#slots.get(key);
    if (slot && this.#newest !== key) {
      this.#slots.delete(key);
      this.#slots.set(key, slot);
      this.#newest = key;
    }
    return slot?.variants;
  }

  /** The same without counting as a use. */
  peek(key: string): Variants | undefined {
    return this.#slots.get(key)?.variants;
  }

  set(key: string, variants: Variants): void {
    this.delete(key);
    const bytes = variants.reduce(
      (sum, { body }) => sum + (body?.byteLength ?? 0),
      bytesPerEntry * (variants.length + 1),
    );
    this.#slots.set(key, { variants, bytes });
    this.#newest = key;
    this.#bytes += bytes;
    for (const oldest of this.#slots.keys()) {
      if (this.#bytes <= this.#maxBytes || oldest === key) break;
      this.delete(oldest);
    }
  }

  delete(key: string): void {
    const slot = this.#slots.get(key);
    if (!slot) return;
    this.#slots.delete(key);
    this.#bytes -= slot.bytes;
  }

  clear(): void {
    this.#slots.clear();
    this.#bytes = 0;
  }
}
