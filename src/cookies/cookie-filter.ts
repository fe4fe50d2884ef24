import { registrableDomain, siteOfHost } from '../util/site.ts';
import type { Cookie, CookieTarget } from './cookie.ts';
import { domainMatches, isBelow } from './cookie-domain.ts';
import { ownContext } from './cookie-target.ts';
import { sendQuestion, whyWithheld } from './send-permission.ts';

/** Which cookies are wanted; an absent field wants all. */
export interface CookieFilter {
  /** Those that would be sent there, HttpOnly, every SameSite and every partition included. */
  readonly url?: CookieTarget | undefined;
  readonly name?: string | undefined;
  /** Compared in the direction that `matchDomain` says; letter case and a leading dot do not matter. */
  readonly domain?: string | undefined;
  /**
   * `subdomains` (default): the cookie's domain is `domain` or below it; `host`: the cookie would be sent to the host
   * `domain`; `both`: either.
   */
  readonly matchDomain?: 'subdomains' | 'host' | 'both' | undefined;
  readonly path?: string | undefined;
  readonly secure?: boolean | undefined;
  /** true: session cookies only; false: lasting ones only. */
  readonly session?: boolean | undefined;
  readonly httpOnly?: boolean | undefined;
  /** The top-level site of partitioned cookies; '' wants those that are not partitioned. */
  readonly partitionKey?: string | undefined;
}

/** A filter as a question to one cookie. */
export function cookieMatcher(filter: CookieFilter, now: number): (cookie: Cookie) => boolean {
  const { url, name, path, secure, session, httpOnly, partitionKey } = filter;
  const domain = filter.domain === undefined ? undefined : filterDomain(filter.domain);
  return cookie =>
    (name === undefined || cookie.name === name) &&
    (path === undefined || cookie.path === path) &&
    (secure === undefined || cookie.secure === secure) &&
    (session === undefined || (cookie.expiresAt === undefined) === session) &&
    (httpOnly === undefined || cookie.httpOnly === httpOnly) &&
    (partitionKey === undefined || (cookie.partitionKey ?? '') === partitionKey) &&
    (domain === undefined || matchesDomain(cookie, domain, filter.matchDomain)) &&
    (url === undefined || isSentTo(cookie, url, now));
}

/** The one site that a filter can find cookies in; undefined when there may be several. */
export function siteOfFilter(filter: CookieFilter): string | undefined {
  if (filter.url) return siteOfHost(filter.url.hostname);
  if (filter.domain === undefined || filter.domain === '') return undefined;
  const domain = filterDomain(filter.domain);
  const site = siteOfHost(domain);
  // Below a public suffix there are sites of their own.
  return site !== domain || filter.matchDomain === 'host' || registrableDomain(domain) === domain ? site : undefined;
}

/** A domain as a program writes it, without its leading dot and in lower case. */
function filterDomain(domain: string): string {
  return (domain.startsWith('.') ? domain.slice(1) : domain).toLowerCase();
}

function matchesDomain(cookie: Cookie, domain: string, direction: CookieFilter['matchDomain'] = 'subdomains'): boolean {
  if (direction !== 'host' && (cookie.domain === domain || isBelow(cookie.domain, domain))) return true;
  return direction !== 'subdomains' && domainMatches(cookie, domain);
}

function isSentTo(cookie: Cookie, url: CookieTarget, now: number): boolean {
  return whyWithheld(cookie, sendQuestion(url, ownContext(cookie.partitionKey ?? ''), now)) === undefined;
}
