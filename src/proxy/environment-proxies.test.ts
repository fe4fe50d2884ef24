import { describe, expect, test } from 'vitest';
import { readEnvironmentProxies, type Environment } from './environment-proxies.ts';
import { toPacString } from './pac-result.ts';
import { findBypass } from './proxy-bypass.ts';
import { selectProxies } from './proxy-rules.ts';

const rows: [sentence: string, env: Environment, url: string, expected: string][] = [
  ['nothing set', {}, 'http://a.test/', 'DIRECT'],
  ['HTTP_PROXY is for http', { HTTP_PROXY: 'http://p:3128' }, 'http://a.test/', 'PROXY p:3128'],
  ['and not for https', { HTTP_PROXY: 'http://p:3128' }, 'https://a.test/', 'DIRECT'],
  ['HTTPS_PROXY is for https', { https_proxy: 'p:3128' }, 'https://a.test/', 'PROXY p:3128'],
  ['ALL_PROXY is for the others', { HTTP_PROXY: 'p', ALL_PROXY: 'socks5://s' }, 'https://a.test/', 'SOCKS5 s:1080'],
  ['ALL_PROXY without a scheme is HTTP', { all_proxy: 's:1' }, 'https://a.test/', 'PROXY s:1'],
  ['small letters win', { HTTP_PROXY: 'big', http_proxy: 'small' }, 'http://a.test/', 'PROXY small:80'],
  ['an empty one in small letters wins too', { HTTP_PROXY: 'big', http_proxy: '' }, 'http://a.test/', 'DIRECT'],
  ['the slash at the end of a URL', { HTTP_PROXY: 'http://p:3128/' }, 'http://a.test/', 'PROXY p:3128'],
  ['separators in a password', { HTTP_PROXY: 'http://u:a,b;c=d@p:3128/' }, 'http://a.test/', 'PROXY p:3128'],
  ['a CGI program does not read HTTP_PROXY', { REQUEST_METHOD: 'GET', HTTP_PROXY: 'evil' }, 'http://a.test/', 'DIRECT'],
  ['but reads it in small letters', { REQUEST_METHOD: 'GET', http_proxy: 'p' }, 'http://a.test/', 'PROXY p:80'],
  ['NO_PROXY names a host', { HTTP_PROXY: 'p', NO_PROXY: 'a.test' }, 'http://a.test/', 'DIRECT'],
  ['and its subdomains', { HTTP_PROXY: 'p', NO_PROXY: 'a.test' }, 'http://b.a.test/', 'DIRECT'],
  ['and not what merely ends like it', { HTTP_PROXY: 'p', NO_PROXY: 'a.test' }, 'http://ba.test/', 'PROXY p:80'],
  ['a leading dot does not matter', { HTTP_PROXY: 'p', no_proxy: '.a.test' }, 'http://a.test/', 'DIRECT'],
  ['nor a leading star', { HTTP_PROXY: 'p', no_proxy: '*.a.test' }, 'http://a.test/', 'DIRECT'],
  ['several, with blanks', { HTTP_PROXY: 'p', no_proxy: 'b.test , a.test c.test' }, 'http://c.test/', 'DIRECT'],
  ['a port', { HTTP_PROXY: 'p', no_proxy: 'a.test:8080' }, 'http://a.test/', 'PROXY p:80'],
  ['a port that fits', { HTTP_PROXY: 'p', no_proxy: 'a.test:8080' }, 'http://b.a.test:8080/', 'DIRECT'],
  ['an address', { HTTP_PROXY: 'p', no_proxy: '10.0.0.1' }, 'http://10.0.0.1/', 'DIRECT'],
  ['an IPv6 address', { HTTP_PROXY: 'p', no_proxy: '[2001::1]' }, 'http://[2001::1]/', 'DIRECT'],
  ['a block', { HTTP_PROXY: 'p', no_proxy: '10.0.0.0/8' }, 'http://10.9.9.9/', 'DIRECT'],
  ['a star is everything', { HTTP_PROXY: 'p', no_proxy: '*' }, 'http://a.test/', 'DIRECT'],
  ['loopback goes direct', { HTTP_PROXY: 'p' }, 'http://127.0.0.1/', 'DIRECT'],
];

describe('proxies from the environment', () => {
  test.each(rows)('%s', (_, env, text, expected) => {
    const { rules, bypass } = readEnvironmentProxies(env);
    const url = new URL(text);
    const chosen = findBypass(bypass, url) ? undefined : selectProxies(rules, url.protocol);
    expect(chosen ? toPacString(chosen.list) : 'DIRECT').toBe(expected);
  });

  test('the password is kept as it was', () => {
    const { rules } = readEnvironmentProxies({ HTTP_PROXY: 'http://u:a,b;c=d@p:3128/' });
    expect(rules.http[0]!.getCredentials()).toEqual({ username: 'u', password: 'a,b;c=d' });
  });
});
