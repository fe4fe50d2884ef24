import { expect, test } from 'vitest';
import { isResumable, isSameRepresentation, receivedSpan } from './partial-content.ts';

test.each([
  ['all of it', 5, false, [2, 7, 10]],
  ['broken off', 3, true, [2, 5, 10]],
  ['ended early, in the middle', 3, false, [2, 5, 10]],
  ['nothing', 0, true, undefined],
  ['more than it said', 6, false, undefined],
])('a part of bytes 2-6/10: %s', (_what, received, brokenOff, span) => {
  const got = receivedSpan({ start: 2, end: 7, total: 10 }, received, brokenOff);
  expect(got && [got.start, got.end, got.total]).toEqual(span);
});

test.each([
  ['ended early, to the end', 4, 5, [4, 9, 9]],
  ['ended early, from the beginning to the end', 0, 5, undefined],
])('a part to the last byte: %s', (_what, start, received, span) => {
  const got = receivedSpan({ start, end: 10, total: 10 }, received, false);
  expect(got && [got.start, got.end, got.total]).toEqual(span);
});

test.each([
  [{ etag: '"a"' }, { etag: '"a"' }, true],
  [{ etag: '"a"' }, { etag: '"b"' }, false],
  [{ etag: '"a"' }, {}, false],
  [{ etag: 'W/"a"' }, { etag: 'W/"a"' }, false],
  [{}, {}, false],
])('%j and %j are of one representation: %s', (stored, part, same) => {
  expect(isSameRepresentation(stored, part)).toBe(same);
});

test.each([
  [200, { etag: '"a"' }, true],
  [200, { etag: '"a"', 'accept-ranges': 'none' }, false],
  [200, { etag: 'W/"a"' }, false],
  [404, { etag: '"a"' }, false],
])('a %i with %j can be resumed: %s', (status, fields, resumable) => {
  expect(isResumable(status, fields)).toBe(resumable);
});
