import type { Codec, Records } from '../storage/store.ts';
import type { Clock } from '../util/clock.ts';
import { siteOfHost } from '../util/site.ts';
import { isIpHost } from '../util/url.ts';
import { isLocalhost } from './localhost.ts';
import { tryParseStrictTransportSecurity } from './strict-transport-security.ts';

/** One host that has asked for HTTPS only. */
export interface HstsEntry {
  /** Milliseconds since the UNIX epoch. */
  readonly expiresAt: number;
  readonly includeSubdomains: boolean;
}

/** How an HSTS entry is written down. */
export const hstsCodec: Codec<HstsEntry> = {
  encode: entry => JSON.stringify([entry.expiresAt, entry.includeSubdomains]),
  decode(text) {
    const parsed: unknown = JSON.parse(text);
    if (!Array.isArray(parsed) || typeof parsed[0] !== 'number' || typeof parsed[1] !== 'boolean') {
      throw new TypeError('An HSTS entry is a pair of a number and a boolean');
    }
    return { expiresAt: parsed[0], includeSubdomains: parsed[1] };
  },
};

// A site may name as many hosts as it likes; it only gets so many remembered.
const maxHostsPerSite = 1000;
const maxDecisions = 4096;

/**
 * The hosts that are only ever to be spoken to over HTTPS. Owned by Session.
 *
 * Hosts come from responses only; there is no preload list. IP addresses and localhost are never remembered.
 *
 * @see RFC 6797; Chromium net/http/transport_security_state.cc
 */
export class HstsStore {
  readonly #records: Records<HstsEntry>;
  readonly #clock: Clock;
  /** The sites that have entries, read without loading them. */
  #sites: Set<string>;
  /** Entries by host, of the sites that were asked for. */
  readonly #loaded = new Map<string, Map<string, HstsEntry>>();
  /** Until when a host is to be upgraded; 0: not at all. */
  readonly #decisions = new Map<string, number>();

  constructor(parts: { readonly records: Records<HstsEntry>; readonly clock: Clock }) {
    this.#records = parts.records;
    this.#clock = parts.clock;
    this.#sites = new Set(parts.records.groups());
  }

  /** Whether a plain http request to this canonical host has to go over https. */
  shouldUpgrade(hostname: string): boolean {
    this.#takeForeignChanges();
    if (this.#sites.size === 0) return false;
    let until = this.#decisions.get(hostname);
    if (until === undefined || (until !== 0 && until <= this.#clock.now())) {
      until = this.#decide(hostname);
      if (this.#decisions.size >= maxDecisions) this.#decisions.clear();
      this.#decisions.set(hostname, until);
    }
    return until !== 0;
  }

  /**
   * Takes the first Strict-Transport-Security header of a response; one that does not conform is ignored.
   *
   * The caller answers for it that the connection was secure and without certificate errors (RFC 6797 8.1).
   */
  receive(hostname: string, header: string): void {
    // RFC 6797 8.1.1 for IP addresses; Chromium IgnoreHSTSForLocalhost
    if (isIpHost(hostname) || isLocalhost(hostname)) return;
    const policy = tryParseStrictTransportSecurity(header);
    if (!policy) return;
    this.#takeForeignChanges();
    const host = undotted(hostname);
    const site = siteOfHost(host);
    const known = this.#entriesOf(site).get(host);
    if (policy.maxAgeSeconds === 0) {
      if (known) this.#delete(site, host);
      return;
    }
    const entry = {
      expiresAt: this.#clock.now() + policy.maxAgeSeconds * 1000,
      includeSubdomains: policy.includeSubdomains,
    };
    if (known && isAsGood(known, entry, policy.maxAgeSeconds)) return;
    this.#put(site, host, entry);
  }

  #takeForeignChanges(): void {
    const changed = this.#records.takeForeignChanges();
    if (changed.length === 0) return;
    for (const site of changed) this.#loaded.delete(site);
    this.#sites = new Set(this.#records.groups());
    this.#decisions.clear();
  }

  #decide(hostname: string): number {
    const host = undotted(hostname);
    const now = this.#clock.now();
    for (let name = host; name !== ''; name = parentOf(name)) {
      const site = siteOfHost(name);
      const entry = this.#sites.has(site) ? this.#entriesOf(site).get(name) : undefined;
      // RFC 6797 8.2: a congruent match, or a superdomain match with includeSubDomains
      if (entry && (name === host || entry.includeSubdomains) && entry.expiresAt > now) return entry.expiresAt;
    }
    return 0;
  }

  #entriesOf(site: string): Map<string, HstsEntry> {
    let entries = this.#loaded.get(site);
    if (!entries) {
      entries = new Map(this.#sites.has(site) ? this.#records.load(site).map(({ key, record }) => [key, record]) : []);
      if (this.#loaded.size >= maxDecisions) this.#loaded.clear();
      this.#loaded.set(site, entries);
    }
    return entries;
  }

  #put(site: string, host: string, entry: HstsEntry): void {
    const entries = this.#entriesOf(site);
    if (!entries.has(host) && entries.size >= maxHostsPerSite) this.#delete(site, firstToExpire(entries));
    entries.set(host, entry);
    this.#sites.add(site);
    this.#records.put(site, host, entry);
    this.#decisions.clear();
  }

  #delete(site: string, host: string): void {
    const entries = this.#entriesOf(site);
    entries.delete(host);
    if (entries.size === 0) this.#sites.delete(site);
    this.#records.delete(site, host);
    this.#decisions.clear();
  }
}

// Sites send the header with every response. Moving the end on by less than a hundredth is not worth a write.
function isAsGood(known: HstsEntry, entry: HstsEntry, maxAgeSeconds: number): boolean {
  if (known.includeSubdomains !== entry.includeSubdomains) return false;
  return Math.abs(entry.expiresAt - known.expiresAt) < maxAgeSeconds * 10;
}

function firstToExpire(entries: Map<string, HstsEntry>): string {
  const [first] = [...entries].reduce((a, b) => (b[1].expiresAt < a[1].expiresAt ? b : a));
  return first;
}

// A name with its final dot is the same name. RFC 6797 9 compares the labels of the fully qualified name.
function undotted(hostname: string): string {
  return hostname.endsWith('.') ? hostname.slice(0, -1) : hostname;
}

function parentOf(name: string): string {
  const dot = name.indexOf('.');
  return dot < 0 ? '' : name.slice(dot + 1);
}
