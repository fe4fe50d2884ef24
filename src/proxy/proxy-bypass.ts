import { bareHost, isIpHost } from '../util/url.ts';
import { hostPattern } from '../util/host-pattern.ts';
import { matchesPrefix, tryParseCidr, tryParseIp } from './ip-address.ts';
import { effectivePort, type ProxyTarget } from './proxy-target.ts';

/** One rule of a bypass list. */
export interface BypassRule {
  /** The rule in canonical form. */
  readonly text: string;
  /** `include`: goes direct; `exclude`: takes the implicit rules back; undefined: the rule does not apply. */
  evaluate(target: ProxyTarget): 'include' | 'exclude' | undefined;
}

/** A parsed `proxyBypassRules`. */
export interface BypassRules {
  readonly rules: readonly BypassRule[];
  /** Entries that were malformed and left out. */
  readonly dropped: readonly string[];
}

/** No rules of one's own; the implicit ones still hold. */
export const noBypassRules: BypassRules = { rules: [], dropped: [] };

const linkLocalV4 = tryParseCidr('169.254.0.0/16')!;
const linkLocalV6 = tryParseCidr('fe80::/10')!;
const loopbackV4 = tryParseCidr('127.0.0.0/8')!;
const loopbackV6 = tryParseCidr('::1/128')!;

/**
 * Reads a list of bypass rules, separated by `,` or `;`. Never fails: malformed ones are named in `dropped`.
 *
 * @see Chromium net/proxy_resolution/proxy_bypass_rules.cc
 */
export function parseBypassRules(text: string): BypassRules {
  const rules: BypassRule[] = [];
  const dropped: string[] = [];
  for (const entry of text.split(/[,;]/)) {
    const rule = tryParseBypassRule(entry);
    if (rule) rules.push(rule);
    else if (entry.trim() !== '') dropped.push(entry.trim());
  }
  return { rules, dropped };
}

/**
 * The text of the rule that sends a URL past the proxy, `implicit` for the rules that hold without being given;
 * undefined: the proxy serves it. The last rule that matches decides.
 */
export function findBypass({ rules }: BypassRules, target: ProxyTarget): string | undefined {
  for (let index = rules.length - 1; index >= 0; index--) {
    const verdict = rules[index]!.evaluate(target);
    if (verdict) return verdict === 'include' ? rules[index]!.text : undefined;
  }
  return isImplicitlyBypassed(target.hostname) ? 'implicit' : undefined;
}

/**
 * Whether a canonical host is this machine or link-local: such hosts go direct unless `<-loopback>` is given.
 *
 * @see Chromium net/proxy_resolution/proxy_bypass_rules.cc, MatchesImplicitRules
 */
export function isImplicitlyBypassed(hostname: string): boolean {
  if (!isIpHost(hostname)) {
    const name = hostname.endsWith('.') ? hostname.slice(0, -1) : hostname;
    return name === 'localhost' || name.endsWith('.localhost') || (process.platform === 'win32' && name === 'loopback');
  }
  const address = tryParseIp(bareHost(hostname));
  if (!address) return false;
  const ranges = [loopbackV4, loopbackV6, linkLocalV4, linkLocalV6];
  return ranges.some(({ prefix, bits }) => matchesPrefix(address, prefix, bits));
}

/** Reads one rule; undefined when it is malformed. */
export function tryParseBypassRule(entry: string): BypassRule | undefined {
  const trimmed = entry.trim();
  const lower = trimmed.toLowerCase();
  if (lower === '<local>') return { text: '<local>', evaluate: localRule };
  if (lower === '<-loopback>') return { text: '<-loopback>', evaluate: subtractImplicitRule };
  const [, scheme, rest] = /^(?:(.*?):\/\/)?(.*)$/s.exec(trimmed)!;
  if (scheme === '' || rest === '') return undefined;
  const prefix = scheme === undefined ? '' : `${scheme.toLowerCase()}://`;
  const protocol = scheme === undefined ? undefined : `${scheme.toLowerCase()}:`;
  if (rest!.includes('/')) return tryMakeCidrRule(rest!, protocol);
  return tryMakeAddressRule(rest!, { prefix, protocol }) ?? tryMakePatternRule(rest!, { prefix, protocol });
}

interface SchemePart {
  /** `scheme://`, or empty. */
  readonly prefix: string;
  /** `scheme:`; undefined: any. */
  readonly protocol: string | undefined;
}

function tryMakeCidrRule(text: string, protocol: string | undefined): BypassRule | undefined {
  const block = tryParseCidr(text);
  if (!block) return undefined;
  return {
    text,
    evaluate(target) {
      if (!isIpHost(target.hostname) || (protocol && target.protocol !== protocol)) return undefined;
      const address = tryParseIp(bareHost(target.hostname));
      return address && matchesPrefix(address, block.prefix, block.bits) ? 'include' : undefined;
    },
  };
}

function tryMakeAddressRule(text: string, { prefix, protocol }: SchemePart): BypassRule | undefined {
  const parts = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d+))?$/.exec(text);
  const port = parts?.[3] === undefined ? undefined : Number(parts[3]);
  if (!parts || (port ?? 0) > 0xffff) return undefined;
  const literal = (parts[1] ?? parts[2])!;
  if (!tryParseIp(literal) || (parts[1] !== undefined) !== literal.includes(':')) return undefined;
  const host = new URL(`http://${parts[1] === undefined ? literal : `[${literal}]`}/`).hostname;
  return makeHostRule(host, { prefix, protocol, port: port || undefined, matches: hostname => hostname === host });
}

function tryMakePatternRule(text: string, { prefix, protocol }: SchemePart): BypassRule | undefined {
  const colon = text.lastIndexOf(':');
  const digits = colon < 0 ? undefined : text.slice(colon + 1);
  if (digits !== undefined && (!/^\d+$/.test(digits) || Number(digits) > 0xffff)) return undefined;
  const name = (colon < 0 ? text : text.slice(0, colon)).toLowerCase();
  const pattern = name.startsWith('.') ? `*${name}` : name;
  const port = digits === undefined ? undefined : Number(digits);
  return makeHostRule(pattern, { prefix, protocol, port, matches: hostPattern(pattern) });
}

function makeHostRule(
  name: string,
  rule: SchemePart & { readonly port: number | undefined; matches(hostname: string): boolean },
): BypassRule {
  return {
    text: `${rule.prefix}${name}${rule.port === undefined ? '' : `:${rule.port}`}`,
    evaluate(target) {
      if (rule.port !== undefined && effectivePort(target) !== rule.port) return undefined;
      if (rule.protocol !== undefined && target.protocol !== rule.protocol) return undefined;
      return rule.matches(target.hostname) ? 'include' : undefined;
    },
  };
}

// "<local>" has nothing to do with loopback: it means a host without a dot.
function localRule(target: ProxyTarget): 'include' | undefined {
  return target.hostname.includes('.') || isIpHost(target.hostname) ? undefined : 'include';
}

function subtractImplicitRule(target: ProxyTarget): 'exclude' | undefined {
  return isImplicitlyBypassed(target.hostname) ? 'exclude' : undefined;
}
