import { domainToASCII } from 'node:url';
import { isPublicSuffix, registrableDomain } from '../util/site.ts';
import { isIpHost } from '../util/url.ts';
import type { RefusalReason } from './cookie.ts';

/** Which hosts a cookie goes to. */
export interface CookieDomain {
  /** Without a leading dot. */
  readonly domain: string;
  readonly hostOnly: boolean;
}

/**
 * The domain of a cookie that `hostname` sets with this Domain attribute ('' for none), or why it may not.
 *
 * @see RFC 6265bis 5.7 steps 7 to 10; Chromium cookie_util GetCookieDomainWithString
 */
export function cookieDomain(hostname: string, attribute: string): CookieDomain | RefusalReason {
  // RFC 6265bis 5.1.2: only the last label may be empty.
  if (hostname.endsWith('..')) return 'domain-mismatch';
  const host: CookieDomain = { domain: hostname, hostOnly: true };
  if (attribute === '') return host;
  const plain = attribute.startsWith('.') ? attribute.slice(1) : attribute;
  if (isIpHost(hostname)) return plain.toLowerCase() === hostname ? host : 'domain-mismatch';
  const domain = canonicalDomain(plain);
  if (domain === undefined) return 'domain-mismatch';
  const site = registrableDomain(hostname);
  // RFC 6265bis 5.7 step 8: a public suffix, or a name of one label, sets cookies for itself alone.
  if (site === undefined) return plain.toLowerCase() === hostname ? host : 'domain-mismatch';
  if (domain !== hostname && !hostname.endsWith(`.${domain}`)) return 'domain-mismatch';
  if (registrableDomain(domain) !== site) return isPublicSuffix(domain) ? 'public-suffix' : 'domain-mismatch';
  return { domain, hostOnly: false };
}

/** Whether a cookie goes to this host. RFC 6265bis 5.1.3, and the host-only flag. */
export function domainMatches(cookie: CookieDomain, hostname: string): boolean {
  if (cookie.domain === hostname) return true;
  return !cookie.hostOnly && isBelow(hostname, cookie.domain);
}

/** Whether `hostname` is a name under `domain`; an address is under nothing. */
export function isBelow(hostname: string, domain: string): boolean {
  const start = hostname.length - domain.length;
  return start > 0 && hostname.charCodeAt(start - 1) === 0x2e && hostname.endsWith(domain) && !isIpHost(hostname);
}

/** Lower case, Unicode as Punycode; undefined when it is no host name. RFC 6265bis 5.1.2. */
function canonicalDomain(text: string): string | undefined {
  if (/^[a-z0-9-]+(\.[a-z0-9-]+)*\.?$/.test(text)) return text;
  // Chromium takes no escapes here.
  if (text.includes('%')) return undefined;
  return domainToASCII(text) || undefined;
}
