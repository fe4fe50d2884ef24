import { bareHost } from '../util/url.ts';

/** What is spoken to the proxy; `direct` is no proxy. */
export type ProxyScheme = 'direct' | 'http' | 'https' | 'socks4' | 'socks5';

/** User name and password for a proxy, decoded. */
export interface ProxyCredentials {
  readonly username: string;
  readonly password: string;
}

/** Proxies in the order they are to be tried; never empty. */
export type ProxyList = readonly ProxyServer[];

const defaultPorts = { http: 80, https: 443, socks4: 1080, socks5: 1080 } as const;
const pacTypes = { http: 'PROXY', https: 'HTTPS', socks4: 'SOCKS', socks5: 'SOCKS5' } as const;
const uriSchemes: ReadonlyMap<string, ProxyScheme> = new Map<string, ProxyScheme>([
  ['http', 'http'],
  ['https', 'https'],
  ['socks', 'socks5'],
  ['socks4', 'socks4'],
  ['socks5', 'socks5'],
  ['direct', 'direct'],
]);

/**
 * One proxy, or none (`direct`). Never changed after it was made.
 *
 * Its credentials are told by `getCredentials` alone: not in its texts, nor when it is inspected, serialised or spread.
 */
export class ProxyServer {
  /** No proxy: a connection straight to the target. */
  static readonly direct: ProxyServer = new ProxyServer('direct', '', 0);

  readonly scheme: ProxyScheme;
  /** Canonical host, IPv6 without brackets; empty for `direct`. */
  readonly host: string;
  /** 0 for `direct`. */
  readonly port: number;
  readonly #credentials: ProxyCredentials | undefined;

  constructor(scheme: ProxyScheme, host: string, port: number, credentials?: ProxyCredentials) {
    this.scheme = scheme;
    this.host = host;
    this.port = port;
    this.#credentials = credentials;
  }

  get isDirect(): boolean {
    return this.scheme === 'direct';
  }

  /** Those given in the rule; undefined when it had none. */
  getCredentials(): ProxyCredentials | undefined {
    return this.#credentials;
  }

  /** `host:port`, IPv6 in brackets. */
  get authority(): string {
    return this.host.includes(':') ? `[${this.host}]:${this.port}` : `${this.host}:${this.port}`;
  }

  /** As in `proxyRules`, without credentials; an HTTP proxy has no scheme. Tells proxies apart. */
  toUri(): string {
    if (this.scheme === 'direct') return 'direct://';
    return this.scheme === 'http' ? this.authority : `${this.scheme}://${this.authority}`;
  }

  /** As a PAC script would return it: `PROXY host:port`, `DIRECT`. */
  toPacElement(): string {
    return this.scheme === 'direct' ? 'DIRECT' : `${pacTypes[this.scheme]} ${this.authority}`;
  }

  toString(): string {
    return this.toUri();
  }

  toJSON(): string {
    return this.toUri();
  }
}

/**
 * Reads `[scheme://][user:pass@]host[:port]` or `direct://`; undefined when it is malformed.
 *
 * User name and password are percent-decoded; Chromium refuses them, we keep them. A path, an empty port, a host that no
 * URL could have: malformed.
 *
 * @param defaultScheme - For a text without a scheme: `http`, and `socks4` in a `socks=` list.
 * @see Chromium net/base/proxy_string_util.cc
 */
export function tryParseProxyServer(uri: string, defaultScheme: ProxyScheme = 'http'): ProxyServer | undefined {
  const text = uri.trim();
  const colon = text.indexOf(':');
  if (colon < 0 || !text.startsWith('//', colon + 1)) return tryParseProxyAuthority(text, defaultScheme);
  return tryParseProxyAuthority(text.slice(colon + 3), uriSchemes.get(text.slice(0, colon).toLowerCase()));
}

/** Reads `[user:pass@]host[:port]`; undefined when it is malformed, or when there is no scheme. */
export function tryParseProxyAuthority(text: string, scheme: ProxyScheme | undefined): ProxyServer | undefined {
  const authority = text.trim();
  if (scheme === undefined) return undefined;
  if (scheme === 'direct') return authority === '' ? ProxyServer.direct : undefined;
  const at = authority.lastIndexOf('@');
  const server = /^(.*?)(?::([^:\]]*))?$/s.exec(authority.slice(at + 1))!;
  const host = canonicalHost(server[1]!.trim());
  const port = server[2] === undefined ? defaultPorts[scheme] : tryParsePort(server[2]);
  if (host === undefined || port === undefined) return undefined;
  if (at < 0) return new ProxyServer(scheme, host, port);
  const credentials = tryParseUserInfo(authority.slice(0, at));
  return credentials && new ProxyServer(scheme, host, port, credentials);
}

function canonicalHost(text: string): string | undefined {
  if (text === '' || /[\s/\\?#@]/.test(text)) return undefined;
  const bracketed = !text.startsWith('[') && text.includes(':') ? `[${text}]` : text;
  const hostname = URL.parse(`http://${bracketed}/`)?.hostname;
  return hostname === undefined ? undefined : bareHost(hostname);
}

function tryParsePort(text: string): number | undefined {
  return /^0*\d{1,5}$/.test(text) && Number(text) <= 0xffff ? Number(text) : undefined;
}

function tryParseUserInfo(text: string): ProxyCredentials | undefined {
  if (text === '') return undefined;
  const colon = text.indexOf(':');
  const username = colon < 0 ? text : text.slice(0, colon);
  return { username: decode(username), password: colon < 0 ? '' : decode(text.slice(colon + 1)) };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // URIError: a stray "%". Taken as it stands, as the person who typed the password means it.
    return text;
  }
}
