import { expect, test } from 'vitest';
import { parsePacResult, toPacString } from './pac-result.ts';

const rows: [sentence: string, result: string, expected: string][] = [
  ['one proxy', 'PROXY foopy:10', 'PROXY foopy:10'],
  ['types in any case, blanks and tabs', ' proxy \t foopy ; SoCkS bar;direct', 'PROXY foopy:80;SOCKS bar:1080;DIRECT'],
  [
    'every type',
    'PROXY a;HTTPS b;SOCKS c;SOCKS4 d;SOCKS5 e',
    'PROXY a:80;HTTPS b:443;SOCKS c:1080;SOCKS d:1080;SOCKS5 e:1080',
  ],
  ['HTTP is no type', 'HTTP foopy;PROXY bar', 'PROXY bar:80'],
  ['DIRECT has nothing after it', 'DIRECT foopy', 'DIRECT'],
  ['a type without a host', 'PROXY;SOCKS5 a', 'SOCKS5 a:1080'],
  ['credentials are malformed here', 'PROXY u:p@foopy;PROXY bar', 'PROXY bar:80'],
  ['nothing that can be used', 'JUNK;;', 'DIRECT'],
  ['the empty string', '', 'DIRECT'],
];

test.each(rows)('%s', (_, result, expected) => {
  expect(toPacString(parsePacResult(result))).toBe(expected);
});
