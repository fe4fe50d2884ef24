import { expect, test } from 'vitest';
import { tryParseStrictTransportSecurity } from './strict-transport-security.ts';

const year = 31_536_000;

test.each<[sentence: string, header: string, expected: [maxAge: number, subdomains: boolean] | undefined]>([
  ['max-age alone', 'max-age=123', [123, false]],
  ['with includeSubDomains', 'max-age=15768000 ; includeSubDomains', [15_768_000, true]],
  ['the order does not matter', 'includeSubDomains;max-age=123', [123, true]],
  ['names in any letter case', 'MAX-age=123; incLudesUbdOmains', [123, true]],
  ['a quoted value', 'max-age="123"', [123, false]],
  ['a quoted value with an escape', 'max-age="1\\23"', [123, false]],
  ['blanks around everything', '  max-age = 123 \t;  includeSubDomains  ; ', [123, true]],
  ['empty directives', ';;max-age=123;;', [123, false]],
  ['zero', 'max-age=0', [0, false]],
  ['more than a year is a year', 'max-age=63072000', [year, false]],
  ['more digits than any number', `max-age=${'9'.repeat(400)}`, [year, false]],
  ['unknown directives are passed over', 'max-age=1; preload; x=y; z="a;b\\"c"', [1, false]],
  ['an unknown directive twice', 'max-age=1; x; x', [1, false]],
  ['nothing', '', undefined],
  ['without max-age', 'includeSubDomains', undefined],
  ['max-age without value', 'max-age', undefined],
  ['max-age with an empty value', 'max-age=', undefined],
  ['a negative max-age', 'max-age=-1', undefined],
  ['a max-age with a fraction', 'max-age=1.5', undefined],
  ['a hexadecimal max-age', 'max-age=0x1', undefined],
  ['max-age twice', 'max-age=1; max-age=1', undefined],
  ['includeSubDomains twice', 'max-age=1; includeSubDomains; includeSubDomains', undefined],
  ['includeSubDomains with a value', 'max-age=1; includeSubDomains=yes', undefined],
  ['includeSubDomains with an empty value', 'max-age=1; includeSubDomains=""', undefined],
  ['a comma instead of a semicolon', 'max-age=1, includeSubDomains', undefined],
  ['no semicolon', 'max-age=1 includeSubDomains', undefined],
  ['a quote left open', 'max-age="1', undefined],
  ['text after a quoted value', 'max-age="1"2', undefined],
  ['a name that is no token', 'max-age=1; (x)', undefined],
  ['a value that is no token', 'max-age=1; x=a@b', undefined],
])('%s', (_, header, expected) => {
  const policy = tryParseStrictTransportSecurity(header);
  expect(policy && [policy.maxAgeSeconds, policy.includeSubdomains]).toEqual(expected);
});
