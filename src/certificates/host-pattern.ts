import { domainToASCII } from 'node:url';
import { invalidType } from '../util/errors.ts';
import { bareHost } from '../util/url.ts';

/** Whether a canonical host matches a pattern. */
export type HostPattern = (hostname: string) => boolean;

/**
 * Reads a host pattern: a host (`a.test`, `::1`), everything below one (`*.a.test`, at any depth), or all (`*`).
 *
 * @throws {TypeError} If it is none of these.
 */
export function parseHostPattern(action: string, pattern: string): HostPattern {
  if (pattern === '*') return () => true;
  const isBelow = pattern.startsWith('*.');
  const host = canonicalHost(isBelow ? pattern.slice(2) : pattern);
  if (host === undefined) {
    throw invalidType(`Cannot ${action}: a host pattern must be a host, "*." and a host, or "*", got "${pattern}"`);
  }
  return isBelow ? hostname => hostname.endsWith(`.${host}`) : hostname => bareHost(hostname) === host;
}

function canonicalHost(text: string): string | undefined {
  const bare = bareHost(text);
  if (bare.includes(':'))
    return URL.canParse(`http://[${bare}]`) ? bareHost(new URL(`http://[${bare}]`).hostname) : undefined;
  return /[*/?#@]/.test(bare) ? undefined : domainToASCII(bare) || undefined;
}
