import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { ProxyServer, tryParseProxyServer } from './proxy-server.ts';

const rows: [sentence: string, uri: string, expected: string | undefined][] = [
  ['no scheme means HTTP', 'foopy:10', 'PROXY foopy:10'],
  ['the port of HTTP is 80', 'foopy', 'PROXY foopy:80'],
  ['the port of HTTPS is 443', 'https://foopy', 'HTTPS foopy:443'],
  ['the port of SOCKS is 1080', 'socks4://foopy', 'SOCKS foopy:1080'],
  ['socks alone is version 5', 'socks://foopy', 'SOCKS5 foopy:1080'],
  ['the scheme may be in any case', 'SOCKS5://foopy', 'SOCKS5 foopy:1080'],
  ['direct', 'direct://', 'DIRECT'],
  ['direct has no host', 'direct://foopy', undefined],
  ['an unknown scheme', 'gopher://foopy', undefined],
  ['a name that objects have of themselves is no scheme', 'constructor://foopy', undefined],
  ['IPv6 in brackets', '[::1]:3128', 'PROXY [::1]:3128'],
  ['IPv6 without brackets, when a port follows', '1::2:80', 'PROXY [1::2]:80'],
  ['hexadecimal IPv4 becomes decimal', '0x7f.1:80', 'PROXY 127.0.0.1:80'],
  ['bad IPv4', '1.2.3.4.5:80', undefined],
  ['international names become ASCII', 'füpy', 'PROXY xn--fpy-hoa:80'],
  ['letters become small', 'FooPy', 'PROXY foopy:80'],
  ['blanks around it', ' \tfoopy:80 ', 'PROXY foopy:80'],
  ['blanks after the scheme', 'http://  foopy:80', 'PROXY foopy:80'],
  ['a blank within the host', 'foo py', undefined],
  ['an empty port', 'foopy:', undefined],
  ['a port with a sign', 'foopy:+80', undefined],
  ['a port above 65535', 'foopy:65536', undefined],
  ['leading zeros of a port', 'foopy:00080', 'PROXY foopy:80'],
  ['a path', 'foopy/x', undefined],
  ['a path that is only a slash', 'http://foopy/', undefined],
  ['a query', 'foopy?x', undefined],
  ['nothing', '  ', undefined],
  ['no host', 'http://:80', undefined],
  ['user and password', 'http://user:pass@foopy:10', 'PROXY foopy:10'],
  ['a user without a host', 'user:pass@', undefined],
  ['an empty user part', '@foopy', undefined],
];

describe('one proxy', () => {
  test.each(rows)('%s', (_, uri, expected) => {
    expect(tryParseProxyServer(uri)?.toPacElement()).toBe(expected);
  });

  test('the default scheme holds for a text without one', () => {
    expect(tryParseProxyServer('foopy', 'socks4')?.toUri()).toBe('socks4://foopy:1080');
    expect(tryParseProxyServer('http://foopy', 'socks4')?.toUri()).toBe('foopy:80');
  });
});

const credentials: [sentence: string, uri: string, username: string, password: string][] = [
  ['user and password', 'socks5://user:pass@foopy', 'user', 'pass'],
  ['a user alone', 'user@foopy', 'user', ''],
  ['percent-encoded characters', 'http://a%40b:c%3Ad%2C@foopy', 'a@b', 'c:d,'],
  ['the last at-sign ends them', 'user:p@ss@foopy', 'user', 'p@ss'],
  ['the first colon ends the user', 'user:p:q@foopy', 'user', 'p:q'],
  ['a stray percent sign stands for itself', 'user:50%@foopy', 'user', '50%'],
];

describe('credentials', () => {
  test.each(credentials)('%s', (_, uri, username, password) => {
    expect(tryParseProxyServer(uri)?.getCredentials()).toEqual({ username, password });
  });

  test('show in none of its texts', () => {
    const proxy = tryParseProxyServer('https://user:hunter2@foopy')!;
    const seen = [
      proxy.toString(),
      JSON.stringify([proxy, Object.entries(proxy)]),
      inspect(proxy, { showHidden: true, getters: true }),
    ];
    expect(seen.join()).toContain('foopy');
    expect(seen.join()).not.toMatch(/user|hunter2/);
  });
});

test('direct is no proxy and has no host', () => {
  expect(ProxyServer.direct).toMatchObject({ isDirect: true, host: '', port: 0 });
  expect(tryParseProxyServer('foopy')!.isDirect).toBe(false);
});
