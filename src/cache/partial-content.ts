import { type ByteSpan, isWhole, tryParseContentRange } from './byte-range.ts';
import type { CachedResponse } from './cached-response.ts';
import { fieldValue, type HeaderFields } from './header-fields.ts';
import { keep } from './freshen.ts';
import type { RawHeaders } from './raw-headers.ts';
import { entityTag, strongValidator } from './validators.ts';

/**
 * The request headers that ask for the rest of a stored beginning; names and values in turn; undefined when it is no
 * beginning. If-Range makes the origin send everything when the representation has changed. RFC 9111 3.3, RFC 9110 13.1.5.
 */
export function completionHeaders({ stored, fields }: CachedResponse): readonly string[] | undefined {
  if (stored.span?.start !== 0) return undefined;
  const validator = strongValidator(fields);
  const range = ['range', `bytes=${stored.span.end}-`];
  return validator === undefined ? range : [...range, 'if-range', validator];
}

/** Whether a 206 is of the representation that is stored, in part or whole. RFC 9110 15.3.7.3 wants a strong validator. */
export function isSameRepresentation(stored: HeaderFields, part: HeaderFields): boolean {
  const validator = strongValidator(stored);
  if (validator === undefined) return false;
  const tag = entityTag(part);
  // A 206 need not repeat Last-Modified to somebody who sent it in If-Range. RFC 9110 15.3.7.
  return tag === undefined ? entityTag(stored) === undefined : tag === validator;
}

/** Whether a 206 goes on where the stored beginning ends, to the end of the representation. */
export function isRestOf({ stored, fields }: CachedResponse, part: HeaderFields): boolean {
  const span = tryParseContentRange(fieldValue(part, 'content-range'));
  const held = stored.span;
  if (!span || !held || span.start !== held.end || span.end !== span.total) return false;
  return (held.total === undefined || held.total === span.total) && isSameRepresentation(fields, part);
}

/** Whether the beginning of a response that broke off is worth keeping: it can be completed by a range. RFC 9111 3.3. */
export function isResumable(status: number, fields: HeaderFields): boolean {
  if (status !== 200 && status !== 206) return false;
  return strongValidator(fields) !== undefined && fieldValue(fields, 'accept-ranges')?.toLowerCase() !== 'none';
}

/**
 * Which bytes of the representation were received, when a part that said it was `said` had `received` bytes;
 * undefined when that cannot be told.
 *
 * A part that ends earlier than it said, yet whole, is believed as to where it begins. If it said that it reaches the
 * end, that is where the end is: enough to answer ranges from, never to be taken for the whole.
 */
export function receivedSpan(said: ByteSpan, received: number, brokenOff: boolean): ByteSpan | undefined {
  const end = said.start + received;
  if (received === 0 || end > said.end) return undefined;
  if (end === said.end || brokenOff || said.end !== said.total) return { ...said, end };
  return said.start > 0 ? { start: said.start, end, total: end } : undefined;
}

/** The headers of a whole representation that was put together from parts. */
export function wholeHeaders(headers: RawHeaders, length: number): RawHeaders {
  const others = keep(headers, name => name !== 'content-range' && name !== 'content-length');
  return [...others, 'Content-Length', String(length)];
}

/** The span to store with, and the status: a part that is everything is an ordinary complete response. RFC 9111 3.4. */
export function storedAs(status: number, span: ByteSpan | undefined): { status: number; span: ByteSpan | undefined } {
  if (span && isWhole(span)) return { status: 200, span: undefined };
  return { status, span };
}
