import type { Codec } from '../storage/store.ts';
import type { Cookie, SameSite } from './cookie.ts';
import { hasForbiddenCharacter } from './cookie-syntax.ts';

const sameSites: readonly SameSite[] = ['unspecified', 'no_restriction', 'lax', 'strict'];

/** A cookie as a JSON array; times in milliseconds, flags as bits. */
type Row = [string, string, string, string, number, number, number | null, number, number, string | null];

const hostOnlyBit = 1;
const secureBit = 2;
const httpOnlyBit = 4;
const secureSourceBit = 8;

/** How cookies are written down. */
export const cookieCodec: Codec<Cookie> = {
  encode(cookie) {
    const flags =
      (cookie.hostOnly ? hostOnlyBit : 0) |
      (cookie.secure ? secureBit : 0) |
      (cookie.httpOnly ? httpOnlyBit : 0) |
      (cookie.sourceScheme === 'secure' ? secureSourceBit : 0);
    const row: Row = [
      cookie.name,
      cookie.value,
      cookie.domain,
      cookie.path,
      flags,
      sameSites.indexOf(cookie.sameSite),
      cookie.expiresAt ?? null,
      cookie.createdAt,
      cookie.lastAccessedAt,
      cookie.partitionKey ?? null,
    ];
    return JSON.stringify(row);
  },
  decode(text) {
    const row: unknown = JSON.parse(text);
    if (!isRow(row)) throw new TypeError('not a cookie');
    const [name, value, domain, path, flags, sameSite, expiresAt, createdAt, lastAccessedAt, partitionKey] = row;
    return {
      name,
      value,
      domain,
      hostOnly: (flags & hostOnlyBit) !== 0,
      path,
      secure: (flags & secureBit) !== 0,
      httpOnly: (flags & httpOnlyBit) !== 0,
      sameSite: sameSites[sameSite]!,
      expiresAt: expiresAt ?? undefined,
      createdAt,
      lastAccessedAt,
      partitionKey: partitionKey ?? undefined,
      sourceScheme: (flags & secureSourceBit) === 0 ? 'non-secure' : 'secure',
    };
  },
};

/** What tells a cookie from the others of its site, as one text; `\0` stands in none of the parts. */
export function cookieKey(cookie: Cookie, site: string): string {
  const host = cookie.domain.slice(0, cookie.domain.length - site.length);
  const parts = [cookie.name, (cookie.hostOnly ? '=' : '.') + host];
  // Short keys: most cookies have the path "/" and no partition.
  if (cookie.path !== '/' || cookie.partitionKey !== undefined) parts.push(cookie.path);
  if (cookie.partitionKey !== undefined) parts.push(cookie.partitionKey);
  return parts.join('\0');
}

function isRow(row: unknown): row is Row {
  if (!Array.isArray(row) || row.length !== 10) return false;
  const [name, value, domain, path, flags, sameSite, expiresAt, createdAt, lastAccessedAt, partitionKey] = row;
  return (
    isCookieText(name) &&
    isCookieText(value) &&
    isCookieText(domain) &&
    isCookieText(path) &&
    path.startsWith('/') &&
    domain !== '' &&
    Number.isInteger(flags) &&
    sameSites[sameSite] !== undefined &&
    (expiresAt === null || Number.isFinite(expiresAt)) &&
    Number.isFinite(createdAt) &&
    Number.isFinite(lastAccessedAt) &&
    (partitionKey === null || typeof partitionKey === 'string')
  );
}

function isCookieText(text: unknown): text is string {
  return typeof text === 'string' && !hasForbiddenCharacter(text);
}
