import { describe, expect, test } from 'vitest';
import type { CookieContext } from './cookie.ts';
import { cookieTarget } from './cookie-target.ts';
import { StoreForTest } from './testing/store-for-test.ts';

const site = 'https://www.example.com/';
const minute = 60_000;
const day = 86_400_000;

describe('sending', () => {
  test.each<[string, string, string, string]>([
    ['to the host that set it', 'a=1', site, 'a=1'],
    ['not to a name below', 'a=1', 'https://sub.www.example.com/', ''],
    ['with a domain, to a name below', 'a=1; Domain=example.com', 'https://other.example.com/', 'a=1'],
    ['to every port and path', 'a=1; Path=/', 'https://www.example.com:8443/deep/page?query', 'a=1'],
    ['not outside its path', 'a=1; Path=/deep', 'https://www.example.com/deeper', ''],
    ['a query is no part of the path', 'a=1; Path=/deep', 'https://www.example.com/deep?x=/', 'a=1'],
    ['a Secure one not over http', 'a=1; Secure', 'http://www.example.com/', ''],
    ['a Secure one over wss', 'a=1; Secure', 'wss://www.example.com/', 'a=1'],
    ['a nameless one as its value', 'just-this', site, 'just-this'],
    ['an empty value', 'a=', site, 'a='],
  ])('%s', (_, line, url, expected) => {
    const cookies = new StoreForTest();
    expect(cookies.receive(site, line)).toEqual(['stored']);
    expect(cookies.header(url)).toBe(expected);
  });

  test('a Secure one to localhost over http', () => {
    const cookies = new StoreForTest();
    cookies.receive('http://localhost/', 'a=1; Secure');
    expect(cookies.header('http://localhost/')).toBe('a=1');
  });

  test.each<[string, Partial<CookieContext>, string]>([
    ['the site itself', {}, 'none=1; unspecified=2; lax=3; strict=4'],
    ['a link from another site', { sameSite: 'same-site-lax' }, 'none=1; unspecified=2; lax=3'],
    ['a form of another site, just after they were set', { sameSite: 'same-site-lax-unsafe' }, 'none=1; unspecified=2'],
    ['anything else of another site', { sameSite: 'cross-site' }, 'none=1'],
  ])('SameSite: %s', (_, context, expected) => {
    const cookies = new StoreForTest();
    cookies.receive(site, [
      'none=1; SameSite=None; Secure',
      'unspecified=2',
      'lax=3; SameSite=Lax',
      'strict=4; SameSite=Strict',
    ]);
    expect(cookies.header(site, context)).toBe(expected);
  });

  test('two minutes after it was set, a form of another site no longer carries an unspecified one', () => {
    const cookies = new StoreForTest();
    cookies.receive(site, 'a=1');
    cookies.clock.advance(2 * minute);
    expect(cookies.header(site, { sameSite: 'same-site-lax-unsafe' })).toBe('a=1');
    cookies.clock.advance(1);
    expect(cookies.header(site, { sameSite: 'same-site-lax-unsafe' })).toBe('');
  });

  test('a partitioned one goes to its top-level site only', () => {
    const cookies = new StoreForTest();
    cookies.receive(site, 'a=1; Secure; SameSite=None; Partitioned', {
      topLevelSite: 'https://top.test',
      sameSite: 'cross-site',
    });
    expect(cookies.header(site, { topLevelSite: 'https://top.test', sameSite: 'cross-site' })).toBe('a=1');
    expect(cookies.header(site, { topLevelSite: 'https://other.test', sameSite: 'cross-site' })).toBe('');
    expect(cookies.header(site)).toBe('');
  });

  test('scripts do not see HttpOnly', () => {
    const cookies = new StoreForTest();
    cookies.receive(site, ['a=1; HttpOnly', 'b=2']);
    expect(cookies.header(site, { http: false })).toBe('b=2');
  });

  test('longer paths first, then the order in which they came, within one millisecond too', () => {
    const cookies = new StoreForTest();
    cookies.receive('https://www.example.com/p/q', ['z=1; Path=/', 'y=2; Path=/p', 'x=3; Path=/', 'w=4; Path=/p']);
    expect(cookies.header('https://www.example.com/p/q')).toBe('y=2; w=4; z=1; x=3');
  });

  test('a cookie keeps its place while its value stays, and loses it with a new one', () => {
    const cookies = new StoreForTest();
    cookies.receive(site, ['a=1', 'b=2']);
    cookies.receive(site, 'a=1; Secure');
    expect(cookies.header(site)).toBe('a=1; b=2');
    cookies.receive(site, 'a=3');
    expect(cookies.header(site)).toBe('b=2; a=3');
  });

  test('bytes come back as they were', () => {
    const cookies = new StoreForTest();
    cookies.receive(site, ['utf8=\xc3\xa9', 'latin1=\xe9']);
    expect(cookies.header(site)).toBe('utf8=\xc3\xa9; latin1=\xe9');
    expect(cookies.store.list({ name: 'utf8' })[0]?.value).toBe('é');
  });

  test('a site of many hosts keeps them apart, and its domain cookies together', () => {
    const cookies = new StoreForTest();
    const hosts = Array.from({ length: 20 }, (_, index) => `https://host${index}.example.com/`);
    for (const url of hosts) cookies.receive(url, 'own=1');
    cookies.receive(site, 'all=2; Domain=example.com');
    for (const url of hosts) expect(cookies.header(url)).toBe('own=1; all=2');
    for (const url of hosts) cookies.receive(url, 'own=; Max-Age=0');
    for (const url of hosts) expect(cookies.header(url)).toBe('all=2');
    expect(cookies.header('https://a.host3.example.com/')).toBe('all=2');
    expect(cookies.store.count()).toBe(1);
  });

  test('a header is never older than the last change', () => {
    const cookies = new StoreForTest();
    expect(cookies.header(site)).toBe('');
    cookies.receive(site, 'a=1');
    expect(cookies.header(site)).toBe('a=1');
    cookies.receive('https://other.example.com/', 'a=2; Domain=example.com');
    expect(cookies.header(site)).toBe('a=1; a=2');
    cookies.store.remove(cookieTarget(new URL(site)), 'a');
    expect(cookies.header(site)).toBe('');
  });
});

