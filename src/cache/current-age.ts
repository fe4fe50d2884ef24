import { fieldLines, type HeaderFields } from './header-fields.ts';
import { tryParseDate } from './http-date.ts';

/** When a request was sent and when the head of its response came, in milliseconds since the epoch. */
export interface ExchangeTimes {
  readonly requestTime: number;
  readonly responseTime: number;
}

/** RFC 9111 1.2.2: the greatest age that has to be told apart, in seconds. */
const maxAgeSeconds = 2 ** 31;

/** How old a response was when it came, in milliseconds: the corrected initial age. RFC 9111 4.2.3. */
export function initialAge(fields: HeaderFields, times: ExchangeTimes): number {
  const date = dateOf(fields, times);
  // Date has whole seconds, so the apparent age is only known to those; a fraction would make max-age=1 useless.
  const apparentAge = Math.max(0, Math.floor((times.responseTime - date) / 1000) * 1000);
  const responseDelay = Math.max(0, times.responseTime - times.requestTime);
  return Math.max(apparentAge, parseAge(fields) * 1000 + responseDelay);
}

/** The time since then, added. A clock that was set back does not make a response younger than it came. */
export function currentAge(initialAgeMs: number, responseTime: number, now: number): number {
  return initialAgeMs + Math.max(0, now - responseTime);
}

/** When the response was made: its Date, or when it came, where it has none that can be read. RFC 9110 6.6.1. */
export function dateOf(fields: HeaderFields, times: ExchangeTimes): number {
  const date = fieldLines(fields, 'date')[0];
  return (date === undefined ? undefined : tryParseDate(date, times.responseTime)) ?? times.responseTime;
}

/** RFC 9111 5.1: the first member of a list counts; what is no whole number is ignored. In seconds. */
function parseAge(fields: HeaderFields): number {
  const first = fieldLines(fields, 'age')[0]?.split(',', 1)[0]!.trim();
  return first !== undefined && /^\d+$/.test(first) ? Math.min(Number(first), maxAgeSeconds) : 0;
}
