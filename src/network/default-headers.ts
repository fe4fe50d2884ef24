import { acceptEncoding } from './content-decoding.ts';
import type { HeaderList } from './header-list.ts';

/** What the session puts on every request that does not say otherwise. */
export interface FetchDefaults {
  readonly userAgent: string;
  readonly acceptLanguage: string;
}

/** Adds the headers that every request of a browser has, where the caller gave none. */
export function appendDefaults(headers: HeaderList, defaults: FetchDefaults): void {
  const given = headers.pairs.length > 0;
  const { pairs } = headers;
  if (!headers.hasUserAgent) headers.append('User-Agent', defaults.userAgent);
  // The rest is known to be well-formed, so it goes past the checks.
  if (!given || !headers.has('accept')) pairs.push('Accept', '*/*');
  if (!given || !headers.has('accept-language')) pairs.push('Accept-Language', defaults.acceptLanguage);
  if (!given || !headers.has('accept-encoding')) pairs.push('Accept-Encoding', acceptEncoding);
}
