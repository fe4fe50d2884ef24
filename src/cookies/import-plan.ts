import type { Cookie, CookieTarget } from './cookie.ts';
import { cookieKey } from './cookie-codec.ts';
import { type CookieDraft, malformedImport } from './cookie-draft.ts';
import { cookieFromDetails } from './cookie-from-details.ts';
import { ownContext } from './cookie-target.ts';
import { refusalText } from './refusal-text.ts';
import { refuseInContext } from './set-permission.ts';
import { isExpired } from './site-cookies.ts';

export interface ImportOptions {
  /** `merge` adds and overwrites; `replace-sites` also removes what else the file's sites have. */
  readonly mode: 'merge' | 'replace-sites';
  /** Only count. */
  readonly dryRun: boolean;
}

/** How many cookies an import added, overwrote, removed, and left out because they had expired. */
export interface ImportResult {
  readonly added: number;
  readonly replaced: number;
  readonly removed: number;
  readonly expired: number;
}

/** What an import is to do, all of it checked. */
export interface ImportPlan {
  readonly cookies: readonly Cookie[];
  /** How many were left out because their time is over. */
  readonly expired: number;
}

/**
 * Makes cookies of drafts, under the rules for cookies that a program sets.
 *
 * @param now - Milliseconds since the epoch.
 * @throws {SojournError} `ERR_IMPORT_MALFORMED` for the first cookie that would be refused, with its place.
 */
export function planImport(drafts: readonly CookieDraft[], now: number): ImportPlan {
  const cookies = new Map<string, Cookie>();
  let expired = 0;
  for (const draft of drafts) {
    const cookie = cookieFromDraft(draft, now);
    if (isExpired(cookie, now)) expired++;
    // The last of several that are one and the same.
    else cookies.set(cookieKey(cookie, ''), cookie);
  }
  return { cookies: [...cookies.values()], expired };
}

function cookieFromDraft(draft: CookieDraft, now: number): Cookie {
  const { domain, hostOnly, position, ...rest } = draft;
  const scheme = draft.secure ? 'https' : 'http';
  // An IPv6 address stands without its brackets in some files.
  const host = domain.includes(':') && !domain.startsWith('[') ? `[${domain}]` : domain;
  const hostname = hostnameOf(`${scheme}://${host}/`);
  if (!hostname) throw malformedImport(position, 'the domain is no host name');
  const url: CookieTarget = { protocol: `${scheme}:`, hostname, path: '/' };
  const cookie = cookieFromDetails({ ...rest, url, domain: hostOnly ? '' : hostname }, now);
  const refusal = typeof cookie === 'string' ? cookie : refuseInContext(cookie, url, ownContext(''));
  if (refusal) throw malformedImport(position, refusalText(refusal));
  return cookie as Cookie;
}

/** The canonical host of a URL that is nothing but scheme and host. */
function hostnameOf(url: string): string | undefined {
  const parsed = URL.parse(url);
  return parsed && parsed.href === `${parsed.protocol}//${parsed.hostname}/` ? parsed.hostname : undefined;
}
