// The whole module, because `dns.setServers` of the program puts other functions in it.
import dns from 'node:dns/promises';

/** One address of a host, in Electron's words. */
export interface HostEndpoint {
  readonly address: string;
  readonly family: 'ipv4' | 'ipv6';
}

/** What a look-up found, and for how long it may be kept. */
export interface LookupAnswer {
  readonly endpoints: readonly HostEndpoint[];
  readonly ttlSeconds: number;
}

/** Asks for the addresses of a name; family 0 asks for both. Rejects if there is none. */
export type NameLookup = (name: string, family: 0 | 4 | 6, source: 'system' | 'dns') => Promise<LookupAnswer>;

// The operating system tells no time to live. Chromium net/dns/host_resolver_manager.cc, kCacheEntryTTLSeconds
const systemTtlSeconds = 60;

/** Asks the operating system, or its name servers directly. */
export const nameLookup: NameLookup = (name, family, source) =>
  source === 'dns' ? askNameServers(name, family) : askSystem(name, family);

async function askSystem(name: string, family: 0 | 4 | 6): Promise<LookupAnswer> {
  const found = await dns.lookup(name, { family, all: true, order: 'verbatim' });
  return { endpoints: found.map(entry => endpoint(entry.address, entry.family)), ttlSeconds: systemTtlSeconds };
}

async function askNameServers(name: string, family: 0 | 4 | 6): Promise<LookupAnswer> {
  const asked = await Promise.allSettled([
    family === 6 ? [] : dns.resolve4(name, { ttl: true }),
    family === 4 ? [] : dns.resolve6(name, { ttl: true }),
  ]);
  const [v4, v6] = asked.map(answer => (answer.status === 'fulfilled' ? answer.value : []));
  const endpoints = [...v6!.map(entry => endpoint(entry.address, 6)), ...v4!.map(entry => endpoint(entry.address, 4))];
  if (endpoints.length === 0) throw asked.find(answer => answer.status === 'rejected')?.reason as unknown;
  return { endpoints, ttlSeconds: Math.min(...[...v4!, ...v6!].map(entry => entry.ttl)) };
}

function endpoint(address: string, family: number): HostEndpoint {
  return { address, family: family === 6 ? 'ipv6' : 'ipv4' };
}
