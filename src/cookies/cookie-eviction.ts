import type { Cookie } from './cookie.ts';
import type { CookieSites } from './cookie-sites.ts';
import { type CookieLimits, insecureFirst, keptInTotal, overSiteLimit } from './eviction-rules.ts';
import type { SiteCookies } from './site-cookies.ts';

const sweepIntervalMs = 60_000;
/** Chromium kSafeFromGlobalPurgeDays: what was used since is not evicted for the total's sake. */
const safeFromTotalLimitMs = 30 * 86_400_000;

/** Keeps the cookies within their limits, whenever something was added: there is no timer. Owned by CookieStore. */
export class CookieEviction {
  readonly #sites: CookieSites;
  readonly #limits: CookieLimits;
  #nextSweep = 0;
  /** No cookie was used before this. */
  #oldestAccess: number = Number.NEGATIVE_INFINITY;

  constructor(sites: CookieSites, limits: CookieLimits) {
    this.#sites = sites;
    this.#limits = limits;
  }

  evictAfter(added: Cookie, site: SiteCookies, now: number): void {
    for (const cookie of overSiteLimit(site, added, this.#limits.perSite)) this.#sites.drop(site, cookie, 'evicted');
    if (now >= this.#nextSweep) {
      this.#nextSweep = now + sweepIntervalMs;
      this.#sites.sweep(now);
    }
    this.#oldestAccess = Math.min(this.#oldestAccess, added.lastAccessedAt);
    if (this.#oldestAccess < now - safeFromTotalLimitMs) this.#keepTotal(now);
  }

  /** Chromium CookieMonster::GarbageCollect, "Collect garbage for everything". */
  #keepTotal(now: number): void {
    if (this.#limits.total === Number.POSITIVE_INFINITY) return;
    if (this.#sites.count() <= this.#limits.total) return;
    this.#sites.sweepDisk(now);
    const count = this.#sites.count();
    if (count <= this.#limits.total) return;
    const safeFrom = now - safeFromTotalLimitMs;
    const old: Cookie[] = [];
    this.#oldestAccess = Number.POSITIVE_INFINITY;
    for (const cookie of this.#sites.all()) {
      if (cookie.lastAccessedAt < safeFrom) old.push(cookie);
      else this.#noteAccess(cookie);
    }
    old.sort(insecureFirst);
    for (const spared of old.splice(count - keptInTotal(this.#limits.total))) this.#noteAccess(spared);
    for (const cookie of old) this.#sites.dropStored(cookie, 'evicted');
  }

  #noteAccess(cookie: Cookie): void {
    this.#oldestAccess = Math.min(this.#oldestAccess, cookie.lastAccessedAt);
  }
}
