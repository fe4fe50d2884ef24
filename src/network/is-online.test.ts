import type { NetworkInterfaceInfo } from 'node:os';
import { expect, test } from 'vitest';
import { isOnline } from './is-online.ts';

function address(internal: boolean): NetworkInterfaceInfo {
  return { address: '192.0.2.1', netmask: '', family: 'IPv4', mac: '', internal, cidr: null };
}

test.each<[string, Parameters<typeof isOnline>[0], boolean]>([
  ['no interface', {}, false],
  ['the loopback alone', { lo: [address(true)] }, false],
  ['an interface without an address', { eth0: [], lo: [address(true)] }, false],
  ['an interface with an address', { lo: [address(true)], eth0: [address(false)] }, true],
])('%s', (_, interfaces, expected) => {
  expect(isOnline(interfaces)).toBe(expected);
});
