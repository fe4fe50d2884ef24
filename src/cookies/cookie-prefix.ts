import { isIpHost } from '../util/url.ts';
import type { CookieTarget } from './cookie.ts';
import { isTrustworthy } from './cookie-target.ts';

/** What a prefix in the name promises about a cookie. */
interface PrefixSubject {
  readonly secure: boolean;
  readonly httpOnly: boolean;
  /** The Domain attribute, '' when absent. */
  readonly domain: string;
  /** The Path attribute, '' when absent. */
  readonly path: string;
}

const prefix = /^__(secure|http|host-http|host)-/i;
const hiddenPrefix = /^[ \t]*__(host|secure)-/i;

/**
 * Whether a cookie keeps the promise of the prefix in its name, in any letter case.
 *
 * @see RFC 6265bis 5.7 steps 20 to 22; Chromium cookie_util IsCookiePrefixValid (with `__Http-` and `__Host-Http-`)
 */
export function keepsPrefix(name: string, cookie: PrefixSubject, target: CookieTarget): boolean {
  const kind = prefix.exec(name)?.[1]?.toLowerCase();
  if (kind === undefined) return true;
  if (!cookie.secure || !isTrustworthy(target)) return false;
  if (kind.endsWith('http') && !cookie.httpOnly) return false;
  if (!kind.startsWith('host')) return true;
  const hostOnly = cookie.domain === '' || (isIpHost(target.hostname) && cookie.domain === target.hostname);
  return hostOnly && cookie.path === '/';
}

/** Whether a nameless cookie's value would be read back as a name with a prefix. RFC 6265bis 5.7 step 22. */
export function hidesPrefix(value: string): boolean {
  return hiddenPrefix.test(value);
}
