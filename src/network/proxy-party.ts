import type { AuthParty } from '../auth/authenticator.ts';
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
