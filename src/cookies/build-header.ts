import type { Cookie } from './cookie.ts';
import { toHeaderText } from './header-text.ts';

/** A Cookie header from cookies in their order, as bytes, one character each. RFC 6265bis 5.8.3 step 4. */
export function buildHeader(cookies: readonly Cookie[]): string {
  let header = '';
  for (const cookie of cookies) {
    if (header !== '') header += '; ';
    // A nameless cookie is its value alone.
    header += cookie.name === '' ? cookie.value : `${cookie.name}=${cookie.value}`;
  }
  return toHeaderText(header);
}
