const canonicalHost = 'Hosts reach the store as WHATWG URLs have them, as in Chromium: a last dot stays, brackets too.';
const placeholder =
  'The row holds a placeholder where Chromium has 1,024 or 4,096 characters; set-cookie.test.ts has those.';
const secureFromHttp = 'Chromium 156 refuses a Secure cookie from plain http.';
const creationTime = 'Chromium 156 keeps the creation time of a cookie only while its value stays.';

/** Rows of cookie-vectors.json that we do not follow, by id, with the reason and what Chromium 156 does. */
export const cookieDeviations: Readonly<Record<string, string>> = {
  'http-state/date-bsd-examples-50':
    'Chromium takes a year of five digits (its own row with this date expects a time after 2038).',
  'go/isIPTests/1.1.1.300': 'No URL has this host: WHATWG refuses a last label of digits that is no address.',
  'go/canonicalHostTests/[2001:4860:0:::68]:8080': canonicalHost,
  'go/canonicalHostTests/www.example.com.': canonicalHost,
  'go/canonicalHostTests/..': canonicalHost,
  'go/canonicalHostTests/...': canonicalHost,
  'go/canonicalHostTests/.net.': canonicalHost,
  'go/canonicalHostTests/a..': canonicalHost,
  'chromium/set-cookie-parse-99': placeholder,
  'chromium/set-cookie-parse-101': placeholder,
  'chromium/set-cookie-parse-103': placeholder,
  'go/basicsTests/1': secureFromHttp,
  'go/updateAndDeleteTests/0': secureFromHttp,
  'go/updateAndDeleteTests/1': secureFromHttp,
  'go/updateAndDeleteTests/2': creationTime,
};
