import { expect, test } from 'vitest';
import { matchesVariant, variantKey, varyFields } from './vary.ts';

test.each([
  [{}, []],
  [{ vary: 'Foo, BAR' }, ['foo', 'bar']],
  [{ vary: ['Foo', 'Bar'] }, ['foo', 'bar']],
  [{ vary: ',, Foo,' }, ['foo']],
  [{ vary: '*' }, undefined],
  [{ vary: 'Foo, *' }, undefined],
  [{ vary: ['', '*'] }, undefined],
])('the fields of %j', (response, names) => {
  expect(varyFields(response)).toEqual(names);
});

test.each([
  ['the same value', 'foo', ['Foo', '1'], ['fOO', '1'], true],
  ['another value', 'foo', ['Foo', '1'], ['Foo', '2'], false],
  ['another letter case of an unknown field', 'foo', ['Foo', 'a'], ['Foo', 'A'], false],
  ['another order of an unknown field', 'foo', ['Foo', '1, 2'], ['Foo', '2, 1'], false],
  ['missing now', 'foo', ['Foo', '1'], [], false],
  ['missing then', 'foo', [], ['Foo', '1'], false],
  ['missing then and now', 'foo', [], [], true],
  ['empty is not missing', 'foo', ['Foo', ''], [], false],
  ['white space around commas', 'foo', ['Foo', '1,2'], ['Foo', ' 1 ,  2 '], true],
  ['one line or two', 'foo', ['Foo', '1, 2'], ['Foo', '1', 'Bar', 'x', 'foo', '2'], true],
  ['languages in another order', 'accept-language', ['Accept-Language', 'en, de'], ['Accept-Language', 'de, en'], true],
  ['languages in another case', 'accept-language', ['Accept-Language', 'en-GB'], ['Accept-Language', 'en-gb'], true],
  [
    'languages with other weights',
    'accept-language',
    ['Accept-Language', 'en, de;q=0.5'],
    ['Accept-Language', 'en;q=0.5, de'],
    false,
  ],
  ['a weight of one', 'accept', ['Accept', 'text/html'], ['Accept', 'text/html;q=1.0'], true],
  ['a parameter that is no weight', 'accept', ['Accept', 'text/html;level=1'], ['Accept', 'text/html'], false],
  ['the same cookie', 'cookie', ['Cookie', 'a=1'], ['Cookie', 'a=1'], true],
  ['another cookie', 'cookie', ['Cookie', 'a=1'], ['Cookie', 'a=2'], false],
])('%s', (_what, name, then, now, matches) => {
  expect(matchesVariant(variantKey([name], then), now, {})).toBe(matches);
});

test.each([
  ['liked best', 'fr;q=0.5, de', true],
  ['liked best, in another case', 'fr;q=0.5, DE', true],
  ['liked as much as another', 'fr, de', false],
  ['liked less', 'fr, de;q=0.5', false],
  ['not liked', 'fr', false],
  ['refused', 'de;q=0', false],
])('a response whose language is %s', (_how, accepted, matches) => {
  const key = variantKey(['accept-language'], ['Accept-Language', 'en, de']);
  expect(matchesVariant(key, ['Accept-Language', accepted], { 'content-language': 'de' })).toBe(matches);
});

test('a secret is kept as a digest', () => {
  expect(
    JSON.stringify(variantKey(['cookie', 'authorization'], ['Cookie', 'a=hush', 'Authorization', 'Basic hush'])),
  ).not.toContain('hush');
});
