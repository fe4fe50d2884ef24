const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

// RFC 9110 5.6.7, the three forms. RFC 9111 4.2: a cache matches them in any letter case.
const fixdate = /^[a-z]{3}, (\d\d) ([a-z]{3}) (\d{4}) (\d\d):(\d\d):(\d\d) gmt$/i;
const rfc850 = /^[a-z]{6,9}, (\d\d)-([a-z]{3})-(\d\d) (\d\d):(\d\d):(\d\d) gmt$/i;
const asctime = /^[a-z]{3} ([a-z]{3}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (\d{4})$/i;

/**
 * Reads a date in one of the three forms of RFC 9110 5.6.7, as milliseconds since the epoch; undefined if it is none.
 *
 * This is what `Expires` needs: RFC 9111 4.2 wants a date with another zone, or none of the forms, to count as expired.
 */
export function tryParseExactDate(text: string, nowMs: number): number | undefined {
  let match = fixdate.exec(text);
  if (match) return toTime([match[3]!, match[2]!, match[1]!], match.slice(4, 7));
  match = rfc850.exec(text);
  if (match) return toTime([fullYear(match[3]!, nowMs), match[2]!, match[1]!], match.slice(4, 7));
  match = asctime.exec(text);
  return match ? toTime([match[6]!, match[1]!, match[2]!], match.slice(3, 6)) : undefined;
}

/** Without a clock at hand, years of two digits are those from 1951 to 2050. */
const pivot = Date.UTC(2000, 0);

const clockTime = /(?:^|[\s,])(\d{1,2}):(\d{1,2})(?::(\d{1,2}))?(?:\.\d+)?\s*(am|pm)?/i;
const numericZone = /(?:gmt|utc|ut|\s)\s*([+-])(\d\d):?(\d\d)\b/i;
const namedZone = /\b(est|edt|cst|cdt|mst|mdt|pst|pdt)\b/i;
const zoneHours: Readonly<Record<string, number>> = {
  est: -5,
  edt: -4,
  cst: -6,
  cdt: -5,
  mst: -7,
  mdt: -6,
  pst: -8,
  pdt: -7,
};

/**
 * Reads a date in any form that browsers accept where a wrong guess does no harm (`Date`, `Last-Modified`): the exact
 * ones first, then day, month name and year in any order and with any separators, with or without seconds and weekday,
 * in any of the usual zones.
 *
 * @see Chromium base/third_party/nspr/prtime.cc
 */
export function tryParseDate(text: string, nowMs: number = pivot): number | undefined {
  const exact = tryParseExactDate(text, nowMs);
  if (exact !== undefined || text.length > 100) return exact;
  const time = clockTime.exec(text);
  if (!time) return undefined;
  const zone = numericZone.exec(text.slice(time.index));
  const words =
    text
      .replace(time[0], ' ')
      .replace(zone?.[0].trim() ?? ' ', ' ')
      .match(/[a-z]+|\d+/gi) ?? [];
  const month = words.find(word => months.includes(word.slice(0, 3).toLowerCase()))?.slice(0, 3);
  const [first, second] = words.filter(word => /^\d+$/.test(word));
  if (!month || !first || !second) return undefined;
  // "2026 Jan 02": the number that cannot be a day is the year.
  const [day, year] = first.length === 4 ? [second, first] : [first, second];
  const hour = time[4] ? (Number(time[1]) % 12) + (time[4].toLowerCase() === 'pm' ? 12 : 0) : Number(time[1]);
  const at = toTime([fullYear(year, nowMs), month, day], [String(hour), time[2]!, time[3] ?? '0']);
  return at === undefined ? undefined : at - zoneOffset(text, zone) * 60_000;
}

function zoneOffset(text: string, numeric: RegExpExecArray | null): number {
  if (numeric) return (numeric[1] === '-' ? -1 : 1) * (Number(numeric[2]) * 60 + Number(numeric[3]));
  const named = namedZone.exec(text);
  return named ? zoneHours[named[1]!.toLowerCase()]! * 60 : 0;
}

/** RFC 9110 5.6.7: a two-digit year more than 50 years ahead means the last one with these digits. */
function fullYear(year: string, nowMs: number): string {
  if (year.length !== 2) return year;
  const thisYear = new Date(nowMs).getUTCFullYear();
  const guess = thisYear - (thisYear % 100) + Number(year);
  return String(guess > thisYear + 50 ? guess - 100 : guess);
}

function toTime(
  date: readonly [year: string, month: string, day: string],
  time: readonly string[],
): number | undefined {
  const month = months.indexOf(date[1].toLowerCase());
  const [year, day, hour, minute, second] = [date[0], date[2], ...time].map(Number) as [
    number,
    number,
    number,
    number,
    number,
  ];
  // A leap second is the one that follows. Chromium keeps years from 1601 on.
  if (month < 0 || year < 1601 || year > 9999 || hour > 23 || minute > 59 || second > 60) return undefined;
  const at = Date.UTC(year, month, day, hour, minute, second);
  // The 31st of June would roll over into July.
  return new Date(Date.UTC(year, month, day)).getUTCDate() === day ? at : undefined;
}
