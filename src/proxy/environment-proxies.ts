import { parseBypassRules, type BypassRules } from './proxy-bypass.ts';
import { parseProxyRules, type ProxyRules } from './proxy-rules.ts';

/** The environment, as `process.env`. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What the environment says about proxies. */
export interface EnvironmentProxies {
  readonly rules: ProxyRules;
  readonly bypass: BypassRules;
}

/**
 * Reads `HTTP_PROXY`, `HTTPS_PROXY`, `ALL_PROXY` (one proxy each) and `NO_PROXY`; small letters win over capitals.
 *
 * A name in `NO_PROXY` stands for its subdomains too, with or without a leading dot or `*.`. `HTTP_PROXY` in capitals is
 * not read in a CGI program, where a request's `Proxy` header would set it (CVE-2016-5385).
 *
 * @see Chromium net/proxy_resolution/proxy_config_service_linux.cc; curl's manual, "Proxy environment variables"
 */
export function readEnvironmentProxies(env: Environment): EnvironmentProxies {
  const read = (name: string): string => (env[name.toLowerCase()] ?? env[name] ?? '').trim();
  const http = env['REQUEST_METHOD'] === undefined ? read('HTTP_PROXY') : (env['http_proxy'] ?? '').trim();
  const lists: [scheme: string, value: string][] = [
    ['http', http],
    ['https', read('HTTPS_PROXY')],
    ['socks', read('ALL_PROXY')],
  ];
  const rules = lists.filter(([, value]) => value !== '').map(([scheme, value]) => `${scheme}=${ruleOf(value)}`);
  return { rules: parseProxyRules(rules.join(';')), bypass: parseBypassRules(bypassOf(read('NO_PROXY'))) };
}

/** As one entry of a rule: HTTP unless it says otherwise, without the slash that URLs end in. */
function ruleOf(value: string): string {
  const uri = value.includes('://') ? value : `http://${value}`;
  const encoded = uri.replace(/\/$/, '').replaceAll(/[,;=]/g, character => encodeURIComponent(character));
  return encoded;
}

function bypassOf(value: string): string {
  const names = value.split(/[\s,]+/).filter(name => name !== '');
  return names.flatMap(subdomainsToo).join(',');
}

function subdomainsToo(entry: string): readonly string[] {
  const name = entry.replace(/^\*?\./, '');
  // Addresses, blocks and "*" stand for themselves.
  if (/^[\d.:]+$/.test(name) || /[/[*]/.test(name) || name.split(':').length > 2) return [entry];
  return [name, `.${name}`];
}
