import { describe, expect, test } from 'vitest';
import { PacSandbox } from './pac-sandbox.ts';

// Times are given and asked for in GMT, so that the rows hold wherever they run.
let now = 0;
const known: Record<string, string[]> = { 'a.test': ['2001::1', '10.1.2.3'], 'v6.test': ['2001::1'] };
const own: string[] = [];
const sandbox = await PacSandbox.create({
  lookup: (kind, name) => (kind === 'own' ? own : (known[name] ?? [])),
  now: () => now,
  random: () => 0.25,
  alert: () => {},
});
sandbox.load('function FindProxyForURL(url, host) { return JSON.stringify({ result: eval(url) }); }');

function call(expression: string): unknown {
  const { result } = JSON.parse(sandbox.evaluate(expression, '', { left: 1e8 })) as { result: unknown };
  return result;
}

const rows: [sentence: string, expression: string, expected: unknown][] = [
  ['a name without a dot is plain', 'isPlainHostName("a")', true],
  ['a name with a dot is not', 'isPlainHostName("a.test")', false],
  ['an IPv6 address is not plain', 'isPlainHostName("::1")', false],
  ['a name with a port is plain, as it is no address', 'isPlainHostName("a:80")', true],
  ['the end of a name is compared', 'dnsDomainIs("www.a.test", ".a.test")', true],
  ['a name shorter than the domain', 'dnsDomainIs("www", ".a.test")', false],
  ['the empty domain is the end of every name', 'dnsDomainIs("www", "")', true],
  ['the very name', 'localHostOrDomainIs("www.a.test", "www.a.test")', true],
  ['its first label alone', 'localHostOrDomainIs("www", "www.a.test")', true],
  ['another name in the domain', 'localHostOrDomainIs("ftp.a.test", "www.a.test")', false],
  ['dots are counted', 'dnsDomainLevels("www.a.test")', 2],
  ['a star is any text', 'shExpMatch("http://a.test/x/y", "*/x/*")', true],
  ['a question mark is one character', 'shExpMatch("a", "?")', true],
  ['the whole text must match', 'shExpMatch("ab", "a")', false],
  ['a dot is a dot', 'shExpMatch("axb", "a.b")', false],
  ['the same pattern twice', 'shExpMatch("ab", "a*") && shExpMatch("ac", "a*")', true],
  ['the first IPv4 address of a name', 'dnsResolve("a.test")', '10.1.2.3'],
  ['a name with IPv6 addresses alone', 'dnsResolve("v6.test")', null],
  ['a name without addresses', 'dnsResolve("b.test")', null],
  ['all addresses of a name', 'dnsResolveEx("a.test")', '2001::1;10.1.2.3'],
  ['none', 'dnsResolveEx("b.test")', ''],
  ['no text', '[dnsResolve(7), dnsResolveEx(), isInNetEx(1, 2), sortIpAddressList({})].join()', ',,,'],
  ['resolvable by IPv4', '[isResolvable("a.test"), isResolvable("v6.test")].join()', 'true,false'],
  ['resolvable at all', '[isResolvableEx("v6.test"), isResolvableEx("b.test")].join()', 'true,false'],
  ['a machine without an address', '[myIpAddress(), myIpAddressEx()].join("/")', '127.0.0.1/'],
  ['an address within a mask', 'isInNet("10.1.2.3", "10.1.0.0", "255.255.0.0")', true],
  ['a name within a mask', 'isInNet("a.test", "10.1.0.0", "255.255.0.0")', true],
  ['a name without an address is within none', 'isInNet("b.test", "0.0.0.0", "0.0.0.0")', false],
  ['a mask that is none', 'isInNet("10.1.2.3", "10.1.0.0", "255.255.0.256")', false],
  ['an address within a block', 'isInNetEx("2001::5", "2001::/16")', true],
  ['a length that is not whole bytes', 'isInNetEx("10.32.0.1", "10.16.0.0/12")', false],
  ['IPv4 within a mapped block', 'isInNetEx("10.0.0.1", "::ffff:10.0.0.0/104")', true],
  ['too long a block', 'isInNetEx("10.0.0.1", "10.0.0.0/33")', false],
  ['IPv6 comes first, then by number', 'sortIpAddressList("10.0.0.10;10.0.0.9;::2;::1")', '::1;::2;10.0.0.9;10.0.0.10'],
  ['one bad address spoils the list', 'sortIpAddressList("10.0.0.1;x")', false],
  ['an address may be short or long', 'sortIpAddressList("0:0:0:0:0:0:0:2; ::0.0.0.1")', '::0.0.0.1;0:0:0:0:0:0:0:2'],
  ['chance comes from the host', 'Math.random()', 0.25],
];

