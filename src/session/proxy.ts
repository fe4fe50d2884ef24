import type { ProxyExplanation, ProxyResolver } from '../proxy/proxy-resolver.ts';
import { readUrl } from '../util/url.ts';

/**
 * Why requests go where they go.
 *
 * @example Which rule sends a URL to which proxy
 * import { session } from 'sojourn';
 * const ses = session.fromPartition('explained');
 * await ses.setProxy({ proxyRules: 'https=proxy.test:3128', proxyBypassRules: '*.internal.test' });
 * const { result, rule } = await ses.proxy.explain('https://site.test/');
 * console.assert(result === 'PROXY proxy.test:3128' && rule === 'https');
 */
export class Proxy {
  readonly #resolver: () => ProxyResolver;

  /** Made by Session only. */
  constructor(resolver: () => ProxyResolver) {
    this.#resolver = resolver;
  }

  /**
   * How the proxies for `url` are found: the rule or the PAC script's line that chose them, the bypass rule that matched,
   * and which proxies failed lately and until when they are tried last. Holds no credentials.
   *
   * @throws {TypeError} If the URL cannot be parsed; `code` is `ERR_INVALID_OPTION`.
   */
  async explain(url: string | URL): Promise<ProxyExplanation> {
    return this.#resolver().explain(readUrl('explain a proxy', url));
  }
}
