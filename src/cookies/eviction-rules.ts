import type { Cookie } from './cookie.ts';
import type { SiteCookies } from './site-cookies.ts';

/** How many cookies are kept. `Infinity` turns a limit off. */
export interface CookieLimits {
  /** Unpartitioned cookies of one registrable domain. Default in Session: 180. */
  readonly perSite: number;
  /** All cookies, as far as they were not used for 30 days. Default in Session: 3300. */
  readonly total: number;
}

/** Chromium kPerPartitionDomainMaxCookies, kPerPartitionDomainMaxCookieBytes. */
const maxPerPartition = 180;
const maxBytesPerPartition = 10_240;

/** How many are left once a site was over its limit: of 180, 150. Chromium kDomainPurgeCookies. */
function keptPerSite(perSite: number): number {
  return Math.floor((perSite * 5) / 6);
}

/** How many are left once all were over the limit: of 3300, 3000. Chromium kPurgeCookies. */
export function keptInTotal(total: number): number {
  return Math.floor((total * 10) / 11);
}

/**
 * What must go from a site's cookies after `added` came: those used longest ago, insecure ones before Secure ones.
 *
 * @see Chromium CookieMonster::GarbageCollect, with every cookie of the same priority
 */
export function overSiteLimit(site: SiteCookies, added: Cookie, perSite: number): readonly Cookie[] {
  if (added.partitionKey !== undefined) return overPartitionLimit(site.all(), added.partitionKey);
  if (site.count <= perSite) return [];
  const unpartitioned = site.all().filter(cookie => cookie.partitionKey === undefined);
  if (unpartitioned.length <= perSite) return [];
  return unpartitioned.toSorted(insecureFirst).slice(0, unpartitioned.length - keptPerSite(perSite));
}

/** Chromium CookieMonster::GarbageCollectPartitionedCookies. */
function overPartitionLimit(cookies: readonly Cookie[], partitionKey: string): readonly Cookie[] {
  const partition = cookies.filter(cookie => cookie.partitionKey === partitionKey).toSorted(leastRecentFirst);
  let bytes = 0;
  for (const cookie of partition) bytes += byteLength(cookie);
  let evicted = 0;
  while (bytes > maxBytesPerPartition || partition.length - evicted > maxPerPartition) {
    bytes -= byteLength(partition[evicted++]!);
  }
  return partition.slice(0, evicted);
}

/** Insecure cookies before Secure ones, and of each the one used longest ago. */
export function insecureFirst(a: Cookie, b: Cookie): number {
  return Number(a.secure) - Number(b.secure) || leastRecentFirst(a, b);
}

function leastRecentFirst(a: Cookie, b: Cookie): number {
  return a.lastAccessedAt - b.lastAccessedAt || a.createdAt - b.createdAt;
}

function byteLength(cookie: Cookie): number {
  return Buffer.byteLength(cookie.name) + Buffer.byteLength(cookie.value);
}
