import type { AuthParty, Authenticator } from '../auth/authenticator.ts';
import { basicAuthorization } from '../auth/basic.ts';
import type { ProxyServer } from '../proxy/proxy-server.ts';

/** A proxy as someone who may ask for credentials for `url`. */
export function proxyParty(proxy: ProxyServer, url: string): AuthParty {
  return {
    isProxy: true,
    origin: `${proxy.scheme}://${proxy.authority}`,
    path: '',
    url,
    given: proxy.getCredentials(),
  };
}

/**
 * The Proxy-Authorization field for a request that cannot be sent again: by what the proxy asked for before, else the
 * credentials of the rule as Basic. undefined: there are none.
 */
export function authorizeProxy(
  authenticator: Authenticator,
  proxy: ProxyServer,
  { method, url }: { readonly method: string; readonly url: string },
): string | undefined {
  const { pathname, search } = new URL(url);
  const known = authenticator.begin(proxyParty(proxy, url)).unasked({ method, uri: pathname + search, body: '' });
  const given = proxy.getCredentials();
  return known ?? (given && basicAuthorization(given));
}
