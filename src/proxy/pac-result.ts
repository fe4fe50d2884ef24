import { ProxyServer, tryParseProxyAuthority, type ProxyList, type ProxyScheme } from './proxy-server.ts';

const schemes: ReadonlyMap<string, ProxyScheme> = new Map<string, ProxyScheme>([
  ['proxy', 'http'],
  ['https', 'https'],
  ['socks', 'socks4'],
  ['socks4', 'socks4'],
  ['socks5', 'socks5'],
  ['direct', 'direct'],
]);

/**
 * Reads what a PAC script returned. Bad elements are left out; when nothing remains, it is DIRECT.
 *
 * @see Chromium net/proxy_resolution/proxy_list.cc, SetFromPacString
 */
export function parsePacResult(text: string): ProxyList {
  const proxies = text
    .split(';')
    .map(tryParsePacElement)
    .filter(proxy => proxy !== undefined);
  return proxies.length > 0 ? proxies : [ProxyServer.direct];
}

/** Reads one element, such as `PROXY host:port` or `DIRECT`; undefined when it is malformed. */
export function tryParsePacElement(text: string): ProxyServer | undefined {
  const [, type, server] = /^([^ \t]*)(.*)$/s.exec(text.trim())!;
  // Credentials are for rules that the user wrote; in a PAC result they are malformed, as in Chromium.
  return server!.includes('@') ? undefined : tryParseProxyAuthority(server!, schemes.get(type!.toLowerCase()));
}

/** A list as `resolveProxy` shows it: PAC elements joined by `;`, without credentials. */
export function toPacString(list: ProxyList): string {
  return list.map(proxy => proxy.toPacElement()).join(';');
}
