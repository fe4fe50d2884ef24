import { getDomain, getPublicSuffix } from 'tldts';
import { isIpHost } from './url.ts';

// Private suffixes (github.io) count, as in every browser's cookie rules. IP addresses and single labels have none.
const rules = { allowPrivateDomains: true, validateHostname: false, extractHostname: false } as const;

const remembered = new Map<string, string>();
const maxRemembered = 4096;

/**
 * The registrable domain of a canonical host, or the host itself where it has none (an IP address, a public suffix, a
 * single label).
 */
export function siteOfHost(hostname: string): string {
  const known = remembered.get(hostname);
  if (known !== undefined) return known;
  const site = registrableDomain(hostname) ?? hostname;
  if (remembered.size >= maxRemembered) remembered.clear();
  remembered.set(hostname, site);
  return site;
}

/** The registrable domain of a canonical host; undefined for an IP address, a public suffix and an empty first label. */
export function registrableDomain(hostname: string): string | undefined {
  if (isIpHost(hostname) || hostname.startsWith('.')) return undefined;
  // A fully qualified name keeps its dot: "a.test." and "a.test" are two sites, as in Chromium.
  if (hostname.endsWith('.')) {
    const domain = getDomain(hostname.slice(0, -1), rules);
    return domain ? `${domain}.` : undefined;
  }
  return getDomain(hostname, rules) ?? undefined;
}

/** Whether a canonical host is itself a public suffix, such as `co.uk`, `github.io` or an unknown top-level label. */
export function isPublicSuffix(hostname: string): boolean {
  return !isIpHost(hostname) && getPublicSuffix(hostname, rules) === hostname;
}

/** The site of a URL: scheme and registrable domain, as `https://example.com`. */
export function siteOfUrl(url: URL): string {
  const scheme = url.protocol === 'ws:' ? 'http:' : url.protocol === 'wss:' ? 'https:' : url.protocol;
  return `${scheme}//${siteOfHost(url.hostname)}`;
}
