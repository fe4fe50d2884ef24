import { fieldLines, type HeaderFields } from './header-fields.ts';
import { tryParseDate } from './http-date.ts';

const isWeak = /^w\//i;
const isStrongTag = /^"[^"]*"$/;

/** Below this distance from Date, two changes within the clock's grain could share one Last-Modified. RFC 9110 8.8.2.2. */
const strongDateDistanceMs = 60_000;

/** The entity tag, weak or strong, as it was sent; undefined when there is none. */
export function entityTag(fields: HeaderFields): string | undefined {
  const tag = fieldLines(fields, 'etag')[0]?.trim();
  return tag === '' ? undefined : tag;
}

/** The Last-Modified date as it was sent, if it can be read. */
export function lastModified(fields: HeaderFields): string | undefined {
  const text = fieldLines(fields, 'last-modified')[0]?.trim();
  return text !== undefined && tryParseDate(text) !== undefined ? text : undefined;
}

/** Whether a response can be validated at all. */
export function hasValidator(fields: HeaderFields): boolean {
  return entityTag(fields) !== undefined || lastModified(fields) !== undefined;
}

/** The validator that tells any two representations apart, fit for If-Range; undefined when there is none. RFC 9110 8.8. */
export function strongValidator(fields: HeaderFields): string | undefined {
  const tag = entityTag(fields);
  if (tag !== undefined) return isStrongTag.test(tag) ? tag : undefined;
  const modified = lastModified(fields);
  const date = fieldLines(fields, 'date')[0];
  if (modified === undefined || date === undefined) return undefined;
  const [modifiedAt, sentAt] = [tryParseDate(modified), tryParseDate(date)];
  if (modifiedAt === undefined || sentAt === undefined) return undefined;
  return sentAt - modifiedAt >= strongDateDistanceMs ? modified : undefined;
}

/** RFC 9110 8.8.3.2, weak comparison. */
export function sameTag(one: string, other: string): boolean {
  return one.replace(isWeak, '') === other.replace(isWeak, '');
}
