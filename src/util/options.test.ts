import { expect, test } from 'vitest';
import { OptionsReader } from './options.ts';

test.each([
  ['a string', 'latency', 'got "latency"'],
  ['a function', () => {}, 'got a function'],
  ['an array, whose keys would all be unknown ones', ['cookies'], 'got an array'],
])('options that are %s are refused', (_, input, came) => {
  expect(() => new OptionsReader('clear', input, [])).toThrow(`Cannot clear: options must be an object, ${came}`);
});

test.each([undefined, null])('%s is no options', input => {
  expect(new OptionsReader('clear', input, ['a']).string('a', 'absent')).toBe('absent');
});
