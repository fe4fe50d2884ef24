import { tryParseProxyServer, type ProxyList, type ProxyScheme, type ProxyServer } from './proxy-server.ts';

/** URL schemes that can have a list of their own; `socks` is the list for all others. */
export type RuleScheme = 'http' | 'https' | 'ftp' | 'socks';

/** Parsed `proxyRules`. An empty list means that there is none. */
export interface ProxyRules {
  readonly type: 'empty' | 'single' | 'per-scheme';
  /** For every URL, when `type` is `single`. */
  readonly single: ProxyList;
  readonly http: ProxyList;
  readonly https: ProxyList;
  readonly ftp: ProxyList;
  /** The `socks=` list. */
  readonly socks: ProxyList;
  /** What was malformed or unknown and left out, fit to be shown. */
  readonly dropped: readonly string[];
}

const listNames: ReadonlySet<string> = new Set<RuleScheme>(['http', 'https', 'ftp', 'socks']);

/**
 * Reads Chromium's proxy rules, such as `http=foopy:80;socks=socks5://bar` or `foopy,direct://`. Never fails: what cannot
 * be read is left out and named in `dropped`.
 *
 * @see Chromium net/proxy_resolution/proxy_config.cc, ParseFromString
 */
export function parseProxyRules(text: string): ProxyRules {
  const lists: Record<RuleScheme, ProxyServer[]> = { http: [], https: [], ftp: [], socks: [] };
  const reader = new ListReader(text);
  let perScheme = false;
  for (const part of tokens(text, ';')) {
    const pieces = tokens(part, '=');
    for (let index = 0; index < pieces.length; index += 2) {
      const list = pieces[index + 1];
      if (list === undefined && !perScheme) {
        // A part without "=" is the proxy list for everything, and parsing stops here.
        const single = reader.read(pieces[index]!, 'http');
        return { type: 'single', single, ...lists, dropped: reader.dropped };
      }
      perScheme = true;
      const scheme = pieces[index]!.trim();
      if (list === undefined || !listNames.has(scheme)) reader.drop(list === undefined ? scheme : `${scheme}=${list}`);
      else lists[scheme as RuleScheme].push(...reader.read(list, scheme === 'socks' ? 'socks4' : 'http'));
    }
  }
  return { type: perScheme ? 'per-scheme' : 'empty', single: [], ...lists, dropped: reader.dropped };
}

/**
 * The list that serves a URL scheme, with the name it has in the rules; undefined: go direct.
 *
 * @param protocol - With its colon.
 */
export function selectProxies(
  rules: ProxyRules,
  protocol: string,
): { readonly list: ProxyList; readonly name: RuleScheme | 'all' } | undefined {
  if (rules.type === 'single') return rules.single.length > 0 ? { list: rules.single, name: 'all' } : undefined;
  const name = listOrder(protocol).find(candidate => rules[candidate].length > 0);
  return name && { list: rules[name], name };
}

/** Whether any proxy, or `direct://`, is left in the rules. */
export function hasProxies(rules: ProxyRules): boolean {
  return [rules.single, rules.http, rules.https, rules.ftp, rules.socks].some(list => list.length > 0);
}

function listOrder(protocol: string): readonly RuleScheme[] {
  // RFC 6455 4.1.3: a WebSocket prefers the SOCKS proxy, then the one for https, then the one for http.
  if (protocol === 'ws:' || protocol === 'wss:') return ['socks', 'https', 'http'];
  const own = protocol.slice(0, -1);
  return own !== 'socks' && listNames.has(own) ? [own as RuleScheme, 'socks'] : ['socks'];
}

function tokens(text: string, separator: string): string[] {
  return text.split(separator).filter(token => token !== '');
}

/** Reads lists of proxies and collects what is malformed. */
class ListReader {
  readonly dropped: string[] = [];
  // Cut at the wrong place, a password may be part of any entry: then entries are counted, not shown.
  readonly #secret: boolean;

  constructor(text: string) {
    this.#secret = text.includes('@');
  }

  read(list: string, defaultScheme: ProxyScheme): ProxyServer[] {
    const proxies: ProxyServer[] = [];
    for (const entry of tokens(list, ',')) {
      const proxy = tryParseProxyServer(entry, defaultScheme);
      if (proxy) proxies.push(proxy);
      else this.drop(entry);
    }
    return proxies;
  }

  drop(entry: string): void {
    this.dropped.push(this.#secret ? `(hidden entry ${this.dropped.length + 1})` : entry.trim());
  }
}

/** No rules: everything goes direct. */
export const noProxyRules: ProxyRules = parseProxyRules('');
