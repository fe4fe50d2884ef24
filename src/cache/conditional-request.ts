import { fieldLines, type HeaderFields } from './header-fields.ts';
import { tryParseDate } from './http-date.ts';
import { type RawHeaders, rawValue } from './raw-headers.ts';
import { entityTag, lastModified, sameTag, strongValidator } from './validators.ts';

/** The request headers that validate a stored response; names and values in turn; empty when it has no validator. RFC 9111 4.3.1. */
export function validationHeaders(stored: HeaderFields): readonly string[] {
  const headers: string[] = [];
  const tag = entityTag(stored);
  if (tag !== undefined) headers.push('if-none-match', tag);
  const modified = lastModified(stored);
  if (modified !== undefined) headers.push('if-modified-since', modified);
  return headers;
}

/** Conditions that only the origin can judge. RFC 9111 4.3.2. */
export function isForOrigin(request: RawHeaders): boolean {
  return rawValue(request, 'if-match') !== undefined || rawValue(request, 'if-unmodified-since') !== undefined;
}

/** Whether the caller made the request conditional by itself. */
export function isConditional(request: RawHeaders): boolean {
  return rawValue(request, 'if-none-match') !== undefined || rawValue(request, 'if-modified-since') !== undefined;
}

/** Whether the caller's condition is answered by 304, going by a fresh stored response. RFC 9111 4.3.2, RFC 9110 13.2.2. */
export function isNotModified(request: RawHeaders, stored: HeaderFields): boolean {
  const tags = rawValue(request, 'if-none-match');
  // RFC 9110 13.1.3: If-None-Match makes If-Modified-Since void.
  if (tags !== undefined) return matchesAny(tags, entityTag(stored));
  const since = rawValue(request, 'if-modified-since');
  const sinceAt = since === undefined ? undefined : tryParseDate(since.trim());
  const modified = lastModified(stored) ?? fieldLines(stored, 'date')[0];
  const modifiedAt = modified === undefined ? undefined : tryParseDate(modified);
  return sinceAt !== undefined && modifiedAt !== undefined && modifiedAt <= sinceAt;
}

/** Whether a Range goes with this representation: no If-Range, or one that is its strong validator. RFC 9110 13.1.5. */
export function rangeApplies(request: RawHeaders, stored: HeaderFields): boolean {
  const condition = rawValue(request, 'if-range');
  return condition === undefined || condition.trim() === strongValidator(stored);
}

function matchesAny(list: string, tag: string | undefined): boolean {
  if (list.trim() === '*') return true;
  if (tag === undefined) return false;
  return (list.match(/(?:w\/)?"[^"]*"|[^\s,"]+/gi) ?? []).some(one => sameTag(one, tag));
}
