import { describe, expect, test } from 'vitest';
import { formatCookieFile, parseCookieFile } from './cookie-file.ts';
import { cookieTarget } from './cookie-target.ts';
import { StoreForTest } from './testing/store-for-test.ts';

const day = 86_400_000;

const netscape = `# Netscape HTTP Cookie File
# https://curl.se/docs/http-cookies.html

.example.com\tTRUE\t/\tTRUE\t1800000000\tdomain\tvalue one
www.example.com\tFALSE\t/deep\tFALSE\t0\thost\t
#HttpOnly_www.example.com\tFALSE\t/\tFALSE\t0\thidden\tx=y\r
`;

describe('reading', () => {
  test('cookies.txt', () => {
    const position = (line: number): object => ({ position: { line, column: 1 } });
    expect(parseCookieFile(netscape)).toMatchObject([
      {
        name: 'domain',
        value: 'value one',
        domain: 'example.com',
        hostOnly: false,
        path: '/',
        secure: true,
        expiresAt: 18e11,
        ...position(4),
      },
      {
        name: 'host',
        value: '',
        domain: 'www.example.com',
        hostOnly: true,
        path: '/deep',
        secure: false,
        expiresAt: undefined,
        ...position(5),
      },
      { name: 'hidden', value: 'x=y', httpOnly: true, ...position(6) },
    ]);
  });

  test('Playwright’s storageState', () => {
    const text = JSON.stringify({
      cookies: [
        {
          name: 'a',
          value: '1',
          domain: '.example.com',
          path: '/',
          expires: 18e8,
          httpOnly: true,
          secure: true,
          sameSite: 'None',
        },
        {
          name: 'b',
          value: '2',
          domain: 'example.com',
          path: '/',
          expires: -1,
          httpOnly: false,
          secure: false,
          sameSite: 'None',
        },
        {
          name: 'c',
          value: '3',
          domain: 'c.test',
          path: '/',
          expires: -1,
          secure: true,
          sameSite: 'Lax',
          partitionKey: 'https://top.test',
        },
      ],
      origins: [],
    });
    expect(parseCookieFile(text)).toMatchObject([
      {
        name: 'a',
        domain: 'example.com',
        hostOnly: false,
        expiresAt: 18e11,
        httpOnly: true,
        sameSite: 'no_restriction',
      },
      { name: 'b', domain: 'example.com', hostOnly: true, expiresAt: undefined, sameSite: 'unspecified' },
      { name: 'c', sameSite: 'lax', partitionKey: 'https://top.test' },
    ]);
  });

  test('the JSON of Electron and extensions', () => {
    const text = `\ufeff[
      { "name": "a", "value": "1", "domain": ".example.com", "hostOnly": false, "path": "/", "secure": true, "httpOnly": true,
        "session": false, "expirationDate": 1800000000.5, "sameSite": "strict", "storeId": "0", "id": 1 },
      { "name": "b", "value": "2", "domain": "example.com", "sameSite": null, "partitionKey": { "topLevelSite": "https://top.test" } }
    ]`;
    expect(parseCookieFile(text)).toMatchObject([
      {
        name: 'a',
        hostOnly: false,
        expiresAt: 1_800_000_000_500,
        sameSite: 'strict',
        position: { line: 2, column: 7 },
      },
      {
        name: 'b',
        hostOnly: true,
        path: '/',
        sameSite: 'unspecified',
        partitionKey: 'https://top.test',
        position: { line: 4, column: 7 },
      },
    ]);
  });

  test.each<[string, string, string]>([
    ['nothing known', 'hello', 'line 1, column 1: this is none of the known formats (cookies.txt, storageState, json)'],
    ['nothing at all', '', 'line 1, column 1: this is none of the known formats'],
    [
      'blanks for tabs',
      `# Netscape\na.test FALSE / FALSE 0 a 1`,
      'line 2, column 1: a cookie is 7 fields separated by tabs, this line has 1',
    ],
    ['no domain', '#\n\tFALSE\t/\tFALSE\t0\ta\t1', 'line 2, column 1: "domain" must be a host name'],
    [
      'a wrong flag',
      '#\na.test\tYES\t/\tFALSE\t0\ta\t1',
      'line 2, column 8: "include subdomains" must be TRUE or FALSE',
    ],
    ['a wrong path', '#\na.test\tFALSE\tx\tFALSE\t0\ta\t1', 'line 2, column 14: "path" must be a path'],
    [
      'a wrong time',
      '#\n#HttpOnly_a.test\tFALSE\t/\tFALSE\tsoon\ta\t1',
      'line 2, column 32: "expires" must be seconds',
    ],
    ['JSON that ends', '[\n  {"name": "a"', 'line 2, column 15: the JSON is broken: "," or "}" is expected here'],
    ['JSON with a comma too many', '[1,]', 'line 1, column 4: the JSON is broken: a value is expected here'],
    ['JSON with a bad string', '["a\u0001"]', 'line 1, column 2: the JSON is broken'],
    ['JSON with a string without end', '["a\\"]', 'line 1, column 2: the JSON is broken: a string that ends'],
    ['JSON with a bad word', '[yes]', 'line 1, column 2: the JSON is broken'],
    ['something after the JSON', '[] x', 'line 1, column 4: the JSON is broken: the end is expected here'],
    ['JSON nested without end', '['.repeat(100_000), 'line 1, column 65: the JSON is broken: less nesting'],
    ['no object in the array', '[\n 1]', 'line 1, column 1: cookie 1 must be an object'],
    [
      'a name of a wrong type',
      '[\n {"name":1,"value":"x","domain":"a.test"}]',
      'line 2, column 2: "name" must be a string',
    ],
    ['no value', '[{"name":"a","domain":"a.test"}]', 'line 1, column 2: "value" is missing'],
    [
      'a wrong SameSite',
      '[{"name":"a","value":"x","domain":"a.test","sameSite":"Lax"}]',
      '"sameSite" must be one of no_restriction, lax',
    ],
    ['cookies that are no array', '{"cookies": {}}', 'line 1, column 1: an array of cookies is expected'],
  ])('%s', (_, text, message) => {
    expect(() => parseCookieFile(text)).toThrow(`Cannot import cookies: ${message.startsWith('line') ? message : ''}`);
    expect(() => parseCookieFile(text)).toThrow(message);
    expect(() => parseCookieFile(text)).toThrow(expect.objectContaining({ code: 'ERR_IMPORT_MALFORMED' }));
  });

  test('no message quotes a value', () => {
    const text = '[{"name":"a","value":"s3cret","domain":"a.test","secure":"s3cret"}]';
    expect(() => parseCookieFile(text)).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('s3cret') }),
    );
    expect(() => parseCookieFile('["s3cret\u0001"]')).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining('s3cret') }),
    );
  });
});

