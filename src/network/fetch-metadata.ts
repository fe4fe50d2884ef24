import { siteOfUrl } from '../util/site.ts';
import { isIpHost } from '../util/url.ts';

interface Metadata {
  /** The URLs of the request so far, the last one being asked for now. */
  readonly chain: readonly URL[];
  /** Who asks; undefined: nobody's page, which is `none`. */
  readonly initiator: URL | undefined;
  readonly mode: string;
  readonly destination: string;
  readonly userActivated: boolean;
}

/** The Sec-Fetch headers, names and values in turn. Fetch Metadata 2. */
export function fetchMetadata({ chain, initiator, mode, destination, userActivated }: Metadata): string[] {
  // Fetch Metadata 3: to trustworthy URLs only.
  if (!isTrustworthy(chain.at(-1)!)) return [];
  const headers = ['Sec-Fetch-Site', initiator ? relation(chain, initiator) : 'none', 'Sec-Fetch-Mode', mode];
  if (userActivated) headers.push('Sec-Fetch-User', '?1');
  headers.push('Sec-Fetch-Dest', destination);
  return headers;
}

// Fetch Metadata 2.3: the worst one of the chain.
function relation(chain: readonly URL[], initiator: URL): string {
  const site = siteOfUrl(initiator);
  if (chain.some(url => siteOfUrl(url) !== site)) return 'cross-site';
  return chain.every(url => url.origin === initiator.origin) ? 'same-origin' : 'same-site';
}

// Secure Contexts 3.1
function isTrustworthy({ protocol, hostname }: URL): boolean {
  if (protocol === 'https:' || hostname === 'localhost' || hostname.endsWith('.localhost')) return true;
  return hostname === '[::1]' || (isIpHost(hostname) && hostname.startsWith('127.'));
}