describe('expiry', () => {
  test('a cookie goes when its time is over, and says so', () => {
    const cookies = new StoreForTest();
    cookies.receive(site, ['a=1; Max-Age=10', 'b=2']);
    cookies.takeChanges();
    expect(cookies.header(site)).toBe('a=1; b=2');
    cookies.clock.advance(9_999);
    expect(cookies.header(site)).toBe('a=1; b=2');
    cookies.clock.advance(1);
    expect(cookies.header(site)).toBe('b=2');
    expect(cookies.takeChanges()).toEqual(['-a=1 expired']);
    expect(cookies.store.count()).toBe(1);
  });

  test('an expired Set-Cookie removes', () => {
    const cookies = new StoreForTest();
    cookies.receive(site, 'a=1');
    cookies.takeChanges();
    expect(cookies.receive(site, 'a=; Max-Age=0')).toEqual(['stored']);
    expect(cookies.takeChanges()).toEqual(['-a=1 expired-overwrite']);
    expect(cookies.receive(site, 'b=; Max-Age=0')).toEqual(['stored']);
    expect(cookies.takeChanges()).toEqual([]);
    expect(cookies.store.list({})).toEqual([]);
  });

  test('what nobody asks for is swept by later writes', () => {
    const cookies = new StoreForTest();
    cookies.receive('https://forgotten.test/', 'a=1; Max-Age=10');
    cookies.clock.advance(minute);
    cookies.receive(site, 'b=2');
    expect(cookies.store.count()).toBe(1);
  });
});

