import { expect, test } from 'vitest';
import { hostPattern } from './host-pattern.ts';

const rows: [sentence: string, pattern: string, host: string, expected: boolean][] = [
  ['a plain pattern is the whole host', 'a.test', 'a.test', true],
  ['a plain pattern is not a prefix', 'a.test', 'a.test.example', false],
  ['a plain pattern is not a suffix', 'a.test', 'b.a.test', false],
  ['a dot is only a dot', 'a.test', 'aXtest', false],
  ['a star is any number of characters', '*.a.test', 'x.y.a.test', true],
  ['a star with a dot does not match the bare name', '*.a.test', 'a.test', false],
  ['a star may be empty', 'a*b', 'ab', true],
  ['the end is looked for at the end', '*a', 'aba', true],
  ['several stars', 'a*b*c', 'a1b2b3c', true],
  ['several stars in the wrong order', 'a*c*b', 'a1b2c', false],
  ['a question mark is one character', 'a?.test', 'a1.test', true],
  ['a question mark may be none', 'a?.test', 'a.test', true],
  ['a question mark is not two', 'a?.test', 'a12.test', false],
  ['two question marks are two at most', 'a??.test', 'a12.test', true],
  ['a star and a question mark are any number', 'a?*.test', 'a123.test', true],
  ['a backslash makes a star plain', '\\*.test', 'x.test', false],
  ['a backslash before a letter is that letter', '\\a.test', 'a.test', true],
  ['the empty pattern matches the empty host', '', '', true],
  ['the empty pattern matches nothing else', '', 'a', false],
  ['literal parts may not overlap', 'ab*ba', 'aba', false],
];

test.each(rows)('%s', (_, pattern, host, expected) => {
  expect(hostPattern(pattern)(host)).toBe(expected);
});
