import { describe, expect, test } from 'vitest';
import { toPacString } from './pac-result.ts';
import { hasProxies, parseProxyRules, selectProxies } from './proxy-rules.ts';

const selections: [sentence: string, rules: string, protocol: string, expected: string][] = [
  ['a single list serves all', 'foopy:80', 'https:', 'PROXY foopy:80'],
  ['a list falls back in order', 'foopy:80,bar,direct://', 'http:', 'PROXY foopy:80;PROXY bar:80;DIRECT'],
  ['a scheme has its own list', 'http=foopy:80;ftp=foopy2', 'ftp:', 'PROXY foopy2:80'],
  ['a scheme without a list goes direct', 'http=foopy:80;ftp=foopy2', 'https:', 'DIRECT'],
  ['the socks list serves all others', 'http=foopy;socks=foopy2', 'https:', 'SOCKS foopy2:1080'],
  ['and schemes nobody knows', 'http=foopy;socks=foopy2', 'gopher:', 'SOCKS foopy2:1080'],
  ['an explicit socks scheme in the socks list is version 5', 'socks=socks://foopy', 'https:', 'SOCKS5 foopy:1080'],
  ['the name "socks" is no URL scheme', 'http=foopy;socks=foopy2', 'socks:', 'SOCKS foopy2:1080'],
  ['WebSockets prefer socks', 'http=a;https=b;socks=c', 'ws:', 'SOCKS c:1080'],
  ['then https', 'http=a;https=b', 'ws:', 'PROXY b:80'],
  ['then http', 'http=a', 'wss:', 'PROXY a:80'],
  ['a repeated scheme adds to its list', 'http=a;http=b', 'http:', 'PROXY a:80;PROXY b:80'],
  ['the second single list is not read', 'a:1;b:2', 'http:', 'PROXY a:1'],
  ['a single list after a scheme is left out', 'http=a;b', 'https:', 'DIRECT'],
  ['schemes are in small letters', 'HTTP=a', 'http:', 'DIRECT'],
  ['blanks around schemes and entries', ' http = a , b ; https = c', 'http:', 'PROXY a:80;PROXY b:80'],
  ['nothing', '', 'http:', 'DIRECT'],
  ['separators alone', ' ;;=;,', 'http:', 'DIRECT'],
];

describe('which list serves a URL', () => {
  test.each(selections)('%s', (_, text, protocol, expected) => {
    const chosen = selectProxies(parseProxyRules(text), protocol);
    expect(chosen ? toPacString(chosen.list) : 'DIRECT').toBe(expected);
  });
});

const drops: [sentence: string, rules: string, dropped: string[], usable: boolean][] = [
  ['a malformed entry', 'foopy,bar/x, baz:', ['bar/x', 'baz:'], true],
  ['an unknown scheme', 'crazy=foopy;https=bar', ['crazy=foopy'], true],
  ['an entry out of place', 'http=a; b', ['b'], true],
  ['nothing is usable', 'crazy=foopy', ['crazy=foopy'], false],
  ['direct is usable', 'direct://', [], true],
  [
    'entries are hidden where a password may be',
    'http=u:s3;cret@foopy',
    ['(hidden entry 1)', '(hidden entry 2)'],
    false,
  ],
];

describe('what is left out', () => {
  test.each(drops)('%s', (_, text, dropped, usable) => {
    const rules = parseProxyRules(text);
    expect(rules.dropped).toEqual(dropped);
    expect(hasProxies(rules)).toBe(usable);
  });
});
