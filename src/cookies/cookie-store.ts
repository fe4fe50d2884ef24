import type { Records } from '../storage/store.ts';
import type { Clock } from '../util/clock.ts';
import { siteOfHost } from '../util/site.ts';
import type {
  ChangeCause,
  Cookie,
  CookieChange,
  CookieContext,
  CookieTarget,
  RefusalReason,
  SetResult,
} from './cookie.ts';
import { buildHeader } from './build-header.ts';
import { cookieKey } from './cookie-codec.ts';
import type { CookieDraft } from './cookie-draft.ts';
import { CookieEviction } from './cookie-eviction.ts';
import { type CookieFilter, cookieMatcher, siteOfFilter } from './cookie-filter.ts';
import { type CookieDetails, cookieFromDetails } from './cookie-from-details.ts';
import { cookieFromLine, nameInLine } from './cookie-from-line.ts';
import { CookieSites, insertionCause } from './cookie-sites.ts';
import { isTrustworthy, ownContext } from './cookie-target.ts';
import { inSendingOrder } from './domain-cookies.ts';
import type { CookieLimits } from './eviction-rules.ts';
import { type BuiltHeader, HeaderCache, HostHeaders } from './header-cache.ts';
import { type ImportOptions, type ImportResult, planImport } from './import-plan.ts';
import { type CookieExplanation, sendQuestion, whyWithheld } from './send-permission.ts';
import { overlaysSecure, refuseInContext } from './set-permission.ts';
import { accessGrainMs, isExpired, type SiteCookies } from './site-cookies.ts';

export type { CookieFilter } from './cookie-filter.ts';
export type { CookieDetails } from './cookie-from-details.ts';
export type { CookieLimits } from './eviction-rules.ts';
export type { ImportOptions, ImportResult } from './import-plan.ts';
export type { CookieExplanation, WithheldReason } from './send-permission.ts';

export interface CookieStoreOptions {
  readonly records: Records<Cookie>;
  readonly clock: Clock;
  readonly limits: CookieLimits;
  /** false: session cookies live in memory only, and those found on disk are deleted. */
  readonly keepSessionCookies: boolean;
}

/** A cookie that was refused. Its value is not kept. */
export interface CookieRefusal {
  /** The host that offered it. */
  readonly host: string;
  /** '' when the line has no name that could be read. */
  readonly name: string;
  readonly reason: RefusalReason;
}

/** Set-Cookie lines read of one response; the rest is refused as `too-many`. */
const maxLinesPerResponse = 1000;
const maxRefusals = 100;

/**
 * The cookies of one session: RFC 6265bis as Chromium does it.
 *
 * All methods are synchronous and leave a state that is ready to be read; `Store.committed` says when it is on disk.
 * Owned by Session; outlives every RequestJob.
 */
export class CookieStore {
  /** Called after each change, once it is readable. */
  onChange: ((change: CookieChange) => void) | undefined = undefined;
  /** Called for each cookie that was offered and refused. */
  onRefused: ((refusal: CookieRefusal) => void) | undefined = undefined;

  readonly #clock: Clock;
  readonly #sites: CookieSites;
  readonly #eviction: CookieEviction;
  readonly #headers = new HeaderCache();
  readonly #refusals: CookieRefusal[] = [];
  #lastCreatedAt = 0;

  constructor(options: CookieStoreOptions) {
    this.#clock = options.clock;
    this.#sites = new CookieSites({ ...options, onChange: (cookie, cause) => this.#announce(cookie, cause) });
    this.#eviction = new CookieEviction(this.#sites, options.limits);
  }

  /** The Cookie header of a request, as bytes, one character each; '' when it has none. */
  header(target: CookieTarget, context: CookieContext): string {
    this.#sites.freshen();
    const now = this.#clock.now();
    const built = this.#headers.find(target, context)?.get(target, context);
    if (built && now < built.validUntil) return built.text;
    return this.#build(target, context, now);
  }

