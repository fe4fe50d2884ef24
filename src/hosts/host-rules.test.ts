import { describe, expect, test } from 'vitest';
import { parseHostRules } from './host-rules.ts';

const rows: [sentence: string, rules: string, host: string, port: number, expected: string][] = [
  ['a plain name is mapped and keeps its port', 'MAP a.test 127.0.0.1', 'a.test', 80, '127.0.0.1:80'],
  ['a replacement port replaces the port', 'MAP a.test b.test:8080', 'a.test', 80, 'b.test:8080'],
  ['no rule: unchanged', '', 'a.test', 80, 'unchanged'],
  ['another name is unchanged', 'MAP a.test b.test', 'b.test', 80, 'unchanged'],
  ['a star matches any subdomain', 'MAP *.test 127.0.0.1', 'x.y.test', 80, '127.0.0.1:80'],
  ['a star with a dot does not match the bare domain', 'MAP *.a.test b', 'a.test', 80, 'unchanged'],
  ['a star without a dot matches the bare domain too', 'MAP *a.test b', 'a.test', 80, 'b:80'],
  ['a lone star matches all', 'MAP * b', 'anything.example', 1, 'b:1'],
  ['a question mark is one character', 'MAP a?.test b', 'a1.test', 80, 'b:80'],
  ['a question mark may be no character', 'MAP a?.test b', 'a.test', 80, 'b:80'],
  ['a question mark is not two characters', 'MAP a?.test b', 'a12.test', 80, 'unchanged'],
  ['a dot is only a dot', 'MAP a.test b', 'aXtest', 80, 'unchanged'],
  ['the whole host must match, not a part', 'MAP a.test b', 'a.test.example', 80, 'unchanged'],
  ['a pattern may name the port', 'MAP a.test:443 b:8443', 'a.test', 443, 'b:8443'],
  ['a pattern with another port does not match', 'MAP a.test:443 b:8443', 'a.test', 80, 'unchanged'],
  ['a star may stand for the port', 'MAP a.test:* b', 'a.test', 81, 'b:81'],
  ['the first MAP wins', 'MAP a.test b, MAP a.test c', 'a.test', 80, 'b:80'],
  ['mapped once, not again', 'MAP a b, MAP b c', 'a', 80, 'b:80'],
  ['EXCLUDE wins over MAP', 'MAP * b, EXCLUDE a.test', 'a.test', 80, 'unchanged'],
  ['EXCLUDE wins wherever it stands', 'EXCLUDE *.test , MAP * b', 'a.test', 80, 'unchanged'],
  ['EXCLUDE knows no port', 'MAP * b, EXCLUDE a.test:80', 'a.test', 80, 'b:80'],
  ['^NOTFOUND makes a name unknown', 'MAP * ^NOTFOUND, EXCLUDE localhost', 'a.test', 80, 'not-found'],
  ['~NOTFOUND is the older spelling', 'MAP * ~NOTFOUND', 'a.test', 80, 'not-found'],
  ['keywords and patterns in any letter case', 'map A.TEST b, Exclude C.test', 'a.test', 80, 'b:80'],
  ['IPv6 replacement in brackets with a port', 'MAP a.test [::1]:77', 'a.test', 80, '[::1]:77'],
  ['IPv6 replacement in brackets', 'MAP a.test [0:0::1]', 'a.test', 80, '[::1]:80'],
  ['an IPv6 host matches without brackets', 'MAP ::1 b', '[::1]', 80, 'b:80'],
  ['an IPv6 host matches in brackets with its port', 'MAP [::1]:80 b', '[::1]', 80, 'b:80'],
  ['an IPv6 host matches in brackets', 'MAP [::1] b', '[::1]', 80, 'b:80'],
  ['blanks do not matter', '  MAP   a.test\tb  ,, ', 'a.test', 80, 'b:80'],
  ['a backslash makes a star plain', 'MAP \\*.test b', 'a.test', 80, 'unchanged'],
  ['a long run of stars is one star', `MAP ${'*'.repeat(200)}x b`, 'y'.repeat(200), 80, 'unchanged'],
];

describe('host rules', () => {
  test.each(rows)('%s', (_, text, host, port, expected) => {
    const mapped = parseHostRules('use host rules', text).map(host, port);
    const shown = typeof mapped === 'object' ? `${mapped.hostname}:${mapped.port}` : (mapped ?? 'unchanged');
    expect(shown).toBe(expected);
  });

  test.each([
    'MAP a.test',
    'MAP a.test b c',
    'EXCLUDE',
    'EXCLUDE a b',
    'REMAP a b',
    'MAP a.test b:0',
    'MAP a.test b:65536',
    'MAP a.test b:http',
    'MAP a.test ::1',
    'MAP a.test [::g]',
    'MAP a.test b/path',
    'MAP a.test user@b',
    'MAP a.test b%20c',
  ])('a bad rule is refused by name: %s', rule => {
    const parse = (): unknown => parseHostRules('use host rules', `MAP ok.test 127.0.0.1, ${rule}`);
    expect(parse).toThrow(expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_OPTION' }));
    expect(parse).toThrow(`"${rule}"`);
  });
});
