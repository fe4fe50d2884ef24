import { expect, test } from 'vitest';
import { parseHostPattern } from './host-pattern.ts';

const rows: [sentence: string, pattern: string, host: string, matches: boolean][] = [
  ['a host matches itself', 'a.test', 'a.test', true],
  ['in any case', 'A.Test', 'a.test', true],
  ['and nothing below', 'a.test', 'b.a.test', false],
  ['a star matches what is below', '*.a.test', 'b.a.test', true],
  ['at any depth', '*.a.test', 'c.b.a.test', true],
  ['and not the host itself', '*.a.test', 'a.test', false],
  ['nor a longer label', '*.a.test', 'ba.test', false],
  ['a star alone matches all', '*', '[::1]', true],
  ['Unicode is made punycode', '*.bücher.test', 'a.xn--bcher-kva.test', true],
  ['an IPv4 address', '127.0.0.1', '127.0.0.1', true],
  ['an IPv6 address without brackets', '::1', '[::1]', true],
  ['an IPv6 address in brackets, in long form', '[0:0:0:0:0:0:0:1]', '[::1]', true],
];

test.each(rows)('%s: %s, %s', (_, pattern, host, matches) => {
  expect(parseHostPattern('test', pattern)(host)).toBe(matches);
});

test.each(['', 'a.*.test', '*a.test', 'https://a.test', 'a.test/x', 'a b', '1::z'])(
  '"%s" is no host pattern',
  pattern => {
    expect(() => parseHostPattern('test', pattern)).toThrow(/Cannot test: a host pattern must be/);
  },
);
