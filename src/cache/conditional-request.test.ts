import { expect, test } from 'vitest';
import { isNotModified, rangeApplies, validationHeaders } from './conditional-request.ts';
import { strongValidator } from './validators.ts';

const modified = 'Thu, 01 Jan 2026 00:00:00 GMT';
const later = 'Thu, 01 Jan 2026 00:10:00 GMT';

test.each([
  [{ etag: '"a"', 'last-modified': modified }, ['if-none-match', '"a"', 'if-modified-since', modified]],
  [{ etag: 'W/"a"' }, ['if-none-match', 'W/"a"']],
  [{ etag: 'a' }, ['if-none-match', 'a']],
  [{ 'last-modified': 'yesterday' }, []],
  [{}, []],
])('validating %j', (stored, headers) => {
  expect(validationHeaders(stored)).toEqual(headers);
});

test.each([
  ['the tag', ['If-None-Match', '"a"'], true],
  ['the tag, weak', ['If-None-Match', 'W/"a"'], true],
  ['among others', ['If-None-Match', '"x", "a"'], true],
  ['in another line', ['If-None-Match', '"x"', 'if-none-match', '"a"'], true],
  ['any', ['If-None-Match', '*'], true],
  ['another tag', ['If-None-Match', '"b"'], false],
  ['a tag with a comma', ['If-None-Match', '"x,y" , "a"'], true],
  ['another tag beats the date', ['If-None-Match', '"b"', 'If-Modified-Since', later], false],
  ['not modified since', ['If-Modified-Since', modified], true],
  ['modified since', ['If-Modified-Since', 'Wed, 31 Dec 2025 00:00:00 GMT'], false],
  ['not modified since, in the old form', ['If-Modified-Since', 'Thursday, 01-Jan-26 00:00:00 GMT'], true],
  ['since no date', ['If-Modified-Since', 'x'], false],
])('a condition with %s', (_what, request, notModified) => {
  expect(isNotModified(request, { etag: '"a"', 'last-modified': modified })).toBe(notModified);
});

test.each([
  ['a strong tag', { etag: '"a"', 'last-modified': modified, date: later }, '"a"'],
  ['a weak tag', { etag: 'W/"a"', 'last-modified': modified, date: later }, undefined],
  ['no quotes', { etag: 'a' }, undefined],
  ['a date long before', { 'last-modified': modified, date: later }, modified],
  ['a date just before', { 'last-modified': modified, date: modified }, undefined],
  ['a date, but no Date', { 'last-modified': modified }, undefined],
])('the strong validator: %s', (_what, fields, validator) => {
  expect(strongValidator(fields)).toBe(validator);
});

test.each([
  [[], true],
  [['If-Range', '"a"'], true],
  [['If-Range', '"b"'], false],
  [['If-Range', 'W/"a"'], false],
])('a range with %j', (request, applies) => {
  expect(rangeApplies(request, { etag: '"a"' })).toBe(applies);
});
