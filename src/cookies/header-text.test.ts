import { describe, expect, test } from 'vitest';
import { fromHeaderText, toHeaderText } from './header-text.ts';

describe('header text', () => {
  test.each([
    ['ASCII stays', 'plain text that is longer than a slice', 'plain text that is longer than a slice'],
    ['UTF-8 is read', '\xe6\x98\xa5', '春'],
    ['four bytes are one character', '\xf0\x9f\x8d\xaa', '🍪'],
    ['bytes that are no UTF-8 are kept one by one', 'a\xe9\xff', 'a\udce9\udcff'],
    ['half a character too', '\xe6\x98', '\udce6\udc98'],
  ])('%s, and the same bytes come back', (_, bytes, text) => {
    expect(fromHeaderText(bytes)).toBe(text);
    expect(toHeaderText(text)).toBe(bytes);
  });

  test('a cookie emoji beside a raw byte', () => {
    expect(toHeaderText('🍪\udce9=é')).toBe('\xf0\x9f\x8d\xaa\xe9=\xc3\xa9');
  });
});
