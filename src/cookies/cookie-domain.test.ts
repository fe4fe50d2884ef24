import { describe, expect, test } from 'vitest';
import { cookieDomain, domainMatches } from './cookie-domain.ts';
import { defaultPath, pathMatches } from './cookie-path.ts';

describe('cookieDomain', () => {
  test.each<[string, string, string, string | [domain: string, hostOnly: boolean]]>([
    ['no attribute: the host alone', 'www.example.com', '', ['www.example.com', true]],
    ['the host itself, for names below it too', 'www.example.com', 'www.example.com', ['www.example.com', false]],
    ['a parent', 'www.example.com', 'example.com', ['example.com', false]],
    ['a leading dot means nothing', 'www.example.com', '.example.com', ['example.com', false]],
    ['letter case means nothing', 'www.example.com', 'EXAMPLE.com', ['example.com', false]],
    ['Unicode is Punycode', 'www.xn--bcher-kva.test', 'bücher.test', ['xn--bcher-kva.test', false]],
    ['two leading dots', 'www.example.com', '..example.com', 'domain-mismatch'],
    ['a dot alone', 'www.example.com', '.', 'domain-mismatch'],
    ['another site', 'www.example.com', 'example.org', 'domain-mismatch'],
    ['a name below', 'example.com', 'www.example.com', 'domain-mismatch'],
    ['the end of a label is no parent', 'www.badexample.com', 'example.com', 'domain-mismatch'],
    ['a top-level domain', 'www.example.com', 'com', 'public-suffix'],
    ['a public suffix of two labels', 'www.example.co.uk', 'co.uk', 'public-suffix'],
    ['a private suffix', 'a.github.io', 'github.io', 'public-suffix'],
    ['a public suffix for itself alone', 'github.io', '.github.io', ['github.io', true]],
    ['a single label for itself alone', 'intranet', 'intranet', ['intranet', true]],
    ['nothing above localhost', 'app.localhost', 'localhost', 'public-suffix'],
    ['an address for itself', '127.0.0.1', '127.0.0.1', ['127.0.0.1', true]],
    ['an address with a dot before it', '127.0.0.1', '.127.0.0.1', ['127.0.0.1', true]],
    ['part of an address', '127.0.0.1', '0.0.1', 'domain-mismatch'],
    ['an IPv6 address for itself', '[::1]', '[::1]', ['[::1]', true]],
    ['a last dot is another host', 'www.example.com', 'example.com.', 'domain-mismatch'],
    ['and the same host with one', 'www.example.com.', 'example.com.', ['example.com.', false]],
    ['escapes', 'www.example.com', 'example%2ecom', 'domain-mismatch'],
    ['a host that ends in two dots', 'example.com..', '', 'domain-mismatch'],
  ])('%s', (_, hostname, attribute, expected) => {
    const wanted = typeof expected === 'string' ? expected : { domain: expected[0], hostOnly: expected[1] };
    expect(cookieDomain(hostname, attribute)).toEqual(wanted);
  });
});

describe('domainMatches', () => {
  test.each<[string, string, boolean, string, boolean]>([
    ['a host-only cookie and its host', 'example.com', true, 'example.com', true],
    ['a host-only cookie and a name below', 'example.com', true, 'www.example.com', false],
    ['a domain cookie and its domain', 'example.com', false, 'example.com', true],
    ['a domain cookie and a name below', 'example.com', false, 'a.b.example.com', true],
    ['a domain cookie and its parent', 'www.example.com', false, 'example.com', false],
    ['a domain cookie and a name that only ends like it', 'example.com', false, 'badexample.com', false],
  ])('%s', (_, domain, hostOnly, hostname, expected) => {
    expect(domainMatches({ domain, hostOnly }, hostname)).toBe(expected);
  });
});

describe('paths', () => {
  test.each([
    ['/', '/'],
    ['/page', '/'],
    ['/a/b', '/a'],
    ['/a/b/', '/a/b'],
    ['', '/'],
  ])('the default path of "%s" is "%s"', (requested, expected) => {
    expect(defaultPath(requested)).toBe(expected);
  });

  test.each<[string, string, boolean]>([
    ['/', '/anything', true],
    ['/a', '/a', true],
    ['/a', '/a/b', true],
    ['/a', '/ab', false],
    ['/a/', '/a/b', true],
    ['/a/', '/a', false],
    ['/A', '/a', false],
  ])('"%s" covers "%s": %s', (cookiePath, requested, expected) => {
    expect(pathMatches(cookiePath, requested)).toBe(expected);
  });
});
