import type { Entry, Records } from '../storage/store.ts';
import type { Clock } from '../util/clock.ts';
import { siteOfHost } from '../util/site.ts';
import type { ChangeCause, Cookie } from './cookie.ts';
import { cookieKey } from './cookie-codec.ts';
import { isExpired, SiteCookies } from './site-cookies.ts';

interface CookieSitesOptions {
  readonly records: Records<Cookie>;
  readonly clock: Clock;
  readonly keepSessionCookies: boolean;
  readonly onChange: (cookie: Cookie, cause: ChangeCause) => void;
}

/**
 * All cookies by registrable domain: the sites in use in memory, the others on disk, and the two kept in step. Knows no
 * rule about cookies. Owned by CookieStore.
 */
export class CookieSites {
  readonly #records: Records<Cookie>;
  readonly #clock: Clock;
  readonly #keepSessionCookies: boolean;
  readonly #onChange: (cookie: Cookie, cause: ChangeCause) => void;
  readonly #loaded = new Map<string, SiteCookies>();
  /** Session cookies that are never written. */
  #unsaved = 0;
  #saved: number | undefined;

  constructor(options: CookieSitesOptions) {
    this.#records = options.records;
    this.#clock = options.clock;
    this.#keepSessionCookies = options.keepSessionCookies;
    this.#onChange = options.onChange;
  }

  /** Takes in what other processes changed. Cheap enough to call before every read. */
  freshen(): void {
    const changed = this.#records.takeForeignChanges();
    if (changed.length === 0) return;
    this.#saved = undefined;
    for (const name of changed) {
      const site = this.#loaded.get(name);
      if (site) this.#reload(site);
    }
  }

  /** The site of a host, read from disk when it is not in memory yet. */
  site(name: string): SiteCookies {
    let site = this.#loaded.get(name);
    if (!site) {
      const cookies = this.#read(name, entry => this.#deleteRecord(entry));
      site = new SiteCookies(name, cookies);
      this.#loaded.set(name, site);
    }
    return site;
  }

