import { findBypass, type BypassRules } from './proxy-bypass.ts';
import { selectProxies, type ProxyRules, type RuleScheme } from './proxy-rules.ts';
import { ProxyServer, type ProxyList } from './proxy-server.ts';
import type { ProxyTarget } from './proxy-target.ts';

/** The list of no proxy. */
export const directOnly: ProxyList = Object.freeze([ProxyServer.direct]);

/** What the rules say of a URL, and which of them said it. */
export interface FixedChoice {
  readonly list: ProxyList;
  /** The list of the rules that serves it; undefined: none does. */
  readonly rule: RuleScheme | 'all' | undefined;
  /** The rule that sends it past the proxies, or `implicit`. */
  readonly bypass: string | undefined;
}

const maxRemembered = 4096;

/** Proxies by fixed rules. Remembers its choices by scheme, host and port. Owned by ProxyResolver. */
export class FixedProxies {
  readonly #rules: ProxyRules;
  readonly #bypass: BypassRules;
  readonly #remembered = new Map<string, FixedChoice>();

  constructor(rules: ProxyRules, bypass: BypassRules) {
    this.#rules = rules;
    this.#bypass = bypass;
  }

  choose(target: ProxyTarget): FixedChoice {
    const key = `${target.protocol}${target.hostname}:${target.port}`;
    const remembered = this.#remembered.get(key);
    if (remembered) return remembered;
    const choice = this.#decide(target);
    if (this.#remembered.size >= maxRemembered) this.#remembered.clear();
    this.#remembered.set(key, choice);
    return choice;
  }

  #decide(target: ProxyTarget): FixedChoice {
    const bypass = findBypass(this.#bypass, target);
    if (bypass !== undefined) return { list: directOnly, rule: undefined, bypass };
    const selected = selectProxies(this.#rules, target.protocol);
    return { list: selected?.list ?? directOnly, rule: selected?.name, bypass };
  }
}
