import { describe, expect, test } from 'vitest';
import { findBypass, parseBypassRules } from './proxy-bypass.ts';

const rows: [sentence: string, rules: string, url: string, expected: string | undefined][] = [
  ['a host', 'a.test', 'http://a.test/', 'a.test'],
  ['a host in any case', 'A.TEST', 'http://a.test/', 'a.test'],
  ['a host does not stand for its subdomains', 'a.test', 'http://b.a.test/', undefined],
  ['a leading dot stands for the subdomains', '.a.test', 'http://b.a.test/', '*.a.test'],
  ['and not for the name itself', '.a.test', 'http://a.test/', undefined],
  ['a port', 'a.test:8080', 'http://a.test:8080/', 'a.test:8080'],
  ['another port', 'a.test:8080', 'http://a.test/', undefined],
  ['the port of the scheme', '*.test:443', 'https://a.test/', '*.test:443'],
  ['the port of wss', '*.test:443', 'wss://a.test/', '*.test:443'],
  ['a scheme', 'https://a.test', 'https://a.test/', 'https://a.test'],
  ['another scheme', 'https://a.test', 'http://a.test/', undefined],
  ['an address', '10.0.0.1', 'http://10.0.0.1/', '10.0.0.1'],
  ['an IPv6 address in another form', '[0:0::00ab]', 'http://[::ab]/', '[::ab]'],
  ['a block', '10.0.0.0/8', 'http://10.1.2.3/', '10.0.0.0/8'],
  ['a block with a scheme', 'https://10.0.0.0/8', 'http://10.1.2.3/', undefined],
  ['a block is not matched by a name', '0.0.0.0/0', 'http://a.test/', undefined],
  ['local means a name without a dot', '<local>', 'http://intranet/', '<local>'],
  ['a name with a dot is not local', '<local>', 'http://a.test/', undefined],
  ['an IPv6 address has no dot and is not local', '<local>', 'http://[2001::1]/', undefined],
  ['the last rule that matches wins', '<-loopback>, localhost', 'http://localhost/', 'localhost'],
  ['so does the negative one', 'localhost, <-loopback>', 'http://localhost/', undefined],
  ['the negative one takes back the implicit rules only', '*.test, <-loopback>', 'http://a.test/', '*.test'],
  ['loopback goes direct without being told', '', 'http://127.9.9.9/', 'implicit'],
  ['link-local too', '', 'http://[fe80::1]/', 'implicit'],
  ['and names below localhost', '', 'http://a.localhost./', 'implicit'],
  ['semicolons separate too', 'a.test;b.test', 'http://b.test/', 'b.test'],
];

describe('what goes past the proxy', () => {
  test.each(rows)('%s', (_, text, url, expected) => {
    expect(findBypass(parseBypassRules(text), new URL(url))).toBe(expected);
  });
});

test('malformed rules are left out and named', () => {
  const { rules, dropped } = parseBypassRules('a.test:-1, http://, [::1]/8, b.test:70000, , c.test');
  expect(rules.map(rule => rule.text)).toEqual(['c.test']);
  expect(dropped).toEqual(['a.test:-1', 'http://', '[::1]/8', 'b.test:70000']);
});
