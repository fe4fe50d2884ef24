import { expect, test } from 'vitest';
import { joinSpans, selectRange, tryParseContentRange, tryParseRange } from './byte-range.ts';

test.each([
  ['bytes=0-4', { first: 0, last: 4 }],
  ['Bytes = 0 - 4', { first: 0, last: 4 }],
  ['bytes=5-', { first: 5 }],
  ['bytes=-5', { suffix: 5 }],
  ['bytes=4-0', undefined],
  ['bytes=-', undefined],
  ['bytes=0-1,4-5', undefined],
  ['lines=0-4', undefined],
  ['bytes=99999999999999999999-', undefined],
  ['bytes=a-b', undefined],
])('Range: %s', (text, range) => {
  expect(tryParseRange(text)).toEqual(range && { first: undefined, last: undefined, suffix: undefined, ...range });
});

test.each([
  ['bytes 0-4/10', { start: 0, end: 5, total: 10 }],
  ['bytes 0-4/*', { start: 0, end: 5, total: undefined }],
  ['bytes */10', undefined],
  ['bytes 4-0/10', undefined],
  ['bytes 0-10/10', undefined],
  ['anything', undefined],
  [undefined, undefined],
])('Content-Range: %s', (text, span) => {
  expect(tryParseContentRange(text)).toEqual(span);
});

const middle = { start: 2, end: 6, total: 10 };
test.each([
  ['bytes=2-5', middle, [2, 6]],
  ['bytes=3-3', middle, [3, 4]],
  ['bytes=2-6', middle, undefined],
  ['bytes=1-3', middle, undefined],
  ['bytes=4-', middle, undefined],
  ['bytes=-4', middle, undefined],
  ['bytes=10-', middle, 'unsatisfiable'],
  ['bytes=-0', middle, 'unsatisfiable'],
  ['bytes=-20', { start: 0, end: 10, total: 10 }, [0, 10]],
  ['bytes=5-99', { start: 0, end: 10, total: 10 }, [5, 10]],
  ['bytes=2-5', { start: 2, end: 6, total: undefined }, [2, 6]],
  ['bytes=4-', { start: 2, end: 6, total: undefined }, undefined],
  ['bytes=-1', { start: 2, end: 6, total: undefined }, undefined],
  ['bytes=99-', { start: 2, end: 6, total: undefined }, undefined],
])('%s of %j', (text, held, wanted) => {
  const selected = selectRange(tryParseRange(text)!, held);
  expect(typeof selected === 'object' ? [selected.start, selected.end] : selected).toEqual(wanted);
});

test.each([
  [
    { start: 0, end: 5, total: 10 },
    { start: 5, end: 10, total: 10 },
    { start: 0, end: 10, total: 10 },
  ],
  [
    { start: 5, end: 10, total: 10 },
    { start: 0, end: 6, total: undefined },
    { start: 0, end: 10, total: 10 },
  ],
  [{ start: 0, end: 4, total: 10 }, { start: 5, end: 10, total: 10 }, undefined],
  [{ start: 0, end: 5, total: 10 }, { start: 5, end: 10, total: 11 }, undefined],
])('%j and %j', (one, other, joined) => {
  expect(joinSpans(one, other)).toEqual(joined);
  expect(joinSpans(other, one)).toEqual(joined);
});
