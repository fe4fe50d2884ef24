import { areSameCredentials, type Credentials } from './credentials.ts';
import type { DigestChallenge } from './digest.ts';
import type { Offer } from './choose-offer.ts';

/** Who asked, or may ask, for credentials. */
export interface AuthTarget {
  readonly isProxy: boolean;
  /** `https://example.com`; of a proxy, its own. */
  readonly origin: string;
  /** Of the request, with its query or without; empty for a proxy. */
  readonly path: string;
}

/** Credentials that were given for a realm. Owned by AuthCache, which alone changes it. */
export interface AuthEntry {
  readonly realm: string;
  readonly scheme: Offer['scheme'];
  readonly credentials: Credentials;
  readonly digest: DigestState | undefined;
  /** Directories, each with its final slash, none within another; those used most come first. */
  readonly paths: string[];
}

/** What Digest remembers from request to request. */
export interface DigestState {
  readonly challenge: DigestChallenge;
  /** One for the life of the nonce, so that the session key of `-sess` holds. RFC 7616 3.4.2 */
  readonly cnonce: string;
  /** How often the nonce has been used. */
  count: number;
}

const maxEntries = 200;
const maxPaths = 10;

/**
 * The credentials of one session, by origin and realm, in memory only. Owned by Session.
 *
 * A path below one that asked is taken to ask as well, so credentials go along without being asked for. Proxies are kept
 * apart from origins. At most 200 realms with 10 paths each; the ones unused for longest go first.
 *
 * @see RFC 9110 11.5, RFC 7617 2.2; Chromium net/http/http_auth_cache.cc
 */
export class AuthCache {
  /** By target, then in the order of their last use. */
  readonly #entries = new Map<string, AuthEntry[]>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The credentials for a realm. */
  find(target: AuthTarget, offer: Pick<Offer, 'realm' | 'scheme'>): AuthEntry | undefined {
    return this.#entriesOf(target).find(({ realm, scheme }) => realm === offer.realm && scheme === offer.scheme);
  }

  /** The credentials that a request should carry unasked: those with the longest path above its own. */
  findByPath(target: AuthTarget): AuthEntry | undefined {
    if (this.#size === 0) return undefined;
    const directory = directoryOf(target.path);
    let best: AuthEntry | undefined;
    let bestLength = -1;
    for (const entry of this.#entriesOf(target)) {
      const path = entry.paths.find(container => directory.startsWith(container));
      if (path === undefined || path.length <= bestLength) continue;
      [best, bestLength] = [entry, path.length];
    }
    if (best) this.#touch(target, best);
    return best;
  }

  /** Remembers credentials, in place of those of the same realm. `cnonce` is used for Digest. */
  add(
    target: AuthTarget,
    offer: Offer,
    given: { readonly credentials: Credentials; readonly cnonce: string },
  ): AuthEntry {
    const known = this.find(target, offer);
    const entry: AuthEntry = {
      realm: offer.realm,
      scheme: offer.scheme,
      credentials: given.credentials,
      digest: offer.scheme === 'digest' ? { challenge: offer.digest, cnonce: given.cnonce, count: 0 } : undefined,
      paths: known?.paths ?? [],
    };
    addPath(entry.paths, directoryOf(target.path));
    if (known) this.#drop(keyOf(target), known);
    else if (this.#size >= maxEntries) this.#evict();
    this.#entries.set(keyOf(target), [...this.#entriesOf(target), entry]);
    this.#size++;
    return entry;
  }

  /** Forgets credentials that were refused, unless others have taken their place. */
  remove(target: AuthTarget, refused: AuthEntry): void {
    const entry = this.find(target, refused);
    if (entry && areSameCredentials(entry.credentials, refused.credentials)) this.#drop(keyOf(target), entry);
  }

  /** Forgets everything. */
  clear(): void {
    this.#entries.clear();
    this.#size = 0;
  }

  #entriesOf(target: AuthTarget): readonly AuthEntry[] {
    return this.#entries.get(keyOf(target)) ?? [];
  }

  #touch(target: AuthTarget, entry: AuthEntry): void {
    const key = keyOf(target);
    const others = this.#entriesOf(target).filter(other => other !== entry);
    this.#entries.delete(key);
    this.#entries.set(key, [...others, entry]);
  }

  #evict(): void {
    const [oldest] = this.#entries;
    if (oldest) this.#drop(oldest[0], oldest[1][0]!);
  }

  #drop(key: string, entry: AuthEntry): void {
    const left = this.#entries.get(key)!.filter(other => other !== entry);
    if (left.length > 0) this.#entries.set(key, left);
    else this.#entries.delete(key);
    this.#size--;
  }
}

function keyOf({ isProxy, origin }: AuthTarget): string {
  return `${isProxy ? 'proxy' : 'origin'} ${origin}`;
}

// RFC 7617 2.2: up to the last "/" of the path.
function directoryOf(path: string): string {
  const query = path.indexOf('?');
  const plain = query < 0 ? path : path.slice(0, query);
  return plain.slice(0, plain.lastIndexOf('/') + 1);
}

function addPath(paths: string[], directory: string): void {
  if (paths.some(path => directory.startsWith(path))) return;
  const apart = paths.filter(path => !path.startsWith(directory)).slice(0, maxPaths - 1);
  paths.splice(0, paths.length, directory, ...apart);
}
