import type { Cookie, CookieTarget, RefusalReason, SameSite } from './cookie.ts';
import { cookieDomain } from './cookie-domain.ts';
import { capExpiry } from './cookie-expiry.ts';
import { defaultPath } from './cookie-path.ts';
import { hidesPrefix, keepsPrefix } from './cookie-prefix.ts';
import { isEncrypted, isTrustworthy, pathOf } from './cookie-target.ts';
import { toHeaderText } from './header-text.ts';
import { hasForbiddenCharacter, maxAttributeValue, refuseNameAndValue, trimBlanks } from './cookie-syntax.ts';

/** A cookie as a program asks for it. Absent fields are as if a server had left the attribute out. */
export interface CookieDetails {
  /** Where it is as if set from. */
  readonly url: CookieTarget;
  readonly name: string;
  readonly value: string;
  /** As in a Domain attribute; undefined or '' for this host alone. */
  readonly domain?: string | undefined;
  readonly path?: string | undefined;
  readonly secure?: boolean | undefined;
  readonly httpOnly?: boolean | undefined;
  /** Default: `unspecified`. */
  readonly sameSite?: SameSite | undefined;
  /** Milliseconds since the epoch; undefined for a session cookie. */
  readonly expiresAt?: number | undefined;
  /** Milliseconds since the epoch; default: now. */
  readonly createdAt?: number | undefined;
  /** Milliseconds since the epoch; default: when it was made. */
  readonly lastAccessedAt?: number | undefined;
  /** The top-level site of a partitioned cookie. */
  readonly partitionKey?: string | undefined;
}

/**
 * The cookie that a program asks for, or why there can be none. What a server's line gets away with (blanks around a
 * value, a path without a slash) is refused here.
 *
 * @see Chromium CanonicalCookie::CreateSanitizedCookie
 */
export function cookieFromDetails(details: CookieDetails, now: number): Cookie | RefusalReason {
  const { url, name, value, secure = false, httpOnly = false, partitionKey } = details;
  const domain = cookieDomain(url.hostname, details.domain ?? '');
  const path = details.path ? encodePath(details.path) : defaultPath(pathOf(url));
  const refusal = refuseTexts(details, path);
  if (refusal) return refusal;
  if (typeof domain === 'string') return domain;
  if (name === '' && hidesPrefix(value)) return 'prefix';
  if (name === '' && value.includes('=')) return 'ambiguous-name';
  if (!keepsPrefix(name, { secure, httpOnly, domain: details.domain ?? '', path }, url)) return 'prefix';
  if (partitionKey !== undefined && !(secure && isTrustworthy(url))) return 'partitioned-insecure';
  if (partitionKey === '') return 'partitioned-without-site';
  const createdAt = details.createdAt ?? now;
  return {
    name,
    value,
    ...domain,
    path,
    secure,
    httpOnly,
    sameSite: details.sameSite ?? 'unspecified',
    expiresAt: details.expiresAt === undefined ? undefined : capExpiry(details.expiresAt, createdAt),
    createdAt,
    lastAccessedAt: details.lastAccessedAt ?? createdAt,
    partitionKey,
    sourceScheme: secure || isEncrypted(url.protocol) ? 'secure' : 'non-secure',
  };
}

function refuseTexts(details: CookieDetails, encodedPath: string): RefusalReason | undefined {
  const { name, value, domain = '', path = '' } = details;
  for (const text of [name, value, path]) {
    if (trimBlanks(text) !== text) return 'control-character';
  }
  const refusal = refuseNameAndValue(toHeaderText(name), toHeaderText(value));
  if (refusal) return refusal;
  if (/[\0\r\n;]/.test(path)) return 'control-character';
  if (domain !== trimBlanks(domain) || hasForbiddenCharacter(domain)) return 'domain-mismatch';
  if (path !== '' && !path.startsWith('/')) return 'path';
  if (domain.length > maxAttributeValue || encodedPath.length > maxAttributeValue) return 'attribute-too-long';
  return undefined;
}

/** As the path of a request will be: escaped, without dot segments. */
function encodePath(path: string): string {
  const url = new URL('http://host');
  url.pathname = path;
  return url.pathname;
}
