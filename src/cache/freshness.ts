import { dateOf, type ExchangeTimes, initialAge } from './current-age.ts';
import { type Directives, directiveFields, directiveSeconds } from './directives.ts';
import { fieldLines, type HeaderFields } from './header-fields.ts';
import { tryParseDate, tryParseExactDate } from './http-date.ts';

/** What a stored response says about its own reuse. Durations are milliseconds. */
export interface Freshness {
  readonly lifetime: number;
  /** Age when it came; see `currentAge`. */
  readonly initialAge: number;
  readonly responseTime: number;
  /** Whether it must be validated before each use. */
  readonly noCache: boolean;
  readonly mustRevalidate: boolean;
  readonly immutable: boolean;
  readonly staleWhileRevalidate: number;
  readonly staleIfError: number;
}

const second = 1000;
const day = 24 * 60 * 60 * second;

/** RFC 9110 15.1: statuses that may be given a lifetime by guess. */
const heuristicStatuses: ReadonlySet<number> = new Set([200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501]);
/** A guess about an error lasts at most this long: the page may be back at any time. */
const maxNegativeGuess = 5 * 60 * second;
/** No guess lasts longer than this, as in Firefox. */
const maxGuess = 7 * day;

/** Whether a response of this status may be given a lifetime by guess. RFC 9111 4.2.2. */
export function isHeuristicallyCacheable(status: number, directives: Directives): boolean {
  return heuristicStatuses.has(status) || directives.has('public');
}

/** Reads everything that decides how long a response may be used. RFC 9111 4.2, RFC 5861, RFC 8246. */
export function readFreshness(response: Dated): Freshness {
  const { fields, directives, times } = response;
  const noCache = directives.get('no-cache');
  return {
    lifetime: lifetimeOf(response),
    initialAge: initialAge(fields, times),
    responseTime: times.responseTime,
    // RFC 9111 5.2.2.4: with field names, only those fields need validation; they are not stored.
    noCache: noCache !== undefined && directiveFields(noCache) === undefined,
    mustRevalidate: directives.has('must-revalidate'),
    immutable: directives.has('immutable'),
    staleWhileRevalidate: durationOf(directives, 'stale-while-revalidate'),
    staleIfError: durationOf(directives, 'stale-if-error'),
  };
}

/** A response and when it came. */
export interface Dated {
  readonly status: number;
  readonly fields: HeaderFields;
  readonly directives: Directives;
  readonly times: ExchangeTimes;
}

function lifetimeOf(response: Dated): number {
  const { status, fields, directives, times } = response;
  // RFC 9111 4.2.1: a private cache passes over s-maxage. A max-age that is no number makes it stale.
  const maxAge = directiveSeconds(directives, 'max-age');
  if (maxAge !== undefined) return (maxAge || 0) * second;
  const expires = fieldLines(fields, 'expires');
  // RFC 9111 5.3: what cannot be read, "0" above all, lies in the past; so do two that may contradict each other.
  if (expires.length > 1) return 0;
  if (expires.length === 1) {
    const at = tryParseExactDate(expires[0]!.trim(), times.responseTime);
    return at === undefined ? 0 : Math.max(0, at - dateOf(fields, times));
  }
  return isHeuristicallyCacheable(status, directives) ? guessLifetime(response) : 0;
}

/** RFC 9111 4.2.2. */
function guessLifetime({ status, fields, times }: Dated): number {
  // A permanent redirect is one as long as nobody says otherwise, as in Chromium, which sets no limit at all.
  if (status === 301 || status === 308) return maxGuess;
  const text = fieldLines(fields, 'last-modified')[0];
  const modified = text === undefined ? undefined : tryParseDate(text.trim(), times.responseTime);
  if (modified === undefined) return 0;
  const guess = Math.max(0, (dateOf(fields, times) - modified) / 10);
  return Math.min(guess, status >= 400 ? maxNegativeGuess : maxGuess);
}

function durationOf(directives: Directives, name: string): number {
  return (directiveSeconds(directives, name) || 0) * second;
}
