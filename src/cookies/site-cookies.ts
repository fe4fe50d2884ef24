import type { Cookie } from './cookie.ts';
import { isSameCookie } from './set-permission.ts';

/** RFC 6265bis 5.8.3 step 2: longer paths first, then the older cookie. */
export function inSendingOrder(a: Cookie, b: Cookie): number {
  return b.path.length - a.path.length || a.createdAt - b.createdAt;
}

/** The cookies of one registrable domain in memory. Owned by CookieStore. */
export class SiteCookies {
  readonly name: string;
  /** Goes up with every change, so that what was built from the cookies knows that it is stale. */
  version = 0;
  /** The earliest time at which one of them expires; Infinity when none does. May be too early, never too late. */
  earliestExpiry: number = Number.POSITIVE_INFINITY;
  #cookies: Cookie[] = [];
  #touched: Set<Cookie> | undefined;

  constructor(name: string, cookies: readonly Cookie[]) {
    this.name = name;
    this.replaceAll(cookies);
  }

  /** In the order in which they are sent. */
  get cookies(): readonly Cookie[] {
    return this.#cookies;
  }

  replaceAll(cookies: readonly Cookie[]): void {
    this.#cookies = cookies.toSorted(inSendingOrder);
    this.#touched = undefined;
    this.earliestExpiry = Number.POSITIVE_INFINITY;
    for (const cookie of cookies) this.#noteExpiry(cookie);
    this.version++;
  }

  /** The stored cookie that `cookie` would replace. */
  find(cookie: Cookie): Cookie | undefined {
    return this.#cookies.find(existing => isSameCookie(existing, cookie));
  }

  insert(cookie: Cookie): void {
    let low = 0;
    let high = this.#cookies.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (inSendingOrder(this.#cookies[middle]!, cookie) <= 0) low = middle + 1;
      else high = middle;
    }
    this.#cookies.splice(low, 0, cookie);
    this.#noteExpiry(cookie);
    this.version++;
  }

  remove(cookie: Cookie): void {
    this.#cookies.splice(this.#cookies.indexOf(cookie), 1);
    this.#touched?.delete(cookie);
    this.version++;
  }

  /** Takes out what has expired, and returns it. */
  takeExpired(now: number): readonly Cookie[] {
    if (this.earliestExpiry > now) return [];
    const expired = this.#cookies.filter(cookie => isExpired(cookie, now));
    for (const cookie of expired) this.remove(cookie);
    this.earliestExpiry = Number.POSITIVE_INFINITY;
    for (const cookie of this.#cookies) this.#noteExpiry(cookie);
    return expired;
  }

  /** Notes that a cookie was used; `takeTouched` gives what is to be written. */
  touch(cookie: Cookie, now: number): void {
    if (now - cookie.lastAccessedAt < accessGrainMs) return;
    cookie.lastAccessedAt = now;
    this.#touched ??= new Set();
    this.#touched.add(cookie);
  }

  /** The cookies whose access time has changed since the last call. */
  takeTouched(): readonly Cookie[] {
    const touched = this.#touched ? [...this.#touched] : [];
    this.#touched = undefined;
    return touched;
  }

  #noteExpiry(cookie: Cookie): void {
    if (cookie.expiresAt !== undefined) this.earliestExpiry = Math.min(this.earliestExpiry, cookie.expiresAt);
  }
}

/** Access times are no finer than this, so that a busy cookie is not written all the time. */
export const accessGrainMs = 60_000;

export function isExpired(cookie: Cookie, now: number): boolean {
  return cookie.expiresAt !== undefined && cookie.expiresAt <= now;
}
