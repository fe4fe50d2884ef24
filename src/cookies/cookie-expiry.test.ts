import { describe, expect, test } from 'vitest';
import { parseCookieDate } from './cookie-date.ts';
import { cookieExpiry } from './cookie-expiry.ts';

describe('parseCookieDate', () => {
  test.each<[string, string, string | undefined]>([
    ['RFC 9110 date', 'Sun, 06 Nov 1994 08:49:37 GMT', '1994-11-06T08:49:37Z'],
    ['dashes and two digits of year', 'Sat, 15-Apr-17 21:01:22 GMT', '2017-04-15T21:01:22Z'],
    ['a year from 70 is of the last century', '1-Jan-70 00:00:00 GMT', '1970-01-01T00:00:00Z'],
    ['a year up to 69 is of this one', '1-Jan-69 00:00:00 GMT', '2069-01-01T00:00:00Z'],
    ['fields in any order, the day before the year', 'Apr 15 21:01:22 17', '2017-04-15T21:01:22Z'],
    ['a year before the day', '2017 April 15 21:01:22', '2017-04-15T21:01:22Z'],
    ['zones mean nothing', 'Sat, 15-Apr-17 21:01:22 GMT-0400', '2017-04-15T21:01:22Z'],
    ['quotes and backslashes divide', '"Sat, 15-Apr-17\\"21:01:22"', '2017-04-15T21:01:22Z'],
    ['29 February of a leap year', '29 Feb 2028 00:00:00', '2028-02-29T00:00:00Z'],
    ['29 February of another', '29 Feb 2027 00:00:00', undefined],
    ['30 February', '30 Feb 2028 00:00:00', undefined],
    ['day 0', '0 Feb 2028 00:00:00', undefined],
    ['hour 24', '1 Jan 2027 24:00:00', undefined],
    ['minute 60', '1 Jan 2027 00:60:00', undefined],
    ['no time', '1 Jan 2027', undefined],
    ['no month', '1 2027 00:00:00', undefined],
    ['no year', '1 Jan 00:00:00', undefined],
    ['nothing', '', undefined],
  ])('%s', (_, text, expected) => {
    expect(parseCookieDate(text)).toBe(expected === undefined ? undefined : Date.parse(expected));
  });
});

describe('cookieExpiry', () => {
  const now = Date.UTC(2026, 0, 1);
  const day = 86_400_000;
  const tomorrow = new Date(now + day).toUTCString();

  test.each<[string, string | undefined, string | undefined, number | undefined]>([
    ['neither: a session cookie', undefined, undefined, undefined],
    ['Max-Age in seconds', '60', undefined, now + 60_000],
    ['Max-Age wins over Expires', '60', tomorrow, now + 60_000],
    ['Max-Age of 0 is past', '0', tomorrow, 0],
    ['a negative Max-Age is past', '-1', undefined, 0],
    ['a plus sign is taken', '+60', undefined, now + 60_000],
    ['Max-Age that is no number is passed over', '1.5', tomorrow, now + day],
    ['and so is an empty one', '', tomorrow, now + day],
    ['an endless Max-Age is 400 days', '9'.repeat(100), undefined, now + 400 * day],
    ['an endless negative one is past', `-${'9'.repeat(100)}`, undefined, 0],
    ['Expires is capped at 400 days', undefined, 'Fri, 01 Jan 2100 00:00:00 GMT', now + 400 * day],
    ['an Expires that is no date: a session cookie', undefined, 'soon', undefined],
  ])('%s', (_, maxAge, expires, expected) => {
    expect(cookieExpiry({ maxAge, expires }, now)).toBe(expected);
  });
});
