import { expect, test } from 'vitest';
import { directiveFields, directiveSeconds, parseDirectives } from './directives.ts';

test.each([
  ['a plain number', 'max-age=60', 60],
  ['any letter case', 'MaX-aGe=60', 60],
  ['leading zeros', 'max-age=0060', 60],
  ['a quoted number', 'max-age="60"', 60],
  ['among others, without spaces', 'public,max-age=60,immutable', 60],
  ['empty members', ', ,max-age=60,,', 60],
  ['the first of two', 'max-age=60, max-age=1', 60],
  ['not the one in a quoted string', 'x="max-age=60", max-age=1', 1],
  ['not the one in a quoted string with escapes', 'x="\\", max-age=60, ", max-age=1', 1],
  ['an unterminated quoted string takes the rest', 'x="max-age=60', undefined],
  ['more than anyone can wait', 'max-age=99999999999999999999', 2 ** 31],
  ['absent', 'public', undefined],
  ['another name that ends alike', 'x-max-age=60', undefined],
  ['no argument', 'max-age', Number.NaN],
  ['a negative number', 'max-age=-60', Number.NaN],
  ['a fraction', 'max-age=60.5', Number.NaN],
  ['single quotes', "max-age='60'", Number.NaN],
  ['letters', 'max-age=60s', Number.NaN],
  ['a space before the sign', 'max-age =60', Number.NaN],
  ['a space after the sign', 'max-age= 60', Number.NaN],
  ['a semicolon', 'max-age=60; public', Number.NaN],
])('max-age: %s', (_what, text, seconds) => {
  expect(directiveSeconds(parseDirectives(text), 'max-age')).toBe(seconds);
});

test.each([
  ['no-store', true],
  ['No-StOrE', true],
  ['"x", no-store', true],
  ['no-store; max-age=60', true],
  ['no-store=""', true],
  ['x="no-store"', false],
  ['not-no-store', false],
  ['', false],
])('"%s" holds no-store: %s', (text, holds) => {
  expect(parseDirectives(text).has('no-store')).toBe(holds);
});

test.each([
  ['no-cache', undefined],
  ['no-cache="a, B"', ['a', 'b']],
  ['no-cache="a", no-cache="b"', ['a', 'b']],
  ['no-cache="a", no-cache', undefined],
  ['no-cache, no-cache="a"', undefined],
  ['no-cache=a', undefined],
])('the fields of %s', (text, fields) => {
  expect(directiveFields(parseDirectives(text).get('no-cache')!)).toEqual(fields);
});

test('a long hostile value takes no longer than its length allows', () => {
  for (const text of ['"\\', 'a="', 'a=,"x"', '"x']) parseDirectives(text.repeat(100_000));
});
