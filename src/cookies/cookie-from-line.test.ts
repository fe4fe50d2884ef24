import { describe, expect, test } from 'vitest';
import type { CookieContext } from './cookie.ts';
import { StoreForTest } from './testing/store-for-test.ts';

const site = 'https://www.example.com/';
const plain = 'http://www.example.com/';

describe('what a response may set', () => {
  test.each<[string, string, string, string]>([
    ['a cookie', site, 'a=1', 'stored'],
    ['Secure from https', site, 'a=1; Secure', 'stored'],
    ['Secure from wss', 'wss://www.example.com/', 'a=1; Secure', 'stored'],
    ['Secure from http', plain, 'a=1; Secure', 'secure-only'],
    ['Secure from localhost', 'http://localhost:8080/', 'a=1; Secure', 'stored'],
    ['Secure from a name under localhost', 'http://app.localhost/', 'a=1; Secure', 'stored'],
    ['Secure from 127.0.0.1', 'http://127.0.0.1/', 'a=1; Secure', 'stored'],
    ['Secure from 127.1.2.3', 'http://127.1.2.3/', 'a=1; Secure', 'stored'],
    ['Secure from [::1]', 'http://[::1]/', 'a=1; Secure', 'stored'],
    ['Secure from a host that only sounds local', 'http://localhost.example/', 'a=1; Secure', 'secure-only'],
    ['SameSite=None without Secure', site, 'a=1; SameSite=None', 'same-site-none-insecure'],
    ['SameSite=None with Secure', site, 'a=1; SameSite=None; Secure', 'stored'],
    ['a public suffix', 'https://a.co.uk/', 'a=1; Domain=co.uk', 'public-suffix'],
    ['another domain', site, 'a=1; Domain=example.org', 'domain-mismatch'],
    ['__Secure- without Secure', site, '__Secure-a=1', 'prefix'],
    ['__Secure- with it', site, '__Secure-a=1; Secure', 'stored'],
    ['__Secure- in another letter case', site, '__SeCuRe-a=1', 'prefix'],
    ['__Secure- on localhost', 'http://localhost/', '__Secure-a=1; Secure', 'stored'],
    ['__Host-', site, '__Host-a=1; Secure; Path=/', 'stored'],
    ['__Host- without a path', site, '__Host-a=1; Secure', 'prefix'],
    ['__Host- with another path', site, '__Host-a=1; Secure; Path=/a', 'prefix'],
    ['__Host- with a domain', site, '__Host-a=1; Secure; Path=/; Domain=www.example.com', 'prefix'],
    [
      '__Host- with an address for domain',
      'https://127.0.0.1/',
      '__Host-a=1; Secure; Path=/; Domain=127.0.0.1',
      'stored',
    ],
    ['__hOST- without Secure', site, '__hOST-a=1; Path=/', 'prefix'],
    ['__Http- without HttpOnly', site, '__Http-a=1; Secure', 'prefix'],
    ['__Http- with it', site, '__Http-a=1; Secure; HttpOnly', 'stored'],
    ['__Host-Http- without HttpOnly', site, '__Host-Http-a=1; Secure; Path=/', 'prefix'],
    ['__Host-Http- with all', site, '__Host-Http-a=1; Secure; Path=/; HttpOnly', 'stored'],
    ['no name, and a prefix in the value', site, '=__Host-a', 'prefix'],
    ['the same behind a blank', site, '= __secure-a', 'prefix'],
    ['no name, and a "=" in the value', site, '=a=1', 'ambiguous-name'],
    ['no name', site, '=a', 'stored'],
    ['Partitioned without Secure', site, 'a=1; Partitioned', 'partitioned-insecure'],
    ['Partitioned with Secure', site, 'a=1; Partitioned; Secure', 'stored'],
    ['a scheme without cookies', 'ftp://www.example.com/', 'a=1', 'unsupported-scheme'],
    ['a line break ends the line', site, 'a=1\r\nb=2\0', 'stored'],
  ])('%s', (_, url, line, expected) => {
    expect(new StoreForTest().receive(url, line)).toEqual([expected]);
  });

  test.each<[string, Partial<CookieContext>, string, string]>([
    ['a script cannot set HttpOnly', { http: false }, 'a=1; HttpOnly', 'http-only'],
    ['a script sets others', { http: false }, 'a=1', 'stored'],
    ['a script does not get away with a line break', { http: false }, 'a=1\nb', 'control-character'],
    ['a cross-site request sets no cookie without SameSite', { sameSite: 'cross-site' }, 'a=1', 'same-site-context'],
    ['nor a Strict one', { sameSite: 'cross-site' }, 'a=1; SameSite=Strict', 'same-site-context'],
    ['but one for all sites', { sameSite: 'cross-site' }, 'a=1; SameSite=None; Secure', 'stored'],
    [
      'a navigation from another site sets a Strict one',
      { sameSite: 'same-site-lax' },
      'a=1; SameSite=Strict',
      'stored',
    ],
    ['by POST too', { sameSite: 'same-site-lax-unsafe' }, 'a=1; SameSite=Strict', 'stored'],
    [
      'no partition without a top-level site',
      { topLevelSite: '' },
      'a=1; Secure; Partitioned',
      'partitioned-without-site',
    ],
  ])('%s', (_, context, line, expected) => {
    expect(new StoreForTest().receive(site, line, context)).toEqual([expected]);
  });
});

describe('what it may overwrite', () => {
  test.each<[string, string, string, string]>([
    ['an insecure page leaves a Secure cookie alone', 'a=1; Secure; Path=/', 'a=2', 'secure-overwrite'],
    ['also with another path under it', 'a=1; Secure; Path=/', 'a=2; Path=/deep', 'secure-overwrite'],
    ['not where the Secure one is not sent', 'a=1; Secure; Path=/deep', 'a=2; Path=/', 'stored'],
    ['also from a domain above', 'a=1; Secure; Path=/', 'a=2; Domain=example.com', 'secure-overwrite'],
    ['another name is its own', 'a=1; Secure; Path=/', 'b=2', 'stored'],
  ])('%s', (_, first, second, expected) => {
    const cookies = new StoreForTest();
    cookies.receive(site, first);
    expect(cookies.receive(plain, second)).toEqual([expected]);
  });

  test('a secure page may replace it', () => {
    const cookies = new StoreForTest();
    cookies.receive(site, 'a=1; Secure');
    expect(cookies.receive(site, 'a=2')).toEqual(['stored']);
    expect(cookies.header(plain)).toBe('a=2');
  });

  test('a script leaves an HttpOnly cookie alone', () => {
    const cookies = new StoreForTest();
    cookies.receive(site, 'a=1; HttpOnly');
    expect(cookies.receive(site, 'a=2', { http: false })).toEqual(['http-only-overwrite']);
    expect(cookies.header(site)).toBe('a=1');
  });
});
