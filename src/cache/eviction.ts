import { setImmediate as nextTurn } from 'node:timers/promises';
import type { CachedResponse } from './cached-response.ts';
import { type CacheStore, sizeOf } from './cache-store.ts';

interface Candidate {
  readonly key: string;
  readonly bytes: number;
  readonly usedAt: number;
}

/** Down to this part of the limit, so that not every new response has to make room for itself. */
const evictTo = 0.9;
/** Looked at in one turn of the event loop: about a millisecond's worth. */
const keysPerTurn = 100;

/**
 * Deletes the URLs that were not used for the longest time, until `maxBytes` are kept.
 *
 * It looks at every stored response, a few in each turn, so that nobody waits for it. Settles with the bytes that are left.
 */
export async function evict(store: CacheStore, limit: { maxBytes: number; stopped: () => boolean }): Promise<number> {
  const candidates: Candidate[] = [];
  let total = 0;
  for await (const [key, responses] of everything(store, limit.stopped)) {
    const bytes = responses.reduce((sum, { stored }) => sum + sizeOf(key, stored), 0);
    candidates.push({ key, bytes, usedAt: Math.max(0, ...responses.map(response => response.usedAt)) });
    total += bytes;
  }
  candidates.sort((a, b) => a.usedAt - b.usedAt);
  for (const { key, bytes } of candidates) {
    if (total <= limit.maxBytes * evictTo || limit.stopped()) break;
    store.removeAll(key);
    total -= bytes;
  }
  return total;
}

/** What is stored: the bytes of it all, and the ids of the bodies. */
export async function takeStock(
  store: CacheStore,
  stopped: () => boolean,
): Promise<{ bytes: number; bodies: ReadonlySet<string> }> {
  const bodies = new Set<string>();
  let bytes = 0;
  for await (const [key, responses] of everything(store, stopped)) {
    for (const { stored } of responses) {
      bytes += sizeOf(key, stored);
      if (stored.body !== undefined) bodies.add(stored.body);
    }
  }
  return { bytes, bodies };
}

async function* everything(
  store: CacheStore,
  stopped: () => boolean,
): AsyncIterable<[string, readonly CachedResponse[]]> {
  let looked = 0;
  for (const key of store.keys()) {
    if (stopped()) return;
    yield [key, store.peek(key)];
    if (++looked % keysPerTurn === 0) await nextTurn();
  }
}