describe('changes', () => {
  test.each<[string, string, string[]]>([
    ['a new value', 'a=2', ['-a=1 overwrite', '+a=2 inserted']],
    ['the very same', 'a=1', ['-a=1 overwrite', '+a=1 inserted-no-change-overwrite']],
    [
      'the same value, otherwise different',
      'a=1; HttpOnly',
      ['-a=1 overwrite', '+a=1 inserted-no-value-change-overwrite'],
    ],
    ['another path is another cookie', 'a=1; Path=/p', ['+a=1 inserted']],
    ['with a domain it is another cookie', 'a=1; Domain=www.example.com', ['+a=1 inserted']],
  ])('%s', (_, line, expected) => {
    const cookies = new StoreForTest();
    cookies.receive(site, 'a=1');
    expect(cookies.takeChanges()).toEqual(['+a=1 inserted']);
    cookies.receive(site, line);
    expect(cookies.takeChanges()).toEqual(expected);
  });

  test('a listener sees the state after the change', () => {
    const cookies = new StoreForTest();
    const seen: string[] = [];
    cookies.store.onChange = () => seen.push(cookies.header(site));
    cookies.receive(site, 'a=1');
    cookies.receive(site, 'a=2');
    expect(seen).toEqual(['a=1', 'a=2', 'a=2']);
  });
});

describe('refusals', () => {
  test('are told with host, name and reason, never the value', () => {
    const cookies = new StoreForTest();
    const refused: unknown[] = [];
    cookies.store.onRefused = refusal => refused.push(refusal);
    cookies.receive(site, ['a=secret; Domain=com', 'nameless secret\0', '__Host-b=secret']);
    const expected = [
      { host: 'www.example.com', name: 'a', reason: 'public-suffix' },
      { host: 'www.example.com', name: '', reason: 'control-character' },
      { host: 'www.example.com', name: '__Host-b', reason: 'prefix' },
    ];
    expect(refused).toEqual(expected);
    expect(cookies.store.lastRefusals).toEqual(expected);
  });

  test('the last 100 are kept', () => {
    const cookies = new StoreForTest();
    for (let index = 0; index < 150; index++) cookies.receive(site, `a${index}=1; Domain=com`);
    expect(cookies.store.lastRefusals.map(refusal => refusal.name)).toEqual(
      Array.from({ length: 100 }, (_, i) => `a${i + 50}`),
    );
  });

  test('of a response with more than 1000 lines the rest is not read', () => {
    const cookies = new StoreForTest({
      limits: { perSite: Number.POSITIVE_INFINITY, total: Number.POSITIVE_INFINITY },
    });
    const results = cookies.receive(
      site,
      Array.from({ length: 1002 }, (_, index) => `a${index}=1`),
    );
    expect(results[999]).toBe('stored');
    expect(results.slice(1000)).toEqual(['too-many', 'too-many']);
    expect(cookies.store.lastRefusals).toHaveLength(1);
  });
});

describe('eviction', () => {
  test('over 180 of a site, 150 are left: Secure ones last, then those used longest ago', () => {
    const cookies = new StoreForTest();
    for (let index = 0; index < 180; index++) {
      cookies.receive(site, `a${index}=1; Path=/${index}${index < 10 ? '; Secure' : ''}`);
      cookies.clock.advance(minute);
    }
    cookies.header('https://www.example.com/12');
    cookies.takeChanges();
    cookies.receive(site, 'last=1');
    const evicted = cookies.takeChanges().filter(change => change.endsWith('evicted'));
    expect(cookies.store.count()).toBe(150);
    expect(evicted).toEqual(
      [10, 11, ...Array.from({ length: 29 }, (_, index) => index + 13)].map(index => `-a${index}=1 evicted`),
    );
  });

  test('over 3300 in all, what was not used for 30 days makes room', () => {
    const cookies = new StoreForTest();
    for (let index = 0; index < 2000; index++) cookies.receive(`https://old${index}.test/`, 'a=1');
    cookies.clock.advance(30 * day + 1);
    for (let index = 0; index < 1300; index++) cookies.receive(`https://new${index}.test/`, 'a=1');
    expect(cookies.store.count()).toBe(3300);
    cookies.receive('https://one-more.test/', 'a=1');
    expect(cookies.store.count()).toBe(3000);
    expect(cookies.header('https://old300.test/')).toBe('');
    expect(cookies.header('https://old301.test/')).toBe('a=1');
  });

  test('what was used lately stays, however many there are', () => {
    const cookies = new StoreForTest({ limits: { perSite: 180, total: 10 } });
    for (let index = 0; index < 50; index++) cookies.receive(`https://site${index}.test/`, 'a=1');
    expect(cookies.store.count()).toBe(50);
  });

  test('a partition has 10 KiB', () => {
    const cookies = new StoreForTest();
    for (let index = 0; index < 4; index++) {
      cookies.receive(site, `a${index}=${'x'.repeat(3_000)}; Secure; Partitioned`, {
        topLevelSite: 'https://top.test',
      });
      cookies.clock.advance(1);
    }
    expect(cookies.store.list({}).map(cookie => cookie.name)).toEqual(['a1', 'a2', 'a3']);
  });

  test('without limits nothing goes', () => {
    const cookies = new StoreForTest({
      limits: { perSite: Number.POSITIVE_INFINITY, total: Number.POSITIVE_INFINITY },
    });
    for (let index = 0; index < 1000; index++) cookies.receive(site, `a${index}=1`);
    expect(cookies.store.count()).toBe(1000);
  });
});