  /** Takes in the Set-Cookie lines of a response (bytes, one character each): one result a line. */
  receive(target: CookieTarget, lines: readonly string[], context: CookieContext): SetResult[] {
    this.#sites.freshen();
    const now = this.#clock.now();
    const results = lines.slice(0, maxLinesPerResponse).map(line => {
      const offered = cookieFromLine(line, { target, context, now });
      return this.#offer(offered, { target, context, name: nameInLine(line) });
    });
    const surplus = lines.length - results.length;
    return surplus === 0 ? results : results.concat(Array(surplus).fill(this.#refuse(target, '', 'too-many')));
  }

  /** Sets a cookie for a program, under the rules of a same-site response. */
  set(details: CookieDetails): SetResult {
    this.#sites.freshen();
    const offered = cookieFromDetails(details, this.#clock.now());
    const context = ownContext(details.partitionKey ?? '');
    return this.#offer(offered, { target: details.url, context, name: details.name });
  }

  /** Removes the cookies called `name` that would be sent to `target`; returns how many there were. */
  remove(target: CookieTarget, name: string): number {
    return this.delete(this.list({ url: target, name }));
  }

  /** Removes these cookies, or all that `wanted` picks; returns how many there were. */
  delete(wanted: readonly Cookie[] | ((cookie: Cookie) => boolean), cause: ChangeCause = 'explicit'): number {
    this.#sites.freshen();
    const cookies = typeof wanted === 'function' ? this.#pick(wanted) : wanted;
    let removed = 0;
    for (const cookie of cookies) if (this.#sites.dropStored(cookie, cause)) removed++;
    return removed;
  }

  /**
   * Takes in the cookies of a file: all of them, or nothing when one cannot be.
   *
   * @throws {SojournError} `ERR_IMPORT_MALFORMED` when one would be refused; the message says where it stands.
   */
  importCookies(drafts: readonly CookieDraft[], options: ImportOptions): ImportResult {
    this.#sites.freshen();
    const { cookies, expired } = planImport(drafts, this.#clock.now());
    const replaced = cookies.filter(cookie => this.#siteOf(cookie).find(cookie));
    const removed = options.mode === 'replace-sites' ? this.#othersOfSites(cookies) : [];
    if (!options.dryRun) {
      this.delete(removed);
      for (const cookie of cookies) this.#store(cookie);
    }
    return { added: cookies.length - replaced.length, replaced: replaced.length, removed: removed.length, expired };
  }

  /** The cookies that a filter wants, in the order in which they are sent. */
  list(filter: CookieFilter): Cookie[] {
    this.#sites.freshen();
    const now = this.#clock.now();
    const matches = cookieMatcher(filter, now);
    const name = siteOfFilter(filter);
    if (name === undefined) return this.#pick(matches).toSorted(inSendingOrder);
    const site = this.#freshSite(name, now);
    if (filter.url) return site.forHost(filter.url.hostname).filter(matches);
    return site.all().filter(matches).toSorted(inSendingOrder);
  }

  /** For every cookie of the target's site: whether a request would carry it, and if not why. */
  explain(target: CookieTarget, context: CookieContext): CookieExplanation[] {
    this.#sites.freshen();
    const now = this.#clock.now();
    const question = sendQuestion(target, context, now);
    const cookies = this.#freshSite(siteOfHost(target.hostname), now).all();
    return cookies.toSorted(inSendingOrder).map(cookie => ({ cookie, withheld: whyWithheld(cookie, question) }));
  }

  /** The last 100 refusals, oldest first. */
  get lastRefusals(): readonly CookieRefusal[] {
    return this.#refusals;
  }

  /** The registrable domains that have cookies. */
  sites(): string[] {
    this.#sites.freshen();
    return this.#sites.names();
  }

  /** How many cookies there are; an expired one counts until it is met. */
  count(): number {
    this.#sites.freshen();
    return this.#sites.count();
  }

  /** Writes the access times that wait; the caller then waits for `Store.committed`. */
  close(): void {
    this.#sites.saveAllTouched();
  }

  #build(target: CookieTarget, context: CookieContext, now: number): string {
    const site = this.#freshSite(siteOfHost(target.hostname), now);
    const candidates = site.forHost(target.hostname);
    const question = sendQuestion(target, context, now);
    const cookies = candidates.filter(cookie => whyWithheld(cookie, question) === undefined);
    // Built anew when the access times are due.
    let validUntil = now + accessGrainMs;
    for (const cookie of cookies) {
      site.touch(cookie, now);
      if (cookie.expiresAt !== undefined) validUntil = Math.min(validUntil, cookie.expiresAt);
    }
    const built: BuiltHeader = { text: buildHeader(cookies), validUntil };
    // Which cookies a cross-site POST carries depends on their age: not worth keeping.
    if (context.sameSite !== 'same-site-lax-unsafe') this.#remember(target, context, { site, candidates, built });
    return built.text;
  }

  #remember(target: CookieTarget, context: CookieContext, made: Made): void {
    let headers = this.#headers.find(target, context);
    if (!headers) {
      if (this.#headers.isFull()) {
        this.#headers.clear();
        this.#sites.forgetEmptySites();
      }
      headers = new HostHeaders(made.site, made.candidates);
      this.#headers.set(target, context, headers);
    }
    headers.set(target, context, made.built);
  }

  #pick(wanted: (cookie: Cookie) => boolean): Cookie[] {
    const picked: Cookie[] = [];
    for (const cookie of this.#sites.all()) if (wanted(cookie)) picked.push(cookie);
    return picked;
  }

  /** What is stored of the sites of these cookies and is not among them. */
  #othersOfSites(cookies: readonly Cookie[]): Cookie[] {
    const sites = new Set(cookies.map(cookie => this.#siteOf(cookie)));
    const keys = new Set(cookies.map(cookie => cookieKey(cookie, '')));
    return [...sites].flatMap(site => site.all().filter(cookie => !keys.has(cookieKey(cookie, ''))));
  }

  #siteOf(cookie: Cookie): SiteCookies {
    return this.#freshSite(siteOfHost(cookie.domain), this.#clock.now());
  }

  #freshSite(name: string, now: number): SiteCookies {
    const site = this.#sites.site(name);
    this.#sites.dropExpired(site, now);
    return site;
  }

  /** Stores what was made of an offer, or refuses it. */
  #offer(offered: Cookie | RefusalReason, from: Offer): SetResult {
    if (typeof offered === 'string') return this.#refuse(from.target, from.name, offered);
    const refusal = refuseInContext(offered, from.target, from.context) ?? this.#refuseOverwrite(offered, from);
    return refusal ? this.#refuse(from.target, from.name, refusal) : { stored: true, cookie: this.#store(offered) };
  }

  #refuseOverwrite(cookie: Cookie, { target, context }: Offer): RefusalReason | undefined {
    const site = this.#siteOf(cookie);
    const mayOverlay = site.hasSecure && !isTrustworthy(target);
    if (mayOverlay && site.all().some(existing => overlaysSecure(cookie, existing))) return 'secure-overwrite';
    return !context.http && site.find(cookie)?.httpOnly ? 'http-only-overwrite' : undefined;
  }

  #store(offered: Cookie): Cookie {
    const now = this.#clock.now();
    const site = this.#freshSite(siteOfHost(offered.domain), now);
    const replaced = site.find(offered);
    if (isExpired(offered, now)) {
      if (replaced) this.#sites.drop(site, replaced, 'expired-overwrite');
      return offered;
    }
    // RFC 6265bis 5.7 step 23.3 keeps the creation time always; Chromium only while the value stays.
    const createdAt = replaced?.value === offered.value ? replaced.createdAt : this.#creationTime(offered, now);
    const cookie = { ...offered, domain: site.sharedDomain(offered.domain), createdAt };
    this.#sites.put(site, cookie, replaced);
    if (replaced) this.#announce(replaced, 'overwrite');
    this.#announce(cookie, insertionCause(cookie, replaced));
    this.#eviction.evictAfter(cookie, site, now);
    return cookie;
  }

  #refuse(target: CookieTarget, name: string, reason: RefusalReason): SetResult {
    const refusal: CookieRefusal = { host: target.hostname, name, reason };
    if (this.#refusals.length >= maxRefusals) this.#refusals.shift();
    this.#refusals.push(refusal);
    this.onRefused?.(refusal);
    return { stored: false, reason };
  }

  #announce(cookie: Cookie, cause: ChangeCause): void {
    this.onChange?.({ cookie, cause, removed: !cause.startsWith('inserted') });
  }

  /** Never twice the same now: the cookies of one response keep their order. Chromium CookieMonster::CurrentTime. */
  #creationTime(cookie: Cookie, now: number): number {
    if (cookie.createdAt !== now) return cookie.createdAt;
    const next = this.#lastCreatedAt + 1 / 1024;
    // A clock that was set back is followed.
    this.#lastCreatedAt = next > now && next < now + 1000 ? next : now;
    return this.#lastCreatedAt;
  }
}

interface Made {
  readonly site: SiteCookies;
  /** The cookies among which the header's were picked. */
  readonly candidates: readonly Cookie[];
  readonly built: BuiltHeader;
}

interface Offer {
  readonly target: CookieTarget;
  readonly context: CookieContext;
  readonly name: string;
}
