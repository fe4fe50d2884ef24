import type { Cookie, CookieContext, CookieTarget, RefusalReason } from './cookie.ts';
import { cookieDomain } from './cookie-domain.ts';
import { cookieExpiry } from './cookie-expiry.ts';
import { defaultPath } from './cookie-path.ts';
import { hidesPrefix, keepsPrefix } from './cookie-prefix.ts';
import { isEncrypted, isTrustworthy, pathOf } from './cookie-target.ts';
import { fromHeaderText } from './header-text.ts';
import { type ParsedSetCookie, parseSetCookie } from './set-cookie.ts';

/** Where and when a cookie was offered. */
export interface CookieOrigin {
  readonly target: CookieTarget;
  readonly context: CookieContext;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/**
 * The cookie that a Set-Cookie line asks for, or why there is none. Whether the context may set it and what it would
 * overwrite is looked at later.
 *
 * @see RFC 6265bis 5.7; Chromium CanonicalCookie::Create
 */
export function cookieFromLine(line: string, origin: CookieOrigin): Cookie | RefusalReason {
  const parsed = parseSetCookie(origin.context.http ? firstLine(line) : line);
  if (typeof parsed === 'string') return parsed;
  const { target, context, now } = origin;
  const attribute = fromHeaderText(parsed.domain ?? '');
  const domain = cookieDomain(target.hostname, attribute);
  if (typeof domain === 'string') return domain;
  const refusal = refusePromises(parsed, attribute, origin);
  if (refusal) return refusal;
  return {
    name: fromHeaderText(parsed.name),
    value: fromHeaderText(parsed.value),
    domain: domain.domain,
    hostOnly: domain.hostOnly,
    // RFC 6265bis 5.6.4
    path: parsed.path?.startsWith('/') ? fromHeaderText(parsed.path) : defaultPath(pathOf(target)),
    secure: parsed.secure,
    httpOnly: parsed.httpOnly,
    sameSite: parsed.sameSite,
    expiresAt: cookieExpiry(parsed, now),
    createdAt: now,
    lastAccessedAt: now,
    partitionKey: parsed.partitioned ? context.topLevelSite : undefined,
    sourceScheme: parsed.secure || isEncrypted(target.protocol) ? 'secure' : 'non-secure',
  };
}

/** The name in a line that was refused, for the report; a line without one gives nothing away. */
export function nameInLine(line: string): string {
  return /^[^=;]{1,256}(?==)/.exec(line)?.[0].trim() ?? '';
}

/** Names and attributes that promise something the rest of the line does not keep. */
function refusePromises(
  parsed: ParsedSetCookie,
  domain: string,
  { target, context }: CookieOrigin,
): RefusalReason | undefined {
  if (parsed.name === '') {
    // RFC 6265bis 5.7 step 22
    if (hidesPrefix(parsed.value)) return 'prefix';
    if (parsed.value.includes('=')) return 'ambiguous-name';
  }
  const subject = { secure: parsed.secure, httpOnly: parsed.httpOnly, domain, path: parsed.path ?? '' };
  if (!keepsPrefix(parsed.name, subject, target)) return 'prefix';
  if (!parsed.partitioned) return undefined;
  if (!parsed.secure || !isTrustworthy(target)) return 'partitioned-insecure';
  return context.topLevelSite === '' ? 'partitioned-without-site' : undefined;
}

/** What HTTP would have handed over: a line break ends a header. */
function firstLine(line: string): string {
  const end = line.search(/[\r\n]/);
  return end === -1 ? line : line.slice(0, end);
}