describe('writing', () => {
  const filled = (): StoreForTest => {
    const cookies = new StoreForTest();
    cookies.receive('https://www.example.com/', [
      'plain=1',
      'domain=a b; Domain=example.com; Secure; Max-Age=3600; SameSite=Strict',
      'hidden="q"; HttpOnly; Path=/deep',
      'nameless',
      'third=2; Secure; SameSite=None; Partitioned',
    ]);
    cookies.receive('https://[::1]/', 'address=1; Secure');
    return cookies;
  };

  test('cookies.txt', () => {
    const cookies = filled();
    const expires = (cookies.clock.now() + 3_600_000) / 1000;
    expect(formatCookieFile(cookies.store.list({}), 'cookies.txt').split('\n')).toEqual([
      '# Netscape HTTP Cookie File',
      '',
      '#HttpOnly_www.example.com\tFALSE\t/deep\tFALSE\t0\thidden\t"q"',
      'www.example.com\tFALSE\t/\tFALSE\t0\tplain\t1',
      `.example.com\tTRUE\t/\tTRUE\t${Math.ceil(expires)}\tdomain\ta b`,
      'www.example.com\tFALSE\t/\tFALSE\t0\t\tnameless',
      '[::1]\tFALSE\t/\tTRUE\t0\taddress\t1',
      '',
    ]);
  });

  test.each(['storageState', 'json'] as const)('what %s writes reads back the same', format => {
    const cookies = filled();
    const text = formatCookieFile(cookies.store.list({}), format);
    const later = new StoreForTest({ clock: cookies.clock });
    const result = later.store.importCookies(parseCookieFile(text), { mode: 'merge', dryRun: false });
    expect(result).toEqual({ added: 6, replaced: 0, removed: 0, expired: 0 });
    const rename = (sameSite: string): string =>
      format === 'storageState' && sameSite === 'unspecified' ? 'lax' : sameSite;
    const essence = (store: StoreForTest): unknown[] =>
      store.store
        .list({})
        .map(({ createdAt: _, lastAccessedAt: __, sourceScheme: ___, ...rest }) => ({
          ...rest,
          sameSite: rename(rest.sameSite),
        }))
        .toSorted((a, b) => a.name.localeCompare(b.name));
    expect(essence(later)).toEqual(essence(cookies));
  });
});

