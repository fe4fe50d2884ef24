import { invalidType } from '../util/errors.ts';
import { describe, OptionsReader } from '../util/options.ts';
import { noBypassRules, parseBypassRules, type BypassRules } from './proxy-bypass.ts';
import { hasProxies, noProxyRules, parseProxyRules, type ProxyRules } from './proxy-rules.ts';

/** Where the proxies come from. */
export type ProxyMode = 'direct' | 'auto_detect' | 'pac_script' | 'fixed_servers' | 'system';

/** What `setProxy` takes. */
export interface ProxyConfigInput {
  /** Default: `pac_script` with a `pacScript`, else `fixed_servers`. */
  mode?: ProxyMode;
  /** URL of a PAC script: http, https, file or data. */
  pacScript?: string;
  /** As `'http=foopy:80;socks=socks5://bar'`; a proxy may have `user:password@`. Empty: no proxy. */
  proxyRules?: string;
  /** As `'*.example.com, 10.0.0.0/8, <local>'`; `<-loopback>` lifts the implicit bypass of the loopback. */
  proxyBypassRules?: string;
  /** Default `'idle'`: connections of the old rules finish what they do; `'all'` cuts them. */
  closeConnections?: 'idle' | 'all';
}

/** What `setProxy` was told, complete and checked. */
export interface ProxyConfig {
  readonly mode: ProxyMode;
  /** URL of the script in mode `pac_script`, else empty. May hold credentials: mask it before showing it. */
  readonly pacScript: string;
  /** Of mode `fixed_servers`. */
  readonly rules: ProxyRules;
  /** Of mode `fixed_servers`. */
  readonly bypass: BypassRules;
  /** Which connections made under the old configuration are closed: the idle ones, or all. */
  readonly closeConnections: 'idle' | 'all';
}

/** No proxy at all. */
export const directConfig: ProxyConfig = {
  mode: 'direct',
  pacScript: '',
  rules: noProxyRules,
  bypass: noBypassRules,
  closeConnections: 'idle',
};

const action = 'set the proxy';
const keys = ['mode', 'pacScript', 'proxyRules', 'proxyBypassRules', 'closeConnections'];
const modes: readonly string[] = ['direct', 'auto_detect', 'pac_script', 'fixed_servers', 'system'];
const pacProtocols: ReadonlySet<string> = new Set(['http:', 'https:', 'file:', 'data:']);

/**
 * Reads what `setProxy` takes: the string of Electron 0.36 (URL of a PAC script, else rules), or today's object.
 *
 * @throws {TypeError} If the mode is none of the five, a PAC URL is none, or of the rules given not one proxy can be used:
 * going direct by accident would leak. `code` is `ERR_INVALID_OPTION`.
 * @see Electron `ses.setProxy`
 */
export function readProxyConfig(input: unknown): ProxyConfig {
  if (typeof input === 'string') return isPacUrl(input) ? pacConfig(input) : fixedConfig(input, '');
  if (typeof input !== 'object' || input === null) {
    throw invalidType(`Cannot ${action}: config must be a string or an object, got ${describe(input)}`);
  }
  const options = new OptionsReader(action, input, keys);
  const pacScript = options.string('pacScript', '');
  const proxyRules = options.string('proxyRules', '');
  const bypassRules = options.string('proxyBypassRules', '');
  const closeConnections = options.oneOf('closeConnections', ['idle', 'all'], 'idle');
  const mode = readMode((input as { mode?: unknown }).mode ?? (pacScript === '' ? 'fixed_servers' : 'pac_script'));
  if (mode === 'pac_script') return { ...pacConfig(pacScript), closeConnections };
  if (mode === 'fixed_servers') return { ...fixedConfig(proxyRules, bypassRules), closeConnections };
  return { ...directConfig, mode, closeConnections };
}

function readMode(input: unknown): ProxyMode {
  if (modes.includes(input as string)) return input as ProxyMode;
  // Electron's own words.
  throw invalidType('Invalid mode, must be one of direct, auto_detect, pac_script, fixed_servers or system');
}

function fixedConfig(proxyRules: string, bypassRules: string): ProxyConfig {
  const rules = parseProxyRules(proxyRules);
  if (proxyRules.trim() !== '' && !hasProxies(rules)) {
    const left = rules.dropped.length > 0 ? `; left out: ${rules.dropped.slice(0, 5).join(' ').slice(0, 200)}` : '';
    throw invalidType(`Cannot ${action}: of the rules given, no proxy can be used${left}`);
  }
  return { ...directConfig, mode: 'fixed_servers', rules, bypass: parseBypassRules(bypassRules) };
}

function pacConfig(pacScript: string): ProxyConfig {
  const url = URL.parse(pacScript);
  if (!url || !pacProtocols.has(url.protocol)) {
    const came = url ? `one of scheme "${url.protocol}"` : pacScript === '' ? 'none' : 'a text that is no URL';
    throw invalidType(`Cannot ${action}: pacScript must be an http, https, file or data URL, got ${came}`);
  }
  return { ...directConfig, mode: 'pac_script', pacScript: url.href };
}

/** Whether the string form names a PAC script: `foopy:80` and `socks4://foopy` parse as URLs too, but are rules. */
function isPacUrl(text: string): boolean {
  const protocol = URL.parse(text)?.protocol;
  if (protocol === undefined || !pacProtocols.has(protocol)) return false;
  const authority = protocol === 'data:' ? '' : /^\s*[a-z]+:[/\\]*([^/\\?#]*)/i.exec(text)![1]!;
  return !/[,;=]/.test(authority);
}