describe('helpers', () => {
  test.each(rows)('%s', (_, expression, expected) => {
    expect(call(expression)).toEqual(expected);
  });

  test('the address of the machine', () => {
    own.push('10.9.9.9', '2001::9');
    expect(call('[myIpAddress(), myIpAddressEx()].join("/")')).toBe('10.9.9.9/10.9.9.9;2001::9');
  });
});

const thursday = '2026-03-05T09:30:15Z';
const times: [sentence: string, at: string, expression: string, expected: boolean][] = [
  ['the weekday', thursday, 'weekdayRange("THU", "GMT")', true],
  ['another weekday', thursday, 'weekdayRange("FRI", "GMT")', false],
  ['days in a row', thursday, 'weekdayRange("MON", "THU", "GMT")', true],
  ['days over the turn of the week', thursday, 'weekdayRange("FRI", "TUE", "GMT")', false],
  ['a day that is none', thursday, 'weekdayRange("DONNERSTAG", "GMT")', false],
  ['no day', thursday, 'weekdayRange()', false],
  ['the day of the month', thursday, 'dateRange(5, "GMT")', true],
  ['days of the month', thursday, 'dateRange(6, 20, "GMT")', false],
  ['the month', thursday, 'dateRange("MAR", "GMT")', true],
  ['the year', thursday, 'dateRange(2025, "GMT")', false],
  ['months', thursday, 'dateRange("JAN", "APR", "GMT")', true],
  ['months over the turn of the year', thursday, 'dateRange("OCT", "MAR", "GMT")', true],
  ['February ends before March', '2026-03-02T12:00:00Z', 'dateRange("SEP", "FEB", "GMT")', false],
  ['years', thursday, 'dateRange(2020, 2030, "GMT")', true],
  ['day and month', thursday, 'dateRange(1, "MAR", 15, "MAR", "GMT")', true],
  ['month and year', thursday, 'dateRange("APR", 2026, "MAY", 2027, "GMT")', false],
  ['day, month and year', thursday, 'dateRange(5, "MAR", 2026, 5, "MAR", 2026, "GMT")', true],
  ['the hour', thursday, 'timeRange(9, "GMT")', true],
  ['hours', thursday, 'timeRange(10, 12, "GMT")', false],
  ['hours and minutes', thursday, 'timeRange(9, 0, 9, 30, "GMT")', true],
  ['over midnight', thursday, 'timeRange(22, 0, 6, 0, "GMT")', false],
  ['to the second', thursday, 'timeRange(9, 30, 16, 12, 0, 0, "GMT")', false],
];

describe('dates and times', () => {
  test.each(times)('%s', (_, at, expression, expected) => {
    now = Date.parse(at);
    expect(call(expression)).toBe(expected);
  });

  test('the clock comes from the host, by every way to it', () => {
    now = Date.UTC(2001, 1, 3);
    const asked =
      '[Date.now(), +new Date(), Date.parse(Date()), +new Date().constructor.now(), +new (class extends Date {})()]';
    expect(call(asked)).toEqual([now, now, now, now, now]);
    expect(call('new Date(2020, 1, 2).getFullYear() + new Date(0).getTime() + Date.UTC(1970, 0)')).toBe(2020);
    expect(call('new Date() instanceof Date')).toBe(true);
  });

  test('a wrong number of numbers is an error', () => {
    expect(() => call('timeRange(1, 2, 3)')).toThrow('timeRange takes 1, 2, 4 or 6 numbers');
  });
});
