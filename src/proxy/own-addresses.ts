import { networkInterfaces } from 'node:os';

/** The addresses of this machine by which others can reach it: IPv4 first, without loopback and link-local ones. */
export function ownAddresses(): readonly string[] {
  const all = Object.values(networkInterfaces()).flatMap(addresses => addresses ?? []);
  const reachable = all.filter(({ internal, address }) => !internal && !/^(?:169\.254\.|fe[89ab])/i.test(address));
  const byFamily = (family: string): string[] =>
    reachable.filter(address => address.family === family).map(({ address }) => address);
  return [...byFamily('IPv4'), ...byFamily('IPv6')];
}
