import { describe, expect, test } from 'vitest';
import { parseSetCookie } from './set-cookie.ts';

const long = (length: number): string => 'x'.repeat(length);

describe('parseSetCookie', () => {
  test.each<[string, string, string | Record<string, unknown>]>([
    ['a name and a value', 'a=b', { name: 'a', value: 'b', secure: false, sameSite: 'unspecified' }],
    ['blanks and tabs around both go', ' \t a \t=\t b \t', { name: 'a', value: 'b' }],
    ['the first "=" divides', 'a=b=c', { name: 'a', value: 'b=c' }],
    ['quotes belong to the value', 'a="b; c"', { name: 'a', value: '"b' }],
    ['without "=" it is all value', 'abc', { name: '', value: 'abc' }],
    ['a "=" in an attribute does not name the cookie', 'abc; path=/', { name: '', value: 'abc', path: '/' }],
    ['a name may go with no value', 'a=', { name: 'a', value: '' }],
    ['attributes in any letter case', 'a=b; SECURE; hTTpOnly; PATH=/p', { secure: true, httpOnly: true, path: '/p' }],
    ['the last of an attribute wins', 'a=b; path=/1; path=/2; domain=x; domain=', { path: '/2', domain: '' }],
    ['Secure needs no value and ignores one', 'a=b; secure=false', { secure: true }],
    ['SameSite None', 'a=b; samesite=NONE', { sameSite: 'no_restriction' }],
    ['SameSite Lax', 'a=b; samesite=Lax', { sameSite: 'lax' }],
    ['SameSite Strict', 'a=b; samesite=strict', { sameSite: 'strict' }],
    ['an unknown SameSite is none at all', 'a=b; samesite=lax; samesite=odd', { sameSite: 'unspecified' }],
    ['Partitioned', 'a=b; partitioned', { partitioned: true }],
    ['empty attributes are passed over', 'a=b;;; ;secure;', { secure: true }],
    ['name and value of 4096 bytes together', `a=${long(4095)}`, { value: long(4095) }],
    ['an attribute of 1024 bytes', `a=b; path=/${long(1023)}`, { path: `/${long(1023)}` }],
    ['a longer one is ignored, the earlier stays', `a=b; path=/p; path=/${long(1024)}`, { path: '/p' }],
    ['4097 bytes are too long', `a=${long(4096)}`, 'too-long'],
    ['nothing', '', 'empty'],
    ['blanks only', ' \t ', 'empty'],
    ['a "=" alone', '=', 'empty'],
    ['attributes alone', '; path=/', 'empty'],
    ['a line break', 'a=b\nc', 'control-character'],
    ['a NUL', 'a=b\0', 'control-character'],
    ['a carriage return in an attribute', 'a=b; path=/\r', 'control-character'],
    ['a tab inside the value', 'a=b\tc', 'control-character'],
    ['a tab inside the name', 'a\tb=c', 'control-character'],
    ['a DEL', 'a=\x7f', 'control-character'],
    ['a control character in an attribute nobody knows', 'a=b; odd=\x01', 'control-character'],
    ['a control character in an attribute name', 'a=b; sec\x01ure', 'control-character'],
  ])('%s', (_, line, expected) => {
    const parsed = parseSetCookie(line);
    expect(typeof parsed === 'string' ? { refused: parsed } : parsed).toMatchObject(
      typeof expected === 'string' ? { refused: expected } : expected,
    );
  });
});
