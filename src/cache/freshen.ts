import type { ExchangeTimes } from './current-age.ts';
import { cacheControl } from './directives.ts';
import { fieldValue, type HeaderFields } from './header-fields.ts';
import { droppedFields } from './may-store.ts';
import { parseRawHeaders, type RawHeaders } from './raw-headers.ts';
import type { StoredResponse } from './stored-response.ts';
import { entityTag, lastModified } from './validators.ts';

/** What describes the bytes that are stored, which an answer without a body cannot change. RFC 9111 3.2. */
const describesBody: ReadonlySet<string> = new Set(['content-encoding', 'content-length', 'content-range']);

/** The stored response with the header fields of a 304, or of an answer to HEAD, in place of its own. RFC 9111 3.2, 4.3.4. */
export function freshen(stored: StoredResponse, update: RawHeaders, times: ExchangeTimes): StoredResponse {
  const fields = parseRawHeaders(update);
  const dropped = droppedFields(fields, cacheControl(fields));
  const updates = (name: string): boolean => Object.hasOwn(fields, name) && !dropped(name) && !describesBody.has(name);
  // Age and Date say how old the validation is, not how old the first answer was.
  const outdated = (name: string): boolean => updates(name) || name === 'age' || name === 'date';
  const headers = [...keep(stored.headers, name => !outdated(name)), ...keep(update, updates)];
  return { ...stored, ...times, headers };
}

/**
 * Whether an answer to HEAD is about the representation that is stored. RFC 9111 4.3.5: every validator that it has
 * must be the stored one's, and so must its Content-Length.
 */
export function describesStored(head: HeaderFields, stored: HeaderFields, length: number | undefined): boolean {
  const tag = entityTag(head);
  if (tag !== undefined && tag !== entityTag(stored)) return false;
  const modified = lastModified(head);
  if (modified !== undefined && modified !== lastModified(stored)) return false;
  const headLength = fieldValue(head, 'content-length');
  return headLength === undefined || length === undefined || Number(headLength) === length;
}

/** The headers whose lower-case name passes. */
export function keep(headers: RawHeaders, passes: (name: string) => boolean): string[] {
  const kept: string[] = [];
  for (let i = 0; i < headers.length; i += 2) {
    if (passes(headers[i]!.toLowerCase())) kept.push(headers[i]!, headers[i + 1]!);
  }
  return kept;
}
