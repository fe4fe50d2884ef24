import { crypto } from '../util/builtins.ts';
import type { Clock } from '../util/clock.ts';
import { NetError, type NetErrorCode } from '../util/errors.ts';
import { readEnvironmentProxies, type Environment } from './environment-proxies.ts';
import { directOnly, FixedProxies } from './fixed-proxies.ts';
import { ownAddresses } from './own-addresses.ts';
import { PacProxies } from './pac-proxies.ts';
import { toPacString } from './pac-result.ts';
import type { FetchBytes } from './pac-source.ts';
import type { PacReport } from './pac-world.ts';
import { ParkedProxies, type ParkedProxy } from './parked-proxies.ts';
import { isImplicitlyBypassed, type BypassRules } from './proxy-bypass.ts';
import { directConfig, type ProxyConfig, type ProxyMode } from './proxy-config.ts';
import { shouldTryNext } from './proxy-fallback.ts';
import type { ProxyRules } from './proxy-rules.ts';
import type { ProxyList, ProxyServer } from './proxy-server.ts';
import type { ProxyTarget } from './proxy-target.ts';

/** What a resolver needs from outside. */
export interface ProxyResolverParts {
  readonly clock: Clock;
  /** Read in mode `system`, when that is set and at `reload`. */
  readonly env: Environment;
  /** Gets PAC scripts, never through a proxy. */
  readonly fetchBytes: FetchBytes;
  /** The addresses of a name, for PAC scripts; IPv6 without brackets. */
  readonly resolve: (host: string) => Promise<readonly string[]>;
  /** Told of each part of the rules that was malformed and left out. */
  readonly warn: (message: string) => void;
  /** Told what PAC scripts say, and why they fail. */
  readonly report: (report: PacReport) => void;
  /** For PAC scripts; from `node:crypto` by default. */
  readonly random?: () => number;
  /** For PAC scripts; those of the network interfaces by default. */
  readonly ownAddresses?: () => readonly string[];
}

/** How the proxies for one URL were found. Holds no credentials. */
export interface ProxyExplanation {
  readonly mode: ProxyMode;
  /** As `resolveProxy` gives it; empty when there is an error. */
  readonly result: string;
  /** The list of the rules that was taken (`all` for a list without a scheme); undefined when none was. */
  readonly rule: string | undefined;
  /** The bypass rule that sent it direct, in canonical form, or `implicit`; undefined when none did. */
  readonly bypass: string | undefined;
  /** What the PAC script returned, and by which of its lines where that is known; undefined when none was asked. */
  readonly pac: { readonly url: string; readonly result: string; readonly line: number | undefined } | undefined;
  /** Why there is no result, or why it is DIRECT although a PAC script was to decide. */
  readonly error: string | undefined;
  /** Proxies that failed lately and are tried last. */
  readonly parked: readonly ParkedProxy[];
}

// Chromium net/proxy_resolution/pac_file_decider.cc
const wpadUrl = 'http://wpad/wpad.dat';

const random = (): number => crypto().randomInt(2 ** 48 - 1) / 2 ** 48;

/**
 * Decides which proxies serve a URL, and in which order. Knows nothing of sockets.
 *
 * Owned by Session.
 *
 * @see Chromium net/proxy_resolution/configured_proxy_resolution_service.cc
 */
export class ProxyResolver {
  readonly #parts: ProxyResolverParts;
  readonly #parked: ParkedProxies;
  #config: ProxyConfig = directConfig;
  /** Neither of these two: everything goes direct. */
  #fixed: FixedProxies | undefined;
  #pac: PacProxies | undefined;

  constructor(parts: ProxyResolverParts) {
    this.#parts = parts;
    this.#parked = new ParkedProxies(parts.clock);
  }

  /** What was set last. */
  get config(): ProxyConfig {
    return this.#config;
  }

  /** Rules every resolution from now on. Parked proxies are forgotten; a PAC script is being fetched. */
  setConfig(config: ProxyConfig): void {
    this.#config = config;
    this.#start();
  }

  /** Reads the environment again, fetches the PAC script again, forgets parked proxies. Settles when that is done. */
  async reload(): Promise<void> {
    this.#start();
    await this.#pac?.loaded;
  }

