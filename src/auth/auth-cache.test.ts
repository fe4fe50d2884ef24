import { describe, expect, test } from 'vitest';
import { AuthCache, type AuthTarget } from './auth-cache.ts';
import type { Credentials } from './credentials.ts';

const cnonce = 'c';
const ann = { credentials: { username: 'ann', password: 'pw' }, cnonce };
const origin = 'https://a.test';

function at(path: string, change: Partial<AuthTarget> = {}): AuthTarget {
  return { isProxy: false, origin, path, ...change };
}

function basic(realm: string): { scheme: 'basic'; realm: string } {
  return { scheme: 'basic', realm };
}

describe('credentials go along unasked', () => {
  test.each<[sentence: string, asked: string, later: AuthTarget, sent: boolean]>([
    ['to the same path', '/docs/a.html', at('/docs/a.html'), true],
    ['to its directory', '/docs/a.html', at('/docs/'), true],
    ['to another file in the directory', '/docs/a.html', at('/docs/b.html?q=/x'), true],
    ['below the directory', '/docs/a.html', at('/docs/x/y/z'), true],
    ['not above it', '/docs/a.html', at('/'), false],
    ['not to a name that only begins alike', '/docs/a.html', at('/docs2/a.html'), false],
    ['everywhere, when the root has asked', '/', at('/any/where'), true],
    ['not by a slash in the query', '/a?x=/docs/', at('/docs/b'), true],
    ['not to another origin', '/', at('/', { origin: 'http://a.test' }), false],
    ['not to a proxy of the same origin', '/', at('', { isProxy: true }), false],
  ])('%s', (_, asked, later, sent) => {
    const cache = new AuthCache();
    expect(cache.findByPath(later)).toBeUndefined();
    cache.add(at(asked), basic('r'), ann);
    expect(cache.findByPath(later)?.credentials).toEqual(sent ? ann.credentials : undefined);
  });

  test('to a proxy', () => {
    const cache = new AuthCache();
    const proxy = { isProxy: true, origin: 'http://proxy.test:3128', path: '' };
    cache.add(proxy, basic('r'), ann);
    expect(cache.findByPath(proxy)?.realm).toBe('r');
  });

  test('the realm with the longest path wins', () => {
    const cache = new AuthCache();
    cache.add(at('/a/b/'), basic('inner'), ann);
    cache.add(at('/a/'), basic('outer'), ann);
    expect(cache.findByPath(at('/a/b/c'))?.realm).toBe('inner');
    expect(cache.findByPath(at('/a/c'))?.realm).toBe('outer');
  });

  test('a path above others takes their place; at most ten are kept', () => {
    const cache = new AuthCache();
    for (let n = 0; n < 12; n++) cache.add(at(`/p${n}/`), basic('r'), ann);
    expect(cache.findByPath(at('/p1/'))).toBeUndefined();
    expect(cache.findByPath(at('/p2/'))).toBeDefined();
    expect(cache.add(at('/'), basic('r'), ann).paths).toEqual(['/']);
    expect(cache.size).toBe(1);
  });
});

describe('what is kept', () => {
  test('realms and schemes of one origin are apart', () => {
    const cache = new AuthCache();
    cache.add(at('/a/'), basic('one'), ann);
    cache.add(at('/b/'), basic('two'), { credentials: { username: 'bob', password: 'x' }, cnonce });
    expect(cache.find(at('/c'), basic('one'))?.credentials.username).toBe('ann');
    expect(cache.find(at('/c'), basic('two'))?.credentials.username).toBe('bob');
    expect(cache.find(at('/c'), { scheme: 'digest', realm: 'one' })).toBeUndefined();
  });

  test('new credentials of a realm keep its paths', () => {
    const cache = new AuthCache();
    cache.add(at('/a/'), basic('r'), ann);
    cache.add(at('/b/'), basic('r'), { credentials: { username: 'bob', password: 'x' }, cnonce });
    expect(cache.size).toBe(1);
    expect(cache.findByPath(at('/a/'))?.credentials.username).toBe('bob');
  });

  test.each<[sentence: string, refused: Credentials, left: number]>([
    ['refused credentials are forgotten', ann.credentials, 0],
    ['others that took their place are not', { username: 'ann', password: 'old' }, 1],
  ])('%s', (_, credentials, left) => {
    const cache = new AuthCache();
    const entry = cache.add(at('/'), basic('r'), ann);
    cache.remove(at('/x'), { ...entry, credentials });
    expect(cache.size).toBe(left);
  });

  test('at most 200 realms; the one unused for longest goes', () => {
    const cache = new AuthCache();
    for (let n = 0; n < 200; n++) cache.add(at('/', { origin: `https://h${n}.test` }), basic('r'), ann);
    cache.findByPath(at('/', { origin: 'https://h0.test' }));
    cache.add(at('/'), basic('r'), ann);
    expect(cache.size).toBe(200);
    expect(cache.findByPath(at('/', { origin: 'https://h0.test' }))).toBeDefined();
    expect(cache.findByPath(at('/', { origin: 'https://h1.test' }))).toBeUndefined();
  });

  test('clear forgets everything', () => {
    const cache = new AuthCache();
    cache.add(at('/'), basic('r'), ann);
    cache.clear();
    expect([cache.size, cache.findByPath(at('/'))]).toEqual([0, undefined]);
  });
});
