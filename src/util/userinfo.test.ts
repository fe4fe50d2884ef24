import { expect, test } from 'vitest';
import { takeUserinfo } from './userinfo.ts';

test.each([
  ['https://a.test/', undefined],
  ['https://ann:p%40w@a.test/', { username: 'ann', password: 'p@w' }],
  ['https://ann@a.test/', { username: 'ann', password: '' }],
  ['https://%C3%A4:100%@a.test/', { username: 'ä', password: '100%' }],
  ['https://:pw@a.test/', undefined],
])('%s', (href, expected) => {
  const url = new URL(href);
  expect(takeUserinfo(url)).toEqual(expected);
  expect(url.href).toBe('https://a.test/');
});
