import type { Cookie, CookieContext, CookieTarget, RefusalReason } from './cookie.ts';
import { isBelow } from './cookie-domain.ts';
import { pathMatches } from './cookie-path.ts';
import { isCookieable, isTrustworthy } from './cookie-target.ts';

/** Why this context may not set this cookie. Chromium CookieBase::IsSetPermittedInContext. */
export function refuseInContext(
  cookie: Cookie,
  target: CookieTarget,
  context: CookieContext,
): RefusalReason | undefined {
  if (!isCookieable(target.protocol)) return 'unsupported-scheme';
  // RFC 6265bis 5.7 step 12
  if (cookie.secure && !isTrustworthy(target)) return 'secure-only';
  // RFC 6265bis 5.7 step 14
  if (cookie.httpOnly && !context.http) return 'http-only';
  // RFC 6265bis 5.7 step 19
  if (cookie.sameSite === 'no_restriction' && !cookie.secure) return 'same-site-none-insecure';
  // RFC 6265bis 5.7 step 18; a top-level navigation may set what it may not send.
  if (cookie.sameSite !== 'no_restriction' && context.sameSite === 'cross-site') return 'same-site-context';
  return undefined;
}

/** Whether two cookies are one and the same, so that the later replaces the earlier. */
export function isSameCookie(a: Cookie, b: Cookie): boolean {
  return (
    a.name === b.name &&
    a.domain === b.domain &&
    a.path === b.path &&
    a.hostOnly === b.hostOnly &&
    a.partitionKey === b.partitionKey
  );
}

/**
 * Whether an insecure origin's cookie would lie over a Secure one. RFC 6265bis 5.7 step 16; Chromium
 * IsEquivalentForSecureCookieMatching.
 */
export function overlaysSecure(cookie: Cookie, existing: Cookie): boolean {
  return (
    existing.secure &&
    existing.name === cookie.name &&
    existing.partitionKey === cookie.partitionKey &&
    (existing.domain === cookie.domain ||
      isBelow(existing.domain, cookie.domain) ||
      isBelow(cookie.domain, existing.domain)) &&
    pathMatches(existing.path, cookie.path)
  );
}
