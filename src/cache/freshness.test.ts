import { describe, expect, test } from 'vitest';
import { currentAge } from './current-age.ts';
import { cacheControl } from './directives.ts';
import { readFreshness } from './freshness.ts';

const now = Date.UTC(2026, 0, 1);
const times = { requestTime: now, responseTime: now };
const at = (seconds: number): string => new Date(now + seconds * 1000).toUTCString();
const read = (fields: Record<string, string | string[]>, status = 200, given = times) =>
  readFreshness({ status, fields, directives: cacheControl(fields), times: given });

describe('freshness lifetime, in seconds', () => {
  test.each([
    ['max-age', { 'cache-control': 'max-age=60' }, 60],
    ['max-age before Expires', { 'cache-control': 'max-age=60', expires: at(10) }, 60],
    ['a max-age that is no number hides Expires', { 'cache-control': 'max-age=x', expires: at(10) }, 0],
    ['s-maxage is for shared caches', { 'cache-control': 's-maxage=60, max-age=5' }, 5],
    ['two lines', { 'cache-control': ['public', 'max-age=60'] }, 60],
    ['Expires', { expires: at(60) }, 60],
    ['Expires against Date', { expires: at(60), date: at(20) }, 40],
    ['Expires and a Date that cannot be read', { expires: at(60), date: 'x' }, 60],
    ['Expires before Date', { expires: at(10), date: at(20) }, 0],
    ['Expires that cannot be read, and Last-Modified', { expires: '0', 'last-modified': at(-1_000) }, 0],
    ['two Expires', { expires: [at(60), at(60)] }, 0],
    ['a tenth of what it has lasted', { 'last-modified': at(-1_000) }, 100],
    ['at most a week', { 'last-modified': at(-1_000_000_000) }, 7 * 86_400],
    ['Last-Modified in the future', { 'last-modified': at(1_000) }, 0],
    ['nothing', {}, 0],
  ])('%s', (_what, fields, seconds) => {
    expect(read(fields).lifetime).toBe(seconds * 1000);
  });

  test.each([
    [200, 100],
    [203, 100],
    [204, 100],
    [206, 100],
    [300, 100],
    [404, 100],
    [405, 100],
    [410, 100],
    [414, 100],
    [501, 100],
    [201, 0],
    [202, 0],
    [302, 0],
    [303, 0],
    [307, 0],
    [403, 0],
    [500, 0],
    [503, 0],
    [599, 0],
    [301, 7 * 86_400],
    [308, 7 * 86_400],
  ])('the guess for status %i', (status, seconds) => {
    expect(read({ 'last-modified': at(-1_000) }, status).lifetime).toBe(seconds * 1000);
  });

  test('public allows a guess for any status', () => {
    expect(read({ 'last-modified': at(-1_000), 'cache-control': 'public' }, 599).lifetime).toBe(100_000);
  });

  test('the guess for an error lasts five minutes at most', () => {
    expect(read({ 'last-modified': at(-1_000_000) }, 404).lifetime).toBe(300_000);
  });
});

describe('age when it came, in seconds', () => {
  test.each([
    ['no Age, no Date', {}, 0],
    ['Age', { age: '30' }, 30],
    ['the first of a list', { age: '30, 0' }, 30],
    ['the first of two lines', { age: ['0', '30'] }, 0],
    ['no number', { age: 'old' }, 0],
    ['a fraction', { age: '30.5' }, 0],
    ['negative', { age: '-30' }, 0],
    ['a parameter', { age: '30;x=1' }, 0],
    ['white space', { age: ' 30 ' }, 30],
    ['too large', { age: '99999999999999999999' }, 2 ** 31],
    ['an old Date', { date: at(-30) }, 30],
    ['the larger of both', { date: at(-30), age: '10' }, 30],
    ['a Date in the future', { date: at(30), age: '10' }, 10],
  ])('%s', (_what, fields, seconds) => {
    expect(read(fields).initialAge).toBe(seconds * 1000);
  });

  test('the time that the response took counts', () => {
    expect(read({ age: '10' }, 200, { requestTime: now - 5_000, responseTime: now }).initialAge).toBe(15_000);
  });

  test('less than a second of apparent age is not known', () => {
    expect(read({ date: at(0) }, 200, { requestTime: now + 900, responseTime: now + 900 }).initialAge).toBe(0);
  });

  test('a clock that is set back does not make it younger', () => {
    expect(currentAge(5_000, now, now - 60_000)).toBe(5_000);
    expect(currentAge(5_000, now, now + 60_000)).toBe(65_000);
  });
});

test('directives', () => {
  expect(
    read({ 'cache-control': 'no-cache="x", must-revalidate, immutable, stale-while-revalidate=5, stale-if-error=6' }),
  ).toMatchObject({
    noCache: false,
    mustRevalidate: true,
    immutable: true,
    staleWhileRevalidate: 5_000,
    staleIfError: 6_000,
  });
  expect(read({ 'cache-control': 'no-cache, stale-if-error=x' })).toMatchObject({ noCache: true, staleIfError: 0 });
});