describe('looking through', () => {
  const filled = (): StoreForTest => {
    const cookies = new StoreForTest();
    cookies.receive(site, [
      'host=1',
      'domain=2; Domain=example.com; Secure',
      'deep=3; Path=/deep; HttpOnly; Max-Age=60',
    ]);
    cookies.receive('https://other.test/', 'other=4');
    return cookies;
  };

  test.each<[string, Parameters<StoreForTest['store']['list']>[0], string[]]>([
    ['all', {}, ['deep', 'host', 'domain', 'other']],
    ['by URL', { url: cookieTarget(new URL('https://sub.example.com/')) }, ['domain']],
    [
      'by URL, HttpOnly too',
      { url: cookieTarget(new URL('https://www.example.com/deep')) },
      ['deep', 'host', 'domain'],
    ],
    ['by name', { name: 'host' }, ['host']],
    ['by domain, those below too', { domain: 'example.com' }, ['deep', 'host', 'domain']],
    ['by domain in any writing', { domain: '.EXAMPLE.com' }, ['deep', 'host', 'domain']],
    ['by top-level domain', { domain: 'test' }, ['other']],
    ['by what a host would get', { domain: 'sub.example.com', matchDomain: 'host' }, ['domain']],
    ['not what a host would not get', { domain: 'example.com', matchDomain: 'host' }, ['domain']],
    ['both', { domain: 'www.example.com', matchDomain: 'both' }, ['deep', 'host', 'domain']],
    ['by path', { path: '/deep' }, ['deep']],
    ['by Secure', { secure: true }, ['domain']],
    ['session cookies', { session: true }, ['host', 'domain', 'other']],
    ['lasting ones', { session: false }, ['deep']],
    ['by HttpOnly', { httpOnly: true }, ['deep']],
  ])('%s', (_, filter, expected) => {
    expect(
      filled()
        .store.list(filter)
        .map(cookie => cookie.name),
    ).toEqual(expected);
  });

  test('sites and count', () => {
    const { store } = filled();
    expect(store.sites().toSorted()).toEqual(['example.com', 'other.test']);
    expect(store.count()).toBe(4);
  });

  test('remove takes all of a name that would be sent', () => {
    const cookies = filled();
    cookies.receive(site, 'host=5; Domain=example.com');
    cookies.takeChanges();
    expect(cookies.store.remove(cookieTarget(new URL(site)), 'host')).toBe(2);
    expect(cookies.takeChanges().toSorted()).toEqual(['-host=1 explicit', '-host=5 explicit']);
    expect(cookies.store.remove(cookieTarget(new URL(site)), 'deep')).toBe(0);
  });

  test('delete takes what is picked', () => {
    const cookies = filled();
    expect(cookies.store.delete(cookie => cookie.domain.endsWith('example.com'))).toBe(3);
    expect(cookies.store.sites()).toEqual(['other.test']);
    expect(cookies.store.delete(() => true, 'evicted')).toBe(1);
    expect(cookies.takeChanges().at(-1)).toBe('-other=4 evicted');
  });

  test('explain says for every cookie of the site what becomes of it', () => {
    const cookies = filled();
    const explained = cookies.store.explain(cookieTarget(new URL('http://sub.example.com/deep')), {
      sameSite: 'same-site-strict',
      topLevelSite: 'http://example.com',
      http: true,
    });
    expect(explained.map(({ cookie, withheld }) => [cookie.name, withheld])).toEqual([
      ['deep', 'domain-mismatch'],
      ['host', 'domain-mismatch'],
      ['domain', 'secure-only'],
    ]);
  });
});

