const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

// Every printable ASCII character that is neither letter, digit nor ":".
const delimiters = /[\t !"#$%&'()*+,\-./;<=>?@[\\\]^_`{|}~]+/;

/**
 * The time of an Expires attribute, in milliseconds since the epoch; undefined when it is no date.
 *
 * @see RFC 6265bis 5.1.1; Chromium cookie_util ParseCookieExpirationTime, which is more lenient about the fields' order
 */
export function parseCookieDate(text: string): number | undefined {
  let month: number | undefined;
  let time: readonly number[] | undefined;
  let day: number | undefined;
  let year: number | undefined;
  for (const token of text.split(delimiters)) {
    if (!/^\d/.test(token)) {
      month ??= monthOf(token);
    } else if (token.includes(':')) {
      time ??= timeOf(token);
    } else if (day === undefined && token.length <= 2) {
      day = Number.parseInt(token, 10);
    } else if (year === undefined && token.length <= 5) {
      year = Number.parseInt(token, 10);
    }
  }
  if (month === undefined || !time || day === undefined || year === undefined) return undefined;
  return timestamp([fullYear(year), month, day], time);
}

function monthOf(token: string): number | undefined {
  const index = months.indexOf(token.slice(0, 3).toLowerCase());
  return index === -1 ? undefined : index;
}

function timeOf(token: string): readonly number[] | undefined {
  return /^(\d{1,2}):(\d{1,2}):(\d{1,2})/.exec(token)?.slice(1).map(Number);
}

/** RFC 6265bis 5.1.1 steps 3 and 4. */
function fullYear(year: number): number {
  if (year >= 70 && year <= 99) return year + 1900;
  return year <= 69 ? year + 2000 : year;
}

/** RFC 6265bis 5.1.1 steps 5 to 7: undefined when a field is out of range or there is no such day. */
function timestamp([year, month, day]: readonly [number, number, number], time: readonly number[]): number | undefined {
  const [hour, minute, second] = time as [number, number, number];
  if (hour > 23 || minute > 59 || second > 59) return undefined;
  const date = new Date(0);
  date.setUTCFullYear(year, month, day);
  if (date.getUTCDate() !== day) return undefined;
  return date.setUTCHours(hour, minute, second);
}
