import type { RefusalReason } from './cookie.ts';

/** Chromium's words for a refusal, as Electron puts them behind `Failed to set cookie - `. */
export function refusalText(reason: RefusalReason): string {
  return texts[reason];
}

const texts: Readonly<Record<RefusalReason, string>> = {
  empty: 'The cookie contains no content or only whitespace.',
  'too-long': 'The cookie exceeded the name/value pair size limit.',
  'attribute-too-long': 'Cookie exceeded the attribute size limit.',
  path: 'The cookie was malformed and could not be stored',
  'control-character': 'The cookie contains ASCII control characters',
  'domain-mismatch': 'The cookie was set with an invalid Domain attribute.',
  'public-suffix': 'The cookie was set with an invalid Domain attribute.',
  prefix: 'The cookie was set with an invalid __Host- or __Secure- prefix.',
  'ambiguous-name': 'The cookie has no name, and its value would be read back as a name.',
  'secure-only': 'The cookie was Secure, but the URL was not allowed to access Secure cookies.',
  'secure-overwrite': 'The cookie would have overwritten a Secure cookie, and was not allowed to do so.',
  'same-site-none-insecure': 'The cookie specified SameSite=None, but it was not Secure.',
  'same-site-context':
    'The cookie did not have an appropriate SameSite attribute for the cross-site context it was set from.',
  'http-only': 'The cookie was HttpOnly, but the attempted access was through a non-HTTP API.',
  'http-only-overwrite': 'The cookie would have overwritten an HttpOnly cookie, and was not allowed to do so.',
  'partitioned-insecure': 'Cookie was set with an invalid Partitioned attribute, which is only valid if it is Secure.',
  'partitioned-without-site': 'Cookie was set with an invalid Partitioned attribute, as there is no top-level site.',
  'unsupported-scheme': 'Attempted to set a cookie from a scheme that does not support cookies.',
  'too-many': 'The response had more Set-Cookie lines than are read.',
};
