import { expect, test } from 'vitest';
import { parseChallenges } from './challenge.ts';

type Shown = [scheme: string, rest?: string | Record<string, string>];

test.each<[sentence: string, headers: string[], expected: Shown[]]>([
  ['one challenge', ['Basic realm="simple"'], [['basic', { realm: 'simple' }]]],
  [
    'two in one header, RFC 9110 11.6.1',
    ['Basic realm="simple", Newauth realm="apps", type=1, title="Login to \\"apps\\""'],
    [
      ['basic', { realm: 'simple' }],
      ['newauth', { realm: 'apps', type: '1', title: 'Login to "apps"' }],
    ],
  ],
  [
    'two headers',
    ['Basic realm=a', 'Digest realm=b'],
    [
      ['basic', { realm: 'a' }],
      ['digest', { realm: 'b' }],
    ],
  ],
  [
    'schemes without parameters',
    ['NTLM, Negotiate'],
    [
      ['ntlm', {}],
      ['negotiate', {}],
    ],
  ],
  [
    'a token of 68 characters',
    ['Negotiate YII+/a.b_~-==, Basic realm="x"'],
    [
      ['negotiate', 'YII+/a.b_~-=='],
      ['basic', { realm: 'x' }],
    ],
  ],
  ['commas in quotes', ['Digest qop="auth,auth-int", nonce="a"'], [['digest', { qop: 'auth,auth-int', nonce: 'a' }]]],
  ['blanks around the equals sign', ['Basic realm = "x"'], [['basic', { realm: 'x' }]]],
  ['names in any letter case', ['BASIC REALM="X"'], [['basic', { realm: 'X' }]]],
  [
    'no blank after commas',
    ['Digest realm="a",nonce="b",Basic realm="c"'],
    [
      ['digest', { realm: 'a', nonce: 'b' }],
      ['basic', { realm: 'c' }],
    ],
  ],
  ['empty elements', [', ,Basic realm="x",,'], [['basic', { realm: 'x' }]]],
  ['an empty realm', ['Basic realm=""'], [['basic', { realm: '' }]]],
  ['a quote left open', ['Basic realm="open, x=y'], [['basic', { realm: 'open, x=y' }]]],
  [
    'an unquoted value that is no token',
    ['Digest nonce=ab/c==, realm=x'],
    [['digest', { nonce: 'ab/c==', realm: 'x' }]],
  ],
  ['of a name twice, the first', ['Basic realm="a", realm="b"'], [['basic', { realm: 'a' }]]],
  ['characters beyond ASCII', ['Basic realm="foo-\u00e4"'], [['basic', { realm: 'foo-\u00e4' }]]],
  ['a parameter without a scheme is left out', ['realm="x"'], []],
  ['nothing', [''], []],
  ['garbage ends it', ['Basic realm="x", @@@, Digest nonce="y"'], [['basic', { realm: 'x' }]]],
  [
    'a flood is cut',
    [Array.from({ length: 1000 }, () => 'Basic').join(', ')],
    Array.from({ length: 32 }, () => ['basic', {}]),
  ],
])('%s', (_, headers, expected) => {
  const shown = parseChallenges(headers).map(({ scheme, token68, params }) => [
    scheme,
    token68 ?? Object.fromEntries(params),
  ]);
  expect(shown).toEqual(expected);
});

test('a long hostile header is read in no time', () => {
  const started = performance.now();
  parseChallenges([
    `Basic ${'a='.repeat(100_000)}`,
    `Digest ${'"'.repeat(100_000)}`,
    `X realm="${'\\'.repeat(100_001)}`,
  ]);
  expect(performance.now() - started).toBeLessThan(1000);
});
