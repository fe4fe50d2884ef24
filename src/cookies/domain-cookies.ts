import type { Cookie } from './cookie.ts';
import { isSameCookie } from './set-permission.ts';

/** RFC 6265bis 5.8.3 step 2: longer paths first, then the older cookie. */
export function inSendingOrder(a: Cookie, b: Cookie): number {
  return b.path.length - a.path.length || a.createdAt - b.createdAt;
}

/** The cookies of one domain, in the order in which they are sent. Owned by SiteCookies. */
export class DomainCookies {
  readonly domain: string;
  // Never changed, always made anew: whoever goes through it may change the store, and no room is kept for more.
  #cookies: readonly Cookie[] = [];

  constructor(domain: string) {
    this.domain = domain;
  }

  get cookies(): readonly Cookie[] {
    return this.#cookies;
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
    this.#cookies = this.#cookies.toSpliced(low, 0, cookie);
  }

  remove(cookie: Cookie): void {
    this.#cookies = this.#cookies.toSpliced(this.#cookies.indexOf(cookie), 1);
  }
}
