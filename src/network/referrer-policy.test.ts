import { expect, test } from 'vitest';
import { type ReferrerPolicy, referrerFor } from './referrer-policy.ts';

const page = 'https://ann:pw@a.test/path?q#f';
const full = 'https://a.test/path?q';

// Referrer Policy 8.3: the policy, and the Referer to the same origin, to another one, and to one without TLS.
test.each<[ReferrerPolicy, string, string, string]>([
  ['', full, 'https://a.test/', ''],
  ['strict-origin-when-cross-origin', full, 'https://a.test/', ''],
  ['no-referrer', '', '', ''],
  ['no-referrer-when-downgrade', full, full, ''],
  ['origin', 'https://a.test/', 'https://a.test/', 'https://a.test/'],
  ['origin-when-cross-origin', full, 'https://a.test/', 'https://a.test/'],
  ['same-origin', full, '', ''],
  ['strict-origin', 'https://a.test/', 'https://a.test/', ''],
  ['unsafe-url', full, full, full],
])('"%s"', (policy, toSame, toOther, toInsecure) => {
  expect(referrerFor(page, new URL('https://a.test/x'), policy)).toBe(toSame);
  expect(referrerFor(page, new URL('https://b.test/x'), policy)).toBe(toOther);
  expect(referrerFor(page, new URL('http://b.test/x'), policy)).toBe(toInsecure);
});

test.each(['about:blank', 'data:text/plain,a', 'nonsense', ''])('"%s" is no page to name', text => {
  expect(referrerFor(text, new URL('https://a.test/'), 'unsafe-url')).toBe('');
});
