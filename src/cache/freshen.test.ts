import { expect, test } from 'vitest';
import { describesStored, freshen } from './freshen.ts';
import { invalidatedUrls, isSafeMethod } from './invalidation.ts';
import { parseRawHeaders, readRawHeaders } from './raw-headers.ts';
import { clearsCache } from './clear-site-data.ts';
import { type StoredResponse, storedResponseCodec } from './stored-response.ts';

const stored: StoredResponse = {
  status: 200,
  statusText: 'OK',
  variant: {},
  requestTime: 0,
  responseTime: 0,
  span: undefined,
  size: 4,
  body: 'b',
  generation: '',
  usedAt: 0,
  headers: [
    'ETag',
    '"a"',
    'X-Old',
    '1',
    'X-Both',
    'old',
    'Age',
    '9',
    'Date',
    'x',
    'Content-Length',
    '4',
    'Content-Encoding',
    'gzip',
  ],
};
const times = { requestTime: 5, responseTime: 6 };

test('a 304 replaces fields and adds new ones, but none about the body', () => {
  const update = [
    'x-both',
    'new',
    'X-New',
    '2',
    'Content-Length',
    '0',
    'Content-Encoding',
    'br',
    'Set-Cookie',
    'a=b',
    'Connection',
    'x',
  ];
  const freshened = freshen(stored, update, times);
  expect(freshened).toMatchObject({ ...times, body: 'b', size: 4 });
  expect(parseRawHeaders(freshened.headers)).toEqual({
    etag: '"a"',
    'x-old': '1',
    'x-both': 'new',
    'x-new': '2',
    'content-length': '4',
    'content-encoding': 'gzip',
  });
});

test.each([
  [{}, true],
  [{ etag: '"a"', 'content-length': '4' }, true],
  [{ etag: '"b"' }, false],
  [{ 'last-modified': 'Thu, 01 Jan 2026 00:00:00 GMT' }, false],
  [{ 'content-length': '5' }, false],
])('an answer to HEAD with %j is about what is stored: %s', (head, about) => {
  expect(describesStored(head, { etag: '"a"' }, 4)).toBe(about);
});

const url = 'http://a.test/dir/page';
test.each([
  ['its own', 200, {}, [url]],
  ['Location, relative', 201, { location: 'other#x' }, [url, 'http://a.test/dir/other']],
  ['Content-Location', 200, { 'content-location': '/c' }, [url, 'http://a.test/c']],
  ['another origin', 200, { location: 'http://b.test/', 'content-location': 'https://a.test/' }, [url]],
  ['a redirect', 303, {}, [url]],
  ['a failure', 500, { location: '/l' }, []],
])('an unsafe request invalidates: %s', (_what, status, fields, urls) => {
  expect(invalidatedUrls({ url, status, fields })).toEqual(urls);
});

test('a method that nobody knows is unsafe', () => {
  expect(['GET', 'OPTIONS', 'PROPFIND', 'M-SEARCH', 'PUT', 'PATCH'].map(isSafeMethod)).toEqual([
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
});

test.each([
  ['https://a.test', '"cache"', true],
  ['https://a.test', '"cookies", "cache"', true],
  ['https://a.test', '"*"', true],
  ['https://a.test', 'cache', false],
  ['https://a.test', '"cookies"', false],
  ['http://a.test', '"cache"', false],
  ['http://127.0.0.1:8080', '"cache"', true],
  ['http://[::1]:8080', '"cache"', true],
  ['http://localhost', '"cache"', true],
])('%s with Clear-Site-Data: %s', (origin, text, clears) => {
  expect(clearsCache(origin, { 'clear-site-data': text })).toBe(clears);
});

test('a stored response is read back as it was written', () => {
  const partial = {
    ...stored,
    variant: { a: '1', b: null },
    span: { start: 1, end: 5, total: undefined },
    body: undefined,
  };
  for (const response of [stored, partial])
    expect(storedResponseCodec.decode(storedResponseCodec.encode(response))).toEqual(response);
});

test.each([
  '',
  '{}',
  '[]',
  '[200]',
  storedResponseCodec.encode(stored).replace('200', '"x"'),
  storedResponseCodec.encode(stored).replace('"ETag",', ''),
])('a row that is none is refused: %s', text => {
  expect(() => storedResponseCodec.decode(text)).toThrow();
});

test("headers with the names of an object's own members do no harm", () => {
  const fields = parseRawHeaders(['__proto__', 'x', 'constructor', 'y', 'constructor', 'z']);
  expect(Object.getPrototypeOf(fields)).toBe(Object.prototype);
  expect(fields['constructor']).toEqual(['y', 'z']);
  expect(readRawHeaders([Buffer.from('A'), Buffer.from([0xe9])], {})).toEqual(['A', '\u00e9']);
  expect(readRawHeaders({ a: '1' }, { a: ['1', '2'] })).toEqual(['a', '1', 'a', '2']);
});