describe('setting for a program', () => {
  const url = cookieTarget(new URL('https://www.example.com/page'));

  test.each<[string, Partial<Parameters<StoreForTest['store']['set']>[0]>, string]>([
    ['a cookie', {}, 'stored'],
    ['a domain', { domain: '.example.com' }, 'stored'],
    ['another domain', { domain: 'example.org' }, 'domain-mismatch'],
    ['a domain with a blank', { domain: ' example.com' }, 'domain-mismatch'],
    ['neither name nor value', { name: '', value: '' }, 'empty'],
    ['no name', { name: '' }, 'stored'],
    ['no name and a "=" in the value', { name: '', value: 'a=b' }, 'ambiguous-name'],
    ['a ";" in the value', { value: 'a;b' }, 'control-character'],
    ['a "=" in the name', { name: 'a=b' }, 'control-character'],
    ['a "=" in the value', { value: 'a=b' }, 'stored'],
    ['a line break in the value', { value: 'a\nb' }, 'control-character'],
    ['a blank before the value', { value: ' a' }, 'control-character'],
    ['too long in bytes', { value: 'é'.repeat(2048) }, 'too-long'],
    ['as long as may be', { value: 'é'.repeat(2047) }, 'stored'],
    ['a path without a slash', { path: 'a' }, 'path'],
    ['a path with a ";"', { path: '/a;b' }, 'control-character'],
    ['a path too long', { path: `/${'a'.repeat(1024)}` }, 'attribute-too-long'],
    ['SameSite=None without Secure', { sameSite: 'no_restriction' }, 'same-site-none-insecure'],
    ['a partition without Secure', { partitionKey: 'https://top.test' }, 'partitioned-insecure'],
    ['a partition', { partitionKey: 'https://top.test', secure: true }, 'stored'],
    ['__Host- with another path', { name: '__Host-a', secure: true, path: '/a' }, 'prefix'],
    ['__Host-', { name: '__Host-a', secure: true, path: '/' }, 'stored'],
    ['Secure for http', { url: cookieTarget(new URL('http://www.example.com/')), secure: true }, 'secure-only'],
  ])('%s', (_, details, expected) => {
    const result = new StoreForTest().store.set({ url, name: 'a', value: 'b', ...details });
    expect(result.stored ? 'stored' : result.reason).toBe(expected);
  });

  test('what is not said is as if a server had left it out', () => {
    const { store, clock } = new StoreForTest();
    store.set({ url, name: 'a', value: 'é', path: '/ä b' });
    const now = clock.now();
    expect(store.list({})).toEqual([
      {
        name: 'a',
        value: 'é',
        domain: 'www.example.com',
        hostOnly: true,
        path: '/%C3%A4%20b',
        secure: false,
        httpOnly: false,
        sameSite: 'unspecified',
        expiresAt: undefined,
        createdAt: now,
        lastAccessedAt: now,
        partitionKey: undefined,
        sourceScheme: 'secure',
      },
    ]);
  });

  test('times that are given are kept, and 400 days count from when it was made', () => {
    const { store, clock } = new StoreForTest();
    const createdAt = clock.now() - 100 * day;
    store.set({ url, name: 'a', value: 'b', createdAt, expiresAt: clock.now() + 1000 * day });
    expect(store.list({})[0]).toMatchObject({ createdAt, lastAccessedAt: createdAt, expiresAt: createdAt + 400 * day });
  });

  test('an expiry that is over removes', () => {
    const { store } = new StoreForTest();
    store.set({ url, name: 'a', value: 'b' });
    expect(store.set({ url, name: 'a', value: 'b', expiresAt: 0 }).stored).toBe(true);
    expect(store.list({})).toEqual([]);
  });
});
