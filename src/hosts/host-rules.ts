import { invalidType } from '../util/errors.ts';
import { bareHost } from '../util/url.ts';

/** Where a host leads by the rules: canonical host (IPv6 in brackets) and port. */
export interface MappedHost {
  readonly hostname: string;
  readonly port: number;
}

interface MapRule {
  readonly pattern: RegExp;
  /** undefined: names that match do not exist. */
  readonly target: { readonly hostname: string; readonly port: number | undefined } | undefined;
}

/**
 * Rules that send host names elsewhere, in the grammar of Chromium's switches `--host-resolver-rules` and
 * `--host-rules`. Immutable.
 *
 * The two switches share the grammar and differ in what is mapped:
 *
 * | | host-resolver-rules | host-rules |
 * |---|---|---|
 * | address that is connected to | mapped | mapped |
 * | name in the TLS handshake and its certificate | as asked | mapped |
 * | name given to a proxy (CONNECT, SOCKS) | as asked | mapped |
 * | the proxy's own name | mapped | as asked |
 * | Host header, cookies, cache | as asked | as asked |
 */
export class HostRules {
  static readonly none: HostRules = new HostRules([], []);

  readonly #maps: readonly MapRule[];
  readonly #exclusions: readonly RegExp[];

  constructor(maps: readonly MapRule[], exclusions: readonly RegExp[]) {
    this.#maps = maps;
    this.#exclusions = exclusions;
  }

  /** The mapped host; `'not-found'` if the rules say that there is none; undefined if no rule applies. */
  map(hostname: string, port: number): MappedHost | 'not-found' | undefined {
    if (this.#maps.length === 0) return undefined;
    const forms = [bareHost(hostname), hostname, `${hostname}:${port}`];
    const rule = this.#maps.find(({ pattern }) => forms.some(form => pattern.test(form)));
    // Exclusions know no port, and win over every mapping wherever they stand in the list.
    if (!rule || this.#exclusions.some(pattern => pattern.test(forms[0]!) || pattern.test(hostname))) return undefined;
    if (!rule.target) return 'not-found';
    return { hostname: rule.target.hostname, port: rule.target.port ?? port };
  }
}

/**
 * Reads rules such as `MAP *.test 127.0.0.1:8080, MAP * ^NOTFOUND, EXCLUDE *.example.com`.
 *
 * The first `MAP` that matches wins. A pattern is compared with the host and with `host:port`, in any letter case;
 * `*` is any run of characters, `?` one character or none, a backslash makes either plain. `^NOTFOUND` (`~NOTFOUND` in
 * older Chromium) makes names fail with ERR_NAME_NOT_RESOLVED.
 *
 * @param action - What the caller is about to do, for the message: `'use host rules'`.
 * @throws {TypeError} If a rule cannot be read; Chromium logs it and goes on without. `code` is `ERR_INVALID_OPTION`.
 * @see Chromium net/base/host_mapping_rules.cc
 */
export function parseHostRules(action: string, text: string): HostRules {
  const maps: MapRule[] = [];
  const exclusions: RegExp[] = [];
  for (const item of text.split(',')) {
    const rule = item.trim();
    if (rule === '') continue;
    const [keyword, pattern, target, ...rest] = rule.split(/\s+/);
    if (/^exclude$/i.test(keyword!) && pattern && !target) {
      exclusions.push(wildcard(pattern));
    } else if (/^map$/i.test(keyword!) && pattern && target && rest.length === 0) {
      maps.push({ pattern: wildcard(pattern), target: parseTarget(action, rule, target) });
    } else {
      throw refused(action, rule, 'a rule is "MAP pattern host[:port]" or "EXCLUDE pattern"');
    }
  }
  return maps.length === 0 ? HostRules.none : new HostRules(maps, exclusions);
}

function parseTarget(action: string, rule: string, target: string): MapRule['target'] {
  if (/^[~^]NOTFOUND$/.test(target)) return undefined;
  const parts = /^(\[[^\]]*\]|[^:[\]]+)(?::(\d{1,5}))?$/.exec(target);
  const port = parts?.[2] === undefined ? undefined : Number(parts[2]);
  const hostname = parts && !/[/\\?#@%]/.test(parts[1]!) ? URL.parse(`http://${parts[1]}/`)?.hostname : undefined;
  if (!hostname || port === 0 || (port ?? 0) > 65_535) {
    throw refused(action, rule, 'the replacement must be a host, with a port from 1 to 65535 if any');
  }
  return { hostname, port };
}

function refused(action: string, rule: string, why: string): TypeError {
  return invalidType(`Cannot ${action}: rule "${rule}" cannot be read: ${why}`);
}

// Chromium base/strings/pattern.cc
function wildcard(pattern: string): RegExp {
  const source = pattern.replaceAll(/\\[*?]|\*+|[.?+^${}()|[\]\\]/g, part => {
    if (part.startsWith('*')) return '.*';
    return part === '?' ? '.?' : part.length === 2 ? part : `\\${part}`;
  });
  return new RegExp(`^${source}$`, 'i');
}
