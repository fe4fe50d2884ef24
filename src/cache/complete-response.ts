import { tryParseContentRange } from './byte-range.ts';
import type { CachedResponse } from './cached-response.ts';
import { freshen } from './freshen.ts';
import { fieldValue } from './header-fields.ts';
import { wholeHeaders } from './partial-content.ts';
import { parseRawHeaders } from './raw-headers.ts';
import type { Received } from './response-recorder.ts';

/**
 * What a stored beginning and the 206 that brings its rest are together: a 200 with the stored headers, updated by the
 * part's. RFC 9111 3.4.
 */
export function completeResponse({ stored }: CachedResponse, rest: Received): Received {
  const { total } = tryParseContentRange(fieldValue(rest.fields, 'content-range'))!;
  const headers = wholeHeaders(freshen(stored, rest.raw(), rest.times).headers, total!);
  return { ...rest, status: 200, statusText: 'OK', fields: parseRawHeaders(headers), raw: () => headers };
}
