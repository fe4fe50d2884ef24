import type { CookieContext, SameSite } from '../cookies/cookie.ts';
import type { CookieDetails, CookieFilter } from '../cookies/cookie-store.ts';
import { cookieTarget } from '../cookies/cookie-target.ts';
import { contextFor } from '../network/site-context.ts';
import { invalidType } from '../util/errors.ts';
import { describe, OptionsReader } from '../util/options.ts';
import { readUrl } from '../util/url.ts';

/** Which cookies `cookies.get` gives; every field that is there must match. */
export interface CookieFilterInput {
  /** Cookies that would be sent to this URL, HttpOnly and every SameSite included. Empty or absent: all. */
  url?: string;
  name?: string;
  /** Cookies whose domain is this one or, by default, below it; see `matchDomain`. */
  domain?: string;
  /** Default `'subdomains'`, as documented since v0.36; `'host'`: cookies this host would be sent; `'both'`: either. */
  matchDomain?: 'subdomains' | 'host' | 'both';
  path?: string;
  secure?: boolean;
  session?: boolean;
  httpOnly?: boolean;
}

/** What `cookies.set` takes; both spellings of the two-word names count. */
export interface CookieDetailsInput {
  /** The URL that the cookie belongs to. */
  url: string;
  /** Default `''`. */
  name?: string;
  /** Default `''`. */
  value?: string;
  /** Default: the host of `url`, and only it. */
  domain?: string;
  /** Default: the directory of `url`'s path. */
  path?: string;
  /** Default false, but true with `sameSite: 'no_restriction'`. */
  secure?: boolean;
  /** Default false. */
  httpOnly?: boolean;
  http_only?: boolean;
  /** true: the cookie is for the host of `url` alone, whatever `domain` says. Default false. */
  hostOnly?: boolean;
  host_only?: boolean;
  /** v0.36 documents this as HttpOnly; it counts only when neither spelling of `httpOnly` is given. */
  session?: boolean;
  /** Seconds since the UNIX epoch. Default: a session cookie. */
  expirationDate?: number;
  /** Seconds since the UNIX epoch. Default: now. */
  creationDate?: number;
  /** Seconds since the UNIX epoch. Default: now. */
  lastAccessDate?: number;
  /** Default `'lax'`. */
  sameSite?: SameSite;
  /** Top-level site of a partitioned cookie, `https://example.com`. */
  partitionKey?: string;
}

/** On whose behalf a Cookie header is made or a Set-Cookie line received. */
export interface CookieContextInput {
  /** Origin of the page. Default: the URL's own. */
  initiator?: string | URL;
  /** The page's top-level site. Default: the initiator's. */
  topLevelSite?: string | URL;
}

const sameSites: readonly SameSite[] = ['unspecified', 'no_restriction', 'lax', 'strict'];

/** @throws {TypeError} If a field has a wrong type, or the URL cannot be parsed; `code` is `ERR_INVALID_OPTION`. */
export function readCookieFilter(input: unknown, defaultMatch: 'subdomains' | 'host' | 'both'): CookieFilter {
  const filter = new OptionsReader('get cookies', input, [
    'url',
    'name',
    'domain',
    'matchDomain',
    'path',
    'secure',
    'session',
    'httpOnly',
    'http_only',
  ]);
  const url = filter.string('url', '');
  const httpOnly = filter.boolean('httpOnly', filter.boolean('http_only', undefined));
  const fields = {
    url: url === '' ? undefined : cookieTarget(readUrl('get cookies', url)),
    name: filter.string('name', undefined),
    domain: filter.string('domain', undefined),
    matchDomain: filter.oneOf('matchDomain', ['subdomains', 'host', 'both'], defaultMatch),
    path: filter.string('path', undefined),
    secure: filter.boolean('secure', undefined),
    session: filter.boolean('session', undefined),
    httpOnly,
  };
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}

const detailKeys = [
  'url',
  'name',
  'value',
  'domain',
  'path',
  'secure',
  'httpOnly',
  'http_only',
  'session',
  'expirationDate',
  'sameSite',
  'creationDate',
  'lastAccessDate',
  'hostOnly',
  'host_only',
  'partitionKey',
];

/** @throws {TypeError} If a field has a wrong type, or `url` is missing; `code` is `ERR_INVALID_OPTION`. */
export function readCookieDetails(input: unknown): CookieDetails {
  const details = new OptionsReader('set a cookie', input, detailKeys);
  const url = details.string('url', '');
  if (url === '') throw invalidType("Missing required option 'url'");
  const sameSite = readSameSite(details);
  const httpOnly = details.boolean('httpOnly', details.boolean('http_only', undefined));
  const fields = {
    url: cookieTarget(readUrl('set a cookie', url)),
    name: details.string('name', ''),
    value: details.string('value', ''),
    domain: readDomain(details),
    path: details.string('path', '') || undefined,
    secure: details.boolean('secure', sameSite === 'no_restriction'),
    httpOnly: httpOnly ?? details.boolean('session', false),
    sameSite,
    expiresAt: milliseconds(details, 'expirationDate'),
    createdAt: milliseconds(details, 'creationDate'),
    lastAccessedAt: milliseconds(details, 'lastAccessDate'),
    partitionKey: details.string('partitionKey', undefined),
  };
  return Object.fromEntries(
    Object.entries(fields).filter(([, value]) => value !== undefined),
  ) as unknown as CookieDetails;
}

/** An empty domain is none, as in both eras; so is that of a host-only cookie, as `get` shows it. */
function readDomain(details: OptionsReader): string | undefined {
  const isHostOnly = details.boolean('hostOnly', details.boolean('host_only', false));
  const domain = details.string('domain', '');
  return isHostOnly || domain === '' ? undefined : domain;
}

function readSameSite(details: OptionsReader): SameSite {
  const value = details.string('sameSite', 'lax');
  if (sameSites.includes(value as SameSite)) return value as SameSite;
  throw invalidType(`Failed to convert '${value}' to an appropriate cookie same site value`);
}

function milliseconds(details: OptionsReader, field: string): number | undefined {
  const seconds = details.number(field, undefined);
  return seconds === undefined ? undefined : seconds * 1000;
}

/** @throws {TypeError} If a field is no URL; `code` is `ERR_INVALID_OPTION`. */
export function readCookieContext(action: string, url: URL, input: unknown): CookieContext {
  const context = new OptionsReader(action, input, ['initiator', 'topLevelSite']);
  const read = (field: 'initiator' | 'topLevelSite'): URL | undefined => {
    if (!context.has(field)) return undefined;
    const value = (input as Record<string, unknown>)[field];
    const parsed = value instanceof URL ? value : typeof value === 'string' ? URL.parse(value) : null;
    if (parsed && parsed.origin !== 'null') return parsed;
    throw invalidType(`Cannot ${action}: ${field} must be an http or https URL, got ${describe(value)}`);
  };
  return contextFor(url, { initiator: read('initiator'), topLevelSite: read('topLevelSite') });
}