describe('importing', () => {
  const txt = (...lines: string[]): string => ['# Netscape HTTP Cookie File', ...lines].join('\n');
  const line = (domain: string, name: string, expires = 0): string =>
    `${domain}\tFALSE\t/\tFALSE\t${expires}\t${name}\tnew`;

  test('merge adds and overwrites', () => {
    const cookies = new StoreForTest();
    cookies.receive('https://a.test/', ['kept=old', 'over=old']);
    const drafts = parseCookieFile(txt(line('a.test', 'over'), line('a.test', 'added'), line('b.test', 'b')));
    expect(cookies.store.importCookies(drafts, { mode: 'merge', dryRun: false })).toEqual({
      added: 2,
      replaced: 1,
      removed: 0,
      expired: 0,
    });
    expect(cookies.header('https://a.test/')).toBe('kept=old; over=new; added=new');
  });

  test('replace-sites takes away what else the file’s sites have', () => {
    const cookies = new StoreForTest();
    cookies.receive('https://a.test/', ['gone=old', 'over=old']);
    cookies.receive('https://other.test/', 'kept=old');
    cookies.takeChanges();
    const drafts = parseCookieFile(txt(line('a.test', 'over')));
    expect(cookies.store.importCookies(drafts, { mode: 'replace-sites', dryRun: true })).toEqual({
      added: 0,
      replaced: 1,
      removed: 1,
      expired: 0,
    });
    expect(cookies.takeChanges()).toEqual([]);
    cookies.store.importCookies(drafts, { mode: 'replace-sites', dryRun: false });
    expect(cookies.header('https://a.test/')).toBe('over=new');
    expect(cookies.header('https://other.test/')).toBe('kept=old');
  });

  test('what has expired is left out, the last of two is taken', () => {
    const cookies = new StoreForTest();
    const past = (cookies.clock.now() - day) / 1000;
    const drafts = parseCookieFile(
      txt(line('a.test', 'over'), line('a.test', 'twice'), line('a.test', 'twice'), line('a.test', 'past', past)),
    );
    expect(cookies.store.importCookies(drafts, { mode: 'merge', dryRun: false })).toEqual({
      added: 2,
      replaced: 0,
      removed: 0,
      expired: 1,
    });
  });

  test.each<[string, string, string]>([
    ['a domain that is no host', line('a b.test', 'x'), 'line 3, column 1: the domain is no host name'],
    ['a domain with more than a host', line('a.test/path', 'x'), 'line 3, column 1: the domain is no host name'],
    [
      'a prefix that does not hold',
      line('a.test', '__Host-x'),
      'line 3, column 1: The cookie was set with an invalid __Host- or',
    ],
    [
      'a forbidden character',
      line('a.test', 'x\u0001'),
      'line 3, column 1: The cookie contains ASCII control characters',
    ],
  ])('%s: nothing is changed', (_, bad, message) => {
    const cookies = new StoreForTest();
    const drafts = parseCookieFile(txt(line('a.test', 'good'), bad));
    expect(() => cookies.store.importCookies(drafts, { mode: 'merge', dryRun: false })).toThrow(message);
    expect(cookies.store.count()).toBe(0);
  });

  test('a cookie for a whole public suffix becomes that host’s own', () => {
    const cookies = new StoreForTest();
    const drafts = parseCookieFile(txt('.github.io\tTRUE\t/\tFALSE\t0\ta\t1'));
    cookies.store.importCookies(drafts, { mode: 'merge', dryRun: false });
    expect(cookies.store.list({})[0]).toMatchObject({ domain: 'github.io', hostOnly: true });
    expect(cookies.store.list({ url: cookieTarget(new URL('https://a.github.io/')) })).toEqual([]);
  });
});
