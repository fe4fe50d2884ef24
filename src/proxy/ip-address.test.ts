import { describe, expect, test } from 'vitest';
import { matchesPrefix, tryParseCidr, tryParseIp } from './ip-address.ts';

const literals: [sentence: string, literal: string, expected: string | undefined][] = [
  ['IPv4', '192.168.0.1', 'c0a80001'],
  ['IPv4 has four parts', '192.168.1', undefined],
  ['a part is 255 at most', '1.2.3.256', undefined],
  ['a leading zero is not guessed at', '1.2.3.04', undefined],
  ['a port does not belong to it', '1.2.3.4:80', undefined],
  ['IPv6, full', '1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
  ['IPv6, shortened at the front', '::1', `${'0'.repeat(31)}1`],
  ['IPv6, shortened at the end', 'a:b::', `000a000b${'0'.repeat(24)}`],
  ['IPv6, shortened in the middle', 'A::B', `000a${'0'.repeat(24)}000b`],
  ['IPv6 with an IPv4 tail', '::ffff:127.0.0.1', `${'0'.repeat(20)}ffff7f000001`],
  ['all zeros', '::', '0'.repeat(32)],
  ['brackets do not belong to it', '[::1]', undefined],
  ['too few groups', '0:0:0:1', undefined],
  ['two gaps', '1::2::3', undefined],
  ['a zone', 'fe80::1%eth0', undefined],
  ['a name', 'localhost', undefined],
  ['nothing', '', undefined],
];

describe('address literals', () => {
  test.each(literals)('%s', (_, literal, expected) => {
    const bytes = tryParseIp(literal);
    expect(bytes && Buffer.from(bytes).toString('hex')).toBe(expected);
  });
});

const blocks: [sentence: string, block: string, address: string, expected: boolean | undefined][] = [
  ['inside an IPv4 block', '10.0.0.0/8', '10.255.1.2', true],
  ['outside an IPv4 block', '10.0.0.0/8', '11.0.0.0', false],
  ['a length that is not whole bytes', '10.16.0.0/12', '10.31.0.1', true],
  ['one bit beyond a length that is not whole bytes', '10.16.0.0/12', '10.32.0.1', false],
  ['no bits match every address', '0.0.0.0/0', '9.9.9.9', true],
  ['all bits match one address', '10.0.0.1/32', '10.0.0.2', false],
  ['inside an IPv6 block', 'fe80::/10', 'febf::1', true],
  ['outside an IPv6 block', 'fe80::/10', 'fec0::1', false],
  ['a mapped address lies in the IPv4 block', '192.168.0.0/16', '::ffff:192.168.3.4', true],
  ['an IPv4 address lies in the mapped block', '::ffff:192.168.0.0/112', '192.168.3.4', true],
  ['IPv6 does not lie in an IPv4 block of no bits', '0.0.0.0/0', '2001::1', false],
  ['blanks around the slash', '10.0.0.0 / 8', '10.1.1.1', true],
  ['too many bits', '10.0.0.0/33', '10.0.0.0', undefined],
  ['no bits given', '10.0.0.0/', '10.0.0.0', undefined],
  ['two slashes', '10.0.0.0/8/8', '10.0.0.0', undefined],
];

describe('CIDR blocks', () => {
  test.each(blocks)('%s', (_, text, address, expected) => {
    const block = tryParseCidr(text);
    expect(block && matchesPrefix(tryParseIp(address)!, block.prefix, block.bits)).toBe(expected);
  });
});
