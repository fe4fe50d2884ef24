import type { networkInterfaces } from 'node:os';

/** Whether any interface but the loopback has an address. Being true, it promises nothing about any site. */
export function isOnline(interfaces: ReturnType<typeof networkInterfaces>): boolean {
  return Object.values(interfaces).some(addresses => addresses?.some(({ internal }) => !internal));
}
