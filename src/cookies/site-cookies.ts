import type { Cookie } from './cookie.ts';
import { DomainCookies, inSendingOrder } from './domain-cookies.ts';

/** Access times are no finer than this, so that a busy cookie is not written all the time. */
export const accessGrainMs = 60_000;

/** With more domains than this, a site looks them up in a map: most sites have one or two. */
const maxUnindexed = 8;

/** The cookies of one registrable domain in memory, by domain. Owned by CookieSites. */
export class SiteCookies {
  readonly name: string;
  /** Goes up with every change, so that what was built from the cookies knows that it is stale. */
  version = 0;
  #domains: DomainCookies[] = [];
  #byDomain: Map<string, DomainCookies> | undefined;
  #count = 0;
  #secureCount = 0;
  /** The earliest time at which one of them expires; Infinity when none does. May be too early, never too late. */
  #earliestExpiry: number = Number.POSITIVE_INFINITY;
  #touched: Set<Cookie> | undefined;

  constructor(name: string, cookies: readonly Cookie[]) {
    this.name = name;
    for (const cookie of cookies) this.insert(cookie);
  }

  get count(): number {
    return this.#count;
  }

  get hasSecure(): boolean {
    return this.#secureCount > 0;
  }

  /** All of them, in no order. */
  all(): readonly Cookie[] {
    return this.#domains.length === 1 ? this.#domains[0]!.cookies : this.#domains.flatMap(({ cookies }) => cookies);
  }

  /** Those of the host and of the domains above it, in the order in which they are sent. */
  forHost(hostname: string): readonly Cookie[] {
    let cookies: readonly Cookie[] = [];
    for (let domain = hostname; domain.length >= this.name.length; domain = domain.slice(domain.indexOf('.') + 1)) {
      const found = this.#domain(domain);
      if (found) cookies = cookies.length === 0 ? found.cookies : [...cookies, ...found.cookies].sort(inSendingOrder);
      if (domain.length === this.name.length) break;
    }
    return cookies;
  }

  /** A domain as this site has it already: one text for all of its cookies. */
  sharedDomain(domain: string): string {
    return this.#domain(domain)?.domain ?? domain;
  }

  replaceAll(cookies: readonly Cookie[]): void {
    this.#domains = [];
    this.#byDomain = undefined;
    this.#count = 0;
    this.#secureCount = 0;
    this.#earliestExpiry = Number.POSITIVE_INFINITY;
    this.#touched = undefined;
    this.version++;
    for (const cookie of cookies) this.insert(cookie);
  }

  /** The stored cookie that `cookie` would replace. */
  find(cookie: Cookie): Cookie | undefined {
    return this.#domain(cookie.domain)?.find(cookie);
  }

  insert(cookie: Cookie): void {
    (this.#domain(cookie.domain) ?? this.#addDomain(cookie.domain)).insert(cookie);
    this.#noteExpiry(cookie);
    this.#count++;
    if (cookie.secure) this.#secureCount++;
    this.version++;
  }

  remove(cookie: Cookie): void {
    const domain = this.#domain(cookie.domain)!;
    domain.remove(cookie);
    if (domain.cookies.length === 0) this.#removeDomain(domain);
    this.#touched?.delete(cookie);
    this.#count--;
    if (cookie.secure) this.#secureCount--;
    this.version++;
  }

  /** Takes out what has expired, and returns it. */
  takeExpired(now: number): readonly Cookie[] {
    if (this.#earliestExpiry > now) return [];
    const expired = this.all().filter(cookie => isExpired(cookie, now));
    for (const cookie of expired) this.remove(cookie);
    this.#earliestExpiry = Number.POSITIVE_INFINITY;
    for (const cookie of this.all()) this.#noteExpiry(cookie);
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

  #domain(domain: string): DomainCookies | undefined {
    return this.#byDomain ? this.#byDomain.get(domain) : this.#domains.find(one => one.domain === domain);
  }

  #addDomain(name: string): DomainCookies {
    const domain = new DomainCookies(name);
    // A first push would make room for 17.
    if (this.#domains.length === 0) this.#domains = [domain];
    else this.#domains.push(domain);
    if (this.#byDomain) this.#byDomain.set(name, domain);
    else if (this.#domains.length > maxUnindexed) this.#byDomain = new Map(this.#domains.map(one => [one.domain, one]));
    return domain;
  }

  #removeDomain(domain: DomainCookies): void {
    this.#domains.splice(this.#domains.indexOf(domain), 1);
    this.#byDomain?.delete(domain.domain);
  }

  #noteExpiry(cookie: Cookie): void {
    if (cookie.expiresAt !== undefined) this.#earliestExpiry = Math.min(this.#earliestExpiry, cookie.expiresAt);
  }
}

export function isExpired(cookie: Cookie, now: number): boolean {
  return cookie.expiresAt !== undefined && cookie.expiresAt <= now;
}
