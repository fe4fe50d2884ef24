import { expect, test } from 'vitest';
import { tryParseDate, tryParseExactDate } from './http-date.ts';

const now = Date.UTC(2026, 0, 1);
const august = Date.UTC(2050, 7, 8, 2, 1, 18);

test.each([
  ['IMF-fixdate', 'Mon, 08 Aug 2050 02:01:18 GMT', august],
  ['any letter case', 'mON, 08 AUG 2050 02:01:18 gmt', august],
  ['a weekday that is another', 'Sun, 08 Aug 2050 02:01:18 GMT', august],
  ['RFC 850', 'Monday, 08-Aug-50 02:01:18 GMT', august],
  ['RFC 850, more than 50 years ahead', 'Monday, 08-Aug-77 02:01:18 GMT', Date.UTC(1977, 7, 8, 2, 1, 18)],
  ['asctime', 'Mon Aug  8 02:01:18 2050', august],
  ['asctime with two digits', 'Mon Aug 18 02:01:18 2050', Date.UTC(2050, 7, 18, 2, 1, 18)],
  ['a leap second', 'Mon, 08 Aug 2050 02:01:60 GMT', Date.UTC(2050, 7, 8, 2, 2, 0)],
  ['far in the future', 'Sun, 21 Nov 2286 04:46:39 GMT', Date.UTC(2286, 10, 21, 4, 46, 39)],
])('%s is a date', (_what, text, time) => {
  expect(tryParseExactDate(text, now)).toBe(time);
  expect(tryParseDate(text, now)).toBe(time);
});

test.each([
  ['zero', '0'],
  ['another zone', 'Mon, 08 Aug 2050 02:01:18 UTC'],
  ['an offset', 'Mon, 08 Aug 2050 02:01:18 +0000'],
  ['no zone', 'Mon, 08 Aug 2050 02:01:18'],
  ['one digit for the hour', 'Mon, 08 Aug 2050 2:01:18 GMT'],
  ['one digit for the day', 'Mon, 8 Aug 2050 02:01:18 GMT'],
  ['two digits for the year', 'Mon, 08 Aug 50 02:01:18 GMT'],
  ['periods in the time', 'Mon, 08 Aug 2050 02.01.18 GMT'],
  ['no comma', 'Mon 08 Aug 2050 02:01:18 GMT'],
  ['two spaces', 'Mon, 08  Aug  2050 02:01:18 GMT'],
  ['dashes', 'Mon, 08-Aug-2050 02:01:18 GMT'],
  ['the 31st of June', 'Mon, 31 Jun 2050 02:01:18 GMT'],
  ['hour 24', 'Mon, 08 Aug 2050 24:01:18 GMT'],
  ['a month that is none', 'Mon, 08 Foo 2050 02:01:18 GMT'],
  ['more after it', 'Mon, 08 Aug 2050 02:01:18 GMT, 1'],
])('%s is no exact date', (_what, text) => {
  expect(tryParseExactDate(text, now)).toBeUndefined();
});

test.each([
  ['another name of the zone', 'Mon, 08 Aug 2050 02:01:18 UTC', august],
  ['no zone', 'Mon, 08 Aug 2050 02:01:18', august],
  ['an offset', 'Mon, 08 Aug 2050 04:01:18 +0200', august],
  ['an offset after GMT', 'Mon, 08 Aug 2050 04:01:18 GMT+0200', august],
  ['a negative offset', 'Sun, 07 Aug 2050 21:01:18 -0500', august],
  ['an American zone', 'Sun, 07 Aug 2050 21:01:18 EST', august],
  ['one digit each', 'Mon, 8 Aug 2050 2:1:18 GMT', august],
  ['no weekday', '08 Aug 2050 02:01:18 GMT', august],
  ['dashes and a full year', 'Mon, 08-Aug-2050 02:01:18 GMT', august],
  ['the month in full', 'Monday, August 8, 2050 02:01:18 GMT', august],
  ['the year first', '2050 Aug 08 02:01:18 GMT', august],
  ['several spaces', 'Mon,  08  Aug  2050  02:01:18  GMT', august],
  ['no seconds', 'Mon, 08 Aug 2050 02:01 GMT', august - 18_000],
  ['in the afternoon', '08 Aug 2050 02:01:18 PM GMT', august + 12 * 3_600_000],
  ['no date at all', 'yesterday', undefined],
  ['no time', 'Mon, 08 Aug 2050', undefined],
  ['no month', '08 2050 02:01:18', undefined],
  ['endless', `Mon, 08 Aug 2050 02:01:18 ${' '.repeat(1_000)}GMT`, undefined],
])('leniently: %s', (_what, text, time) => {
  expect(tryParseDate(text, now)).toBe(time);
});
