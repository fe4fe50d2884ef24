import { parseCookieDate } from './cookie-date.ts';

const maxAgeMs = 400 * 86_400_000;
const maxInt64 = 2 ** 63;

/**
 * When a cookie that came at `now` expires, in milliseconds since the epoch; undefined for a session cookie.
 *
 * @see RFC 6265bis 5.6.1, 5.6.2; Chromium CanonicalCookie::ParseExpiration
 */
export function cookieExpiry(
  attributes: { maxAge: string | undefined; expires: string | undefined },
  now: number,
): number | undefined {
  // RFC 6265bis 5.7 step 3: Max-Age wins over Expires.
  const seconds = parseMaxAge(attributes.maxAge);
  if (seconds !== undefined) return seconds <= 0 ? 0 : capExpiry(now + seconds * 1000, now);
  const expires = attributes.expires === undefined ? undefined : parseCookieDate(attributes.expires);
  return expires === undefined ? undefined : capExpiry(expires, now);
}

/** RFC 6265bis 5.5: at most 400 days from when it was made. */
export function capExpiry(expiresAt: number, createdAt: number): number {
  return Math.min(expiresAt, createdAt + maxAgeMs);
}

/** Seconds; undefined when it is no whole number. A number beyond 64 bits counts for the end it runs off. */
function parseMaxAge(text: string | undefined): number | undefined {
  const digits = text === undefined ? null : /^[+-]?\d+/.exec(text);
  if (!digits) return undefined;
  const seconds = Number(digits[0]);
  return digits[0] === text || Math.abs(seconds) >= maxInt64 ? seconds : undefined;
}
