import type { CookieContext, CookieTarget } from './cookie.ts';

/** A URL as the cookie store wants it. */
export function cookieTarget(url: URL): CookieTarget {
  return { protocol: url.protocol, hostname: url.hostname, path: url.pathname };
}

/** The path without the query. */
export function pathOf(target: CookieTarget): string {
  const query = target.path.indexOf('?');
  return query === -1 ? target.path : target.path.slice(0, query);
}

/** Whether a scheme encrypts. */
export function isEncrypted(protocol: string): boolean {
  return protocol === 'https:' || protocol === 'wss:';
}

/** Whether Secure cookies may be set from here and sent here. Chromium cookie_util ProvisionalAccessScheme. */
export function isTrustworthy(target: CookieTarget): boolean {
  return isEncrypted(target.protocol) || isLoopback(target.hostname);
}

/** Whether cookies exist for this scheme at all. */
export function isCookieable(protocol: string): boolean {
  return protocol === 'http:' || protocol === 'ws:' || isEncrypted(protocol);
}

/** `localhost`, names under it, 127.0.0.0/8 and [::1]. Chromium net::IsLocalhost. */
function isLoopback(hostname: string): boolean {
  if (hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)) return true;
  const name = hostname.endsWith('.') ? hostname.slice(0, -1) : hostname;
  return name === 'localhost' || name.endsWith('.localhost');
}

/** The context in which every SameSite cookie is readable and settable: a program's own look at its cookies. */
export function ownContext(topLevelSite: string): CookieContext {
  return { sameSite: 'same-site-strict', topLevelSite, http: true };
}
