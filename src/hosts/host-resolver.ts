import { isIP, type LookupFunction } from 'node:net';
import type { LookupOptions } from 'node:dns';
import type { Clock } from '../util/clock.ts';
import { invalidType, NetError } from '../util/errors.ts';
import { describe } from '../util/options.ts';
import { bareHost } from '../util/url.ts';
import type { HostRules } from './host-rules.ts';
import { isLocalhost } from './localhost.ts';
import { nameLookup, type HostEndpoint, type LookupAnswer, type NameLookup } from './name-lookup.ts';
import { defaultResolveOptions, type ResolveOptions } from './resolve-options.ts';

/** Where to connect: fits `net.connect`; the names for TLS and HTTP stay the caller's. */
export interface ConnectTarget {
  /** A name or an address, IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
  readonly lookup: LookupFunction;
}

interface CachedAnswer {
  readonly endpoints: readonly HostEndpoint[];
  readonly expiresAt: number;
}

// Chromium net/dns/host_cache.cc, kMaxEntries
const maxCached = 1000;

// Chromium puts ::1 first. Most local servers listen on IPv4 only, so that a client that tries one address gets through.
const loopback: readonly HostEndpoint[] = [
  { address: '127.0.0.1', family: 'ipv4' },
  { address: '::1', family: 'ipv6' },
];

/**
 * Turns host names into addresses for one session: host rules, literals, localhost, cache, and last the system.
 *
 * Owned by Session. Look-ups for the same name at the same time are one; answers are kept for their time to live (60 s
 * when the system tells none), failures are not kept. At most 1000 names are kept.
 *
 * @see Chromium net/dns/host_resolver_manager.cc
 */
export class HostResolver {
  /** `lookup` for `net.connect` and the like, with `all: true` or not; goes through rules and cache. */
  readonly lookup: LookupFunction;
  readonly #lookupMapped: LookupFunction;
  readonly #rules: HostRules;
  readonly #clock: Clock;
  readonly #ask: NameLookup;
  #cache = new Map<string, CachedAnswer>();
  #running = new Map<string, Promise<readonly HostEndpoint[]>>();

  /** @param parts - `rules`: those of `host-resolver-rules`; `lookup`: asks the system, for tests. */
  constructor(parts: { readonly rules: HostRules; readonly clock: Clock; readonly lookup?: NameLookup }) {
    this.#rules = parts.rules;
    this.#clock = parts.clock;
    this.#ask = parts.lookup ?? nameLookup;
    this.lookup = nodeLookup((host, options) => this.resolve(host, options));
    this.#lookupMapped = nodeLookup((host, options) => this.#resolveMapped(host, options));
  }

  /**
   * The addresses of a host, never none.
   *
   * @param host - A name or an address literal; IPv6 with brackets or without.
   * @throws {NetError} ERR_NAME_NOT_RESOLVED, if there is none, or none of the family asked for.
   */
  async resolve(host: string, options: ResolveOptions = defaultResolveOptions): Promise<readonly HostEndpoint[]> {
    if (typeof host !== 'string')
      throw invalidType(`Cannot resolve a host: host must be a string, got ${describe(host)}`);
    // A rule for a certain port does not apply: none was asked for.
    return this.#resolveMapped(this.connectTarget(host, 0).host, options);
  }

  /**
   * Where a connection to `hostname` and `port` is to go by the rules, mapped once.
   *
   * @throws {NetError} ERR_NAME_NOT_RESOLVED, if the rules say that there is no such host.
   */
  connectTarget(hostname: string, port: number): ConnectTarget {
    const mapped = this.#rules.map(hostname, port);
    if (mapped === 'not-found') throw notResolved(hostname, 'a host rule says that it does not exist');
    return { host: bareHost(mapped?.hostname ?? hostname), port: mapped?.port ?? port, lookup: this.#lookupMapped };
  }

  /** Forgets every answer; look-ups under way are not kept when they end. */
  clearCache(): void {
    this.#cache = new Map();
    this.#running = new Map();
  }

  async #resolveMapped(host: string, options: ResolveOptions): Promise<readonly HostEndpoint[]> {
    const name = canonicalName(host);
    if (!name) throw notResolved(host, 'it is not a host name');
    const family = options.queryType === 'A' ? 4 : options.queryType === 'AAAA' ? 6 : 0;
    const known = isIP(name) ? literal(name) : isLocalhost(name) ? loopback : undefined;
    if (!known) return this.#resolveName(name, family, options);
    const wanted = known.filter(({ family: is }) => family === 0 || is === `ipv${family}`);
    if (wanted.length === 0) throw notResolved(host, `it has no IPv${family} address`);
    return wanted;
  }