  /** Adds a cookie, in the place of `replaced` when that is given. */
  put(site: SiteCookies, cookie: Cookie, replaced?: Cookie): void {
    if (replaced) {
      site.remove(replaced);
      if (this.#isSaved(replaced) !== this.#isSaved(cookie)) this.#forget(site, replaced);
      else this.#count(cookie, -1);
    }
    site.insert(cookie);
    this.#count(cookie, 1);
    if (this.#isSaved(cookie)) this.#records.put(site.name, cookieKey(cookie, site.name), cookie);
    this.#saveTouched(site);
  }

  drop(site: SiteCookies, cookie: Cookie, cause: ChangeCause): void {
    site.remove(cookie);
    this.#forget(site, cookie);
    this.#onChange(cookie, cause);
  }

  /** Drops the stored form of a cookie, wherever it is; false when there is none. */
  dropStored(cookie: Cookie, cause: ChangeCause): boolean {
    const site = this.site(siteOfHost(cookie.domain));
    const stored = site.find(cookie);
    if (stored) this.drop(site, stored, cause);
    return stored !== undefined;
  }

  /** Drops what has expired from a site. */
  dropExpired(site: SiteCookies, now: number): void {
    for (const cookie of site.takeExpired(now)) {
      this.#forget(site, cookie);
      this.#onChange(cookie, 'expired');
    }
  }

  /** Drops what has expired from every site in memory. */
  sweep(now: number): void {
    for (const site of this.#loaded.values()) this.dropExpired(site, now);
  }

  /** Drops what has expired from every site there is. */
  sweepDisk(now: number): void {
    const names = new Set<string>();
    for (const { group, record } of this.#records.entries()) if (isExpired(record, now)) names.add(group);
    for (const name of names) this.dropExpired(this.site(name), now);
    this.sweep(now);
  }

  /** Every cookie that has not expired, without keeping those that are on disk only. */
  *all(): Generator<Cookie> {
    const now = this.#clock.now();
    for (const { group, record } of this.#records.entries()) {
      if (!this.#loaded.has(group) && this.#isSaved(record) && !isExpired(record, now)) yield record;
    }
    for (const site of this.#loaded.values()) {
      for (const cookie of site.all()) if (!isExpired(cookie, now)) yield cookie;
    }
  }

  /** The sites that have cookies. */
  names(): string[] {
    const names = new Set(this.#records.groups());
    for (const site of this.#loaded.values()) {
      if (site.count > 0) names.add(site.name);
      else names.delete(site.name);
    }
    return [...names];
  }

  /** How many there are, expired ones that were not met yet included. */
  count(): number {
    this.#saved ??= this.#records.count();
    return this.#saved + this.#unsaved;
  }

  /** Lets go of the sites without cookies, which looking at a host leaves behind. */
  forgetEmptySites(): void {
    for (const site of this.#loaded.values()) if (site.count === 0) this.#loaded.delete(site.name);
  }

  /** Writes all access times. */
  saveAllTouched(): void {
    this.freshen();
    for (const site of this.#loaded.values()) this.#saveTouched(site);
  }

  // Access times go with a write of their own site, after `freshen`: a record that another process removed must not
  // come back because this process had read it.
  #saveTouched(site: SiteCookies): void {
    for (const cookie of site.takeTouched()) {
      if (this.#isSaved(cookie)) this.#records.put(site.name, cookieKey(cookie, site.name), cookie);
    }
  }

  #forget(site: SiteCookies, cookie: Cookie): void {
    this.#count(cookie, -1);
    if (this.#isSaved(cookie)) this.#records.delete(site.name, cookieKey(cookie, site.name));
  }

  #deleteRecord({ group, key }: Entry<Cookie>): void {
    if (this.#saved !== undefined) this.#saved--;
    this.#records.delete(group, key);
  }

  #count(cookie: Cookie, by: number): void {
    if (!this.#isSaved(cookie)) this.#unsaved += by;
    else if (this.#saved !== undefined) this.#saved += by;
  }

  #isSaved(cookie: Cookie): boolean {
    return this.#keepSessionCookies || cookie.expiresAt !== undefined;
  }

  /** A site's cookies on disk; `onUnwanted` gets session cookies of an earlier process that are not to be kept. */
  #read(name: string, onUnwanted: (entry: Entry<Cookie>) => void): Cookie[] {
    const cookies: Cookie[] = [];
    for (const entry of this.#records.load(name)) {
      if (!this.#isSaved(entry.record)) onUnwanted(entry);
      // A row under another site's name would never be sent, and never be found again.
      else if (siteOfHost(entry.record.domain) === name) cookies.push(entry.record);
    }
    return cookies;
  }

  /** Replaces a site by what is on disk now, and tells what changed. */
  #reload(site: SiteCookies): void {
    const before = new Map(site.all().map(cookie => [cookieKey(cookie, site.name), cookie]));
    // Session cookies in the file may be those of a running process that keeps them: not ours to delete.
    const cookies = this.#read(site.name, () => {});
    for (const cookie of site.all()) if (!this.#isSaved(cookie)) cookies.push(cookie);
    site.replaceAll(cookies);
    for (const cookie of cookies) {
      const key = cookieKey(cookie, site.name);
      const old = before.get(key);
      before.delete(key);
      if (old && isUnchanged(old, cookie)) continue;
      if (old) this.#onChange(old, 'overwrite');
      this.#onChange(cookie, insertionCause(cookie, old));
    }
    const now = this.#clock.now();
    for (const gone of before.values()) this.#onChange(gone, isExpired(gone, now) ? 'expired' : 'explicit');
  }
}

/** Whether nothing but times of access and creation differ. Chromium CanonicalCookie::IsWebEquivalentTo. */
function isUnchanged(a: Cookie, b: Cookie): boolean {
  return (
    a.value === b.value &&
    a.secure === b.secure &&
    a.httpOnly === b.httpOnly &&
    a.sameSite === b.sameSite &&
    a.expiresAt === b.expiresAt
  );
}

/** The cause that an insertion is announced with. */
export function insertionCause(cookie: Cookie, replaced: Cookie | undefined): ChangeCause {
  if (!replaced || replaced.value !== cookie.value) return 'inserted';
  return isUnchanged(cookie, replaced) ? 'inserted-no-change-overwrite' : 'inserted-no-value-change-overwrite';
}
