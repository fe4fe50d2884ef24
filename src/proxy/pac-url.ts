import type { ProxyTarget } from './proxy-target.ts';

/**
 * The URL as a PAC script may see it: never with credentials or fragment, and for encrypted schemes without path and
 * query, which the script's author could otherwise read along with.
 *
 * @see Chromium net/proxy_resolution/configured_proxy_resolution_service.cc, SanitizeUrl
 */
export function sanitizePacUrl({ protocol, hostname, port, href }: ProxyTarget): string {
  const origin = port === '' ? `${protocol}//${hostname}` : `${protocol}//${hostname}:${port}`;
  if (href === undefined || protocol === 'https:' || protocol === 'wss:') return `${origin}/`;
  const path = href.indexOf('/', href.indexOf('//') + 2);
  const end = href.indexOf('#');
  if (path < 0 || (end >= 0 && end < path)) return `${origin}/`;
  return origin + (end < 0 ? href.slice(path) : href.slice(path, end));
}