  /**
   * The proxies for a URL in the order to try them, never none: at once whenever nothing must be waited for.
   *
   * @throws {NetError} ERR_MANDATORY_PROXY_CONFIGURATION_FAILED, at once or later, if a PAC script that was asked for
   * cannot be had or fails. Going direct instead would leak.
   */
  resolve(target: ProxyTarget): ProxyList | Promise<ProxyList> {
    if (this.#fixed) return this.#parked.order(this.#fixed.choose(target).list);
    if (!this.#pac || isImplicitlyBypassed(target.hostname)) return directOnly;
    try {
      const list = this.#pac.find(target);
      if (!(list instanceof Promise)) return this.#parked.order(list);
      return list.catch(error => this.#withoutScript(error)).then(found => this.#parked.order(found));
    } catch (error) {
      return this.#withoutScript(error);
    }
  }

  /**
   * Tells that connecting through a proxy failed: it is parked for five minutes when the error lets the next one be tried.
   * An emulated outage is no failure of a proxy, and must not be reported.
   *
   * @returns Whether the next proxy is to be tried.
   */
  reportFailure(proxy: ProxyServer, error: NetErrorCode): boolean {
    if (!shouldTryNext(error)) return false;
    this.#parked.park(proxy);
    return true;
  }

  /** Says how the proxies for a URL are found. Never rejects. */
  async explain(target: ProxyTarget): Promise<ProxyExplanation> {
    const choice = this.#fixed?.choose(target);
    const isImplicit = this.#pac !== undefined && isImplicitlyBypassed(target.hostname);
    const explanation = {
      mode: this.#config.mode,
      rule: choice?.rule,
      bypass: isImplicit ? 'implicit' : choice?.bypass,
      pac: undefined,
      error: undefined,
      parked: this.#parked.list(),
    };
    try {
      const pac =
        this.#pac && !isImplicit ? { url: this.#pac.shownUrl, ...(await this.#pac.explain(target)) } : undefined;
      return { ...explanation, pac, result: toPacString(await this.resolve(target)) };
    } catch (error) {
      const result = this.#config.mode === 'pac_script' ? '' : toPacString(directOnly);
      return { ...explanation, error: (error as Error).message, result };
    }
  }

  /** Stops what is under way. */
  close(): void {
    this.#pac?.close();
  }

  #start(): void {
    this.#pac?.close();
    this.#parked.clear();
    const { mode, rules, bypass, pacScript } = this.#config;
    this.#fixed = undefined;
    this.#pac = undefined;
    if (mode === 'fixed_servers') this.#useRules('the proxy rules', rules, bypass);
    else if (mode === 'system') {
      const found = readEnvironmentProxies(this.#parts.env);
      this.#useRules('the proxy variables of the environment', found.rules, found.bypass);
    } else if (mode !== 'direct') this.#pac = this.#newPac(mode === 'auto_detect' ? wpadUrl : pacScript);
  }

  #useRules(where: string, rules: ProxyRules, bypass: BypassRules): void {
    for (const entry of [...rules.dropped, ...bypass.dropped]) {
      this.#parts.warn(`Left out of ${where}, because it is malformed: ${entry.slice(0, 200)}`);
    }
    // Without any rules, bypass rules have nothing to go past.
    if (rules.type !== 'empty') this.#fixed = new FixedProxies(rules, bypass);
  }

  #newPac(url: string): PacProxies {
    const { clock, fetchBytes, resolve, report } = this.#parts;
    const environment = {
      clock,
      resolve,
      report,
      random: this.#parts.random ?? random,
      ownAddresses: this.#parts.ownAddresses ?? ownAddresses,
    };
    return new PacProxies(url, { fetchBytes, environment });
  }

  #withoutScript(cause: unknown): ProxyList {
    // Electron sets its PAC scripts to be mandatory; a script that was merely looked for is not.
    if (this.#config.mode !== 'pac_script') return directOnly;
    const why = (cause as Error).message;
    throw new NetError('ERR_MANDATORY_PROXY_CONFIGURATION_FAILED', `Cannot resolve the proxy: ${why}`, { cause });
  }
}