  #resolveName(
    name: string,
    family: 0 | 4 | 6,
    options: ResolveOptions,
  ): Promise<readonly HostEndpoint[]> | readonly HostEndpoint[] {
    const source = options.source === 'dns' ? 'dns' : 'system';
    const key = `${name} ${family} ${source}`;
    if (options.cacheUsage !== 'disallowed') {
      const cached = this.#cache.get(key);
      if (cached && (options.cacheUsage === 'staleAllowed' || this.#clock.now() < cached.expiresAt))
        return cached.endpoints;
    }
    if (options.source === 'localOnly') throw notResolved(name, 'it is not known without asking');
    if (options.source === 'mdns') throw notResolved(name, 'there is no multicast DNS here, use source "system"');
    let running = this.#running.get(key);
    if (!running) {
      running = this.#askAndKeep(name, { key, family, source });
      this.#running.set(key, running);
    }
    return running;
  }

  async #askAndKeep(
    name: string,
    query: { key: string; family: 0 | 4 | 6; source: 'system' | 'dns' },
  ): Promise<readonly HostEndpoint[]> {
    const [cache, running] = [this.#cache, this.#running];
    try {
      const answer = await this.#ask(name, query.family, query.source);
      this.#keep(cache, query.key, answer);
      return answer.endpoints;
    } catch (cause) {
      throw notResolved(name, undefined, cause);
    } finally {
      running.delete(query.key);
    }
  }

  #keep(cache: Map<string, CachedAnswer>, key: string, { endpoints, ttlSeconds }: LookupAnswer): void {
    cache.delete(key);
    for (const oldest of cache.keys()) {
      if (cache.size < maxCached) break;
      cache.delete(oldest);
    }
    cache.set(key, { endpoints, expiresAt: this.#clock.now() + ttlSeconds * 1000 });
  }
}

function literal(address: string): readonly HostEndpoint[] {
  return [{ address, family: isIP(address) === 6 ? 'ipv6' : 'ipv4' }];
}

// A literal without brackets, or a lower-case ASCII name; undefined if it is neither.
function canonicalName(host: string): string | undefined {
  if (isIP(host)) return host;
  if (/[/\\?#@:%\s]/.test(host.replace(/^\[.*\]$/, ''))) return undefined;
  const hostname = URL.parse(`http://${host}/`)?.hostname;
  // RFC 1035 2.3.4
  return hostname && hostname.length <= 254 ? bareHost(hostname) : undefined;
}

function notResolved(host: string, why?: string, cause?: unknown): NetError {
  const name = host.length <= 254 ? `"${host}"` : 'a name of more than 254 characters';
  return new NetError(
    'ERR_NAME_NOT_RESOLVED',
    `Cannot resolve ${name}${why ? `: ${why}` : ''}`,
    cause ? { cause } : undefined,
  );
}

type Resolve = (host: string, options: ResolveOptions) => Promise<readonly HostEndpoint[]>;

function nodeLookup(resolve: Resolve): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, { ...defaultResolveOptions, queryType: queryTypeOf(options.family) }).then(
      endpoints => {
        const found = endpoints.map(({ address, family }) => ({ address, family: family === 'ipv6' ? 6 : 4 }));
        if (options.all) callback(null, found);
        else callback(null, found[0]!.address, found[0]!.family);
      },
      (error: NetError) => callback(error, []),
    );
  };
}

function queryTypeOf(family: LookupOptions['family']): ResolveOptions['queryType'] {
  if (family === 4 || family === 'IPv4') return 'A';
  return family === 6 || family === 'IPv6' ? 'AAAA' : undefined;
}
