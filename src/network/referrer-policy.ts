/** Referrer Policy 3, and what Electron takes; `''` is the default policy. */
export const referrerPolicies = [
  '',
  'no-referrer',
  'no-referrer-when-downgrade',
  'origin',
  'origin-when-cross-origin',
  'same-origin',
  'strict-origin',
  'strict-origin-when-cross-origin',
  'unsafe-url',
] as const;

/** One of them. */
export type ReferrerPolicy = (typeof referrerPolicies)[number];

/** The Referer header of a request to `url` from a page at `referrer`; '' for none. Referrer Policy 8.3. */
export function referrerFor(referrer: string, url: URL, policy: ReferrerPolicy): string {
  const from = URL.parse(referrer);
  // Chromium: a Referer is a URL of http or https.
  if (!from || (from.protocol !== 'http:' && from.protocol !== 'https:')) return '';
  from.username = from.password = from.hash = '';
  const full = from.href;
  const origin = `${from.origin}/`;
  const sameOrigin = from.origin === url.origin;
  const downgrade = from.protocol === 'https:' && url.protocol !== 'https:';
  switch (policy) {
    case 'no-referrer':
      return '';
    case 'unsafe-url':
      return full;
    case 'origin':
      return origin;
    case 'same-origin':
      return sameOrigin ? full : '';
    case 'no-referrer-when-downgrade':
      return downgrade ? '' : full;
    case 'strict-origin':
      return downgrade ? '' : origin;
    case 'origin-when-cross-origin':
      return sameOrigin ? full : origin;
    case '':
    case 'strict-origin-when-cross-origin':
      if (downgrade) return '';
      return sameOrigin ? full : origin;
  }
}
