import type { Cookie, CookieContext, CookieTarget } from './cookie.ts';
import { domainMatches } from './cookie-domain.ts';
import { pathMatches } from './cookie-path.ts';
import { isTrustworthy, pathOf } from './cookie-target.ts';

/** Why a stored cookie does not go into a request. */
export type WithheldReason =
  | 'expired'
  | 'domain-mismatch'
  | 'path-mismatch'
  | 'secure-only'
  | 'http-only'
  | 'same-site-strict'
  | 'same-site-lax'
  | 'same-site-unspecified-treated-as-lax'
  | 'other-partition';

/** What becomes of one stored cookie in a request. */
export interface CookieExplanation {
  readonly cookie: Cookie;
  /** undefined: it is sent. */
  readonly withheld: WithheldReason | undefined;
}

/** A request, prepared for being asked of many cookies. */
export interface SendQuestion {
  readonly hostname: string;
  readonly path: string;
  readonly trustworthy: boolean;
  readonly context: CookieContext;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Chromium kLaxAllowUnsafeMaxAge. */
const laxAllowUnsafeMs = 120_000;

export function sendQuestion(target: CookieTarget, context: CookieContext, now: number): SendQuestion {
  return { hostname: target.hostname, path: pathOf(target), trustworthy: isTrustworthy(target), context, now };
}

/**
 * Why a cookie is withheld from a request; undefined when it is sent.
 *
 * @see RFC 6265bis 5.8.3; Chromium CookieBase::IncludeForRequestURL
 */
export function whyWithheld(cookie: Cookie, question: SendQuestion): WithheldReason | undefined {
  if (cookie.expiresAt !== undefined && cookie.expiresAt <= question.now) return 'expired';
  if (!domainMatches(cookie, question.hostname)) return 'domain-mismatch';
  if (!pathMatches(cookie.path, question.path)) return 'path-mismatch';
  if (cookie.secure && !question.trustworthy) return 'secure-only';
  if (cookie.httpOnly && !question.context.http) return 'http-only';
  if (cookie.partitionKey !== undefined && cookie.partitionKey !== question.context.topLevelSite)
    return 'other-partition';
  return question.context.sameSite === 'same-site-strict' ? undefined : whyCrossSite(cookie, question);
}

function whyCrossSite(cookie: Cookie, { context, now }: SendQuestion): WithheldReason | undefined {
  switch (cookie.sameSite) {
    case 'no_restriction':
      return undefined;
    case 'strict':
      return 'same-site-strict';
    case 'lax':
      return context.sameSite === 'same-site-lax' ? undefined : 'same-site-lax';
    case 'unspecified': {
      if (context.sameSite === 'same-site-lax') return undefined;
      // RFC 6265bis 5.7.7: for two minutes a top-level POST carries it too, for log-ins that come back by one.
      const fresh = now - cookie.createdAt <= laxAllowUnsafeMs;
      return context.sameSite === 'same-site-lax-unsafe' && fresh ? undefined : 'same-site-unspecified-treated-as-lax';
    }
  }
}
