import { describe, expect, test } from 'vitest';
import { cacheControl } from './directives.ts';
import { droppedFields, mayStore } from './may-store.ts';

describe('may be stored', () => {
  test.each([
    ['a 200 with a tag', 'GET', 200, { etag: '"1"' }, true],
    ['a 200 that could never be used again', 'GET', 200, {}, false],
    ['max-age', 'GET', 200, { 'cache-control': 'max-age=1' }, true],
    ['private', 'GET', 200, { 'cache-control': 'private' }, true],
    ['no-cache with a tag', 'GET', 200, { 'cache-control': 'no-cache', etag: '"1"' }, true],
    ['no-cache that nobody can ask about', 'GET', 200, { 'cache-control': 'no-cache' }, false],
    ['no-store', 'GET', 200, { 'cache-control': 'max-age=60, no-store' }, false],
    ['no-store in another line', 'GET', 200, { 'cache-control': ['max-age=60', 'no-store'] }, false],
    ['must-understand undoes no-store', 'GET', 200, { 'cache-control': 'no-store, must-understand, max-age=1' }, true],
    [
      'must-understand with a status that is not',
      'GET',
      299,
      { 'cache-control': 'max-age=60, must-understand' },
      false,
    ],
    ['Vary: *', 'GET', 200, { 'cache-control': 'max-age=60', vary: '*' }, false],
    ['a status nobody knows, with a lifetime', 'GET', 599, { 'cache-control': 'max-age=60' }, true],
    ['a status nobody knows, without', 'GET', 599, {}, false],
    ['a redirect with a lifetime', 'GET', 302, { expires: 'x' }, true],
    ['a redirect without', 'GET', 302, {}, false],
    ['a permanent one', 'GET', 301, {}, true],
    ['404', 'GET', 404, { 'last-modified': 'Mon, 01 Jan 2024 00:00:00 GMT' }, true],
    ['304', 'GET', 304, { 'cache-control': 'max-age=60' }, false],
    ['401', 'GET', 401, { 'cache-control': 'max-age=60' }, false],
    ['429', 'GET', 429, { 'cache-control': 'max-age=60' }, false],
    ['POST with a lifetime', 'POST', 200, { 'cache-control': 'max-age=60' }, true],
    ['POST without', 'POST', 200, {}, false],
  ])('%s', (_what, method, status, fields, may) => {
    expect(mayStore({ method, status, fields, directives: cacheControl(fields) })).toBe(may);
  });
});

test('fields of the connection, cookies and what no-cache names are dropped', () => {
  const fields = {
    connection: 'close, X-Hop',
    'cache-control': 'no-cache="x-secret", private="x-mine"',
  };
  const dropped = droppedFields(fields, cacheControl(fields));
  for (const name of [
    'connection',
    'x-hop',
    'keep-alive',
    'te',
    'transfer-encoding',
    'upgrade',
    'proxy-authenticate',
    'set-cookie',
    'x-secret',
  ]) {
    expect([name, dropped(name)]).toEqual([name, true]);
  }
  for (const name of ['content-type', 'etag', 'x-mine', 'cache-control', 'www-authenticate'])
    expect([name, dropped(name)]).toEqual([name, false]);
});
