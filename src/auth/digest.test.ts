import { describe, expect, test } from 'vitest';
import { basicAuthorization } from './basic.ts';
import { parseChallenges } from './challenge.ts';
import type { Credentials } from './credentials.ts';
import { digestAuthorization, tryReadDigestChallenge, type DigestRequest } from './digest.ts';

function answer(header: string, credentials: Credentials, request: Partial<DigestRequest> = {}): string | undefined {
  const challenge = tryReadDigestChallenge(parseChallenges([header])[0]!)!;
  const whole = {
    method: 'GET',
    uri: '/dir/index.html',
    body: '',
    cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
    nonceCount: 1,
  };
  return digestAuthorization(challenge, credentials, { ...whole, ...request });
}

function field(header: string | undefined, name: string): string | undefined {
  return new RegExp(`[ ,]${name.replaceAll('*', '\\*')}="?([^",]*)"?`).exec(header ?? '')?.[1];
}

const mufasa = { username: 'Mufasa', password: 'Circle of Life' };
const rfc7616 =
  'realm="http-auth@example.org", qop="auth, auth-int", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';
const rfc2617 =
  'realm="testrealm@host.com", qop="auth,auth-int", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"';

describe('the examples of the standards', () => {
  test.each<[sentence: string, header: string, password: string, cnonce: string | undefined, response: string]>([
    [
      'RFC 7616 3.9.1, MD5',
      `Digest ${rfc7616}, algorithm=MD5`,
      'Circle of Life',
      undefined,
      '8ca523f5e9506fed4657c9700eebdbec',
    ],
    [
      'RFC 7616 3.9.1, SHA-256',
      `Digest ${rfc7616}, algorithm=SHA-256`,
      'Circle of Life',
      undefined,
      '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1',
    ],
    ['RFC 2617 3.5', `Digest ${rfc2617}`, 'Circle Of Life', '0a4f113b', '6629fae49393a05397450978507c4ef1'],
  ])('%s', (_, header, password, cnonce, response) => {
    const authorization = answer(header, { ...mufasa, password }, cnonce ? { cnonce } : {});
    expect(field(authorization, 'response')).toBe(response);
    expect(field(authorization, 'nc')).toBe('00000001');
    expect(field(authorization, 'qop')).toBe('auth');
    expect(field(authorization, 'uri')).toBe('/dir/index.html');
  });

  test('the whole header, RFC 7616 3.9.1', () => {
    expect(answer(`Digest ${rfc7616}, algorithm=MD5`, mufasa)).toBe(
      'Digest username="Mufasa", realm="http-auth@example.org", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", ' +
        'uri="/dir/index.html", algorithm=MD5, response="8ca523f5e9506fed4657c9700eebdbec", ' +
        'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS", qop=auth, nc=00000001, ' +
        'cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"',
    );
  });

  test('RFC 7616 3.9.2: SHA-512-256, user hash, a name beyond ASCII', () => {
    const header = answer(
      'Digest realm="api@example.org", qop="auth", algorithm=SHA-512-256, nonce="5TsQWLVdgBdmrQ0XsxbDODV+57QdFR34I9HAbC/RVvkK", opaque="HRPCssKJSGjCrkzDg8OhwpzCiGPChXYjwrI2QmXDnsOS", charset=UTF-8, userhash=true',
      { username: 'J\u00e4s\u00f8n Doe', password: 'Secret, or not?' },
      { uri: '/doe.json', cnonce: 'NTg6RKcb9boFIAS3KrFK9BGeh+iDa/sm6jUMp2wds69v' },
    );
    // The figures of erratum 4897; those printed in the RFC are not of SHA-512/256.
    expect(field(header, 'username')).toBe('793263caabb707a56211940d90411ea4a575adeccb7e360aeb624ed06ece9b0b');
    expect(field(header, 'response')).toBe('3798d4131c277846293534c3edc11bd8a5e4cdcbff78b05db9d95eeb1cec68a5');
    expect(field(header, 'userhash')).toBe('true');
  });
});

// The figures are those of Python's hashlib.
describe('the variants', () => {
  const nonce = 'nonce="n"';
  const [ann, request] = [
    { username: 'ann', password: 'pw' },
    { uri: '/', cnonce: 'c' },
  ];

  test.each<[sentence: string, header: string, request: Partial<DigestRequest>, response: string | undefined]>([
    ['without qop, RFC 2069', `Digest realm="r", ${nonce}`, {}, '2577de05808ddde6941e52ebd0281d58'],
    ['MD5-sess', `Digest realm="r", ${nonce}, qop=auth, algorithm=MD5-sess`, {}, 'd447433be93facdaee0ed46d1b133582'],
    [
      'the second use of a nonce',
      `Digest realm="r", ${nonce}, qop=auth`,
      { nonceCount: 2 },
      '22b406815a1149952019d9161ea8b223',
    ],
    [
      'auth-int of a text',
      `Digest realm="r", ${nonce}, qop=auth-int`,
      { method: 'POST', body: 'a=b' },
      '9ff1b852875bc4af1e9dd6594bc44c11',
    ],
    [
      'auth-int of bytes',
      `Digest realm="r", ${nonce}, qop=auth-int`,
      { method: 'POST', body: Buffer.from('a=b') },
      '9ff1b852875bc4af1e9dd6594bc44c11',
    ],
    [
      'auth-int of a body that is not known',
      `Digest realm="r", ${nonce}, qop=auth-int`,
      { body: undefined },
      undefined,
    ],
  ])('%s', (_, header, change, response) => {
    expect(field(answer(header, ann, { ...request, ...change }), 'response')).toBe(response);
  });

  test('auth is taken when the body is not known', () => {
    expect(field(answer(`Digest realm="r", ${nonce}, qop="auth-int,auth"`, ann, { body: undefined }), 'qop')).toBe(
      'auth',
    );
  });

  test('quotes and backslashes are escaped', () => {
    const header = answer(`Digest realm="a\\"b", ${nonce}`, { username: 'x\\y"', password: '' });
    expect(header).toContain('username="x\\\\y\\""');
    expect(header).toContain('realm="a\\"b"');
  });

  test('a name beyond ASCII: as an extended value where UTF-8 is asked for, else its bytes', () => {
    const user = { username: "J\u00e4's", password: '' };
    expect(answer(`Digest realm="r", ${nonce}, charset=UTF-8`, user)).toContain("username*=UTF-8''J%C3%A4%27s,");
    expect(answer(`Digest realm="r", ${nonce}`, user)).toContain('username="J\u00c3\u00a4\'s",');
  });

  test('a name with control characters cannot break the header', () => {
    const attempt = (): unknown => answer(`Digest realm="r", ${nonce}`, { username: 'a\r\nx: y', password: 'pw' });
    expect(attempt).toThrow(expect.objectContaining({ code: 'ERR_MALFORMED_IDENTITY' }));
    expect(attempt).not.toThrow('x: y');
  });
});

describe('challenges that cannot be answered', () => {
  test.each([
    ['no nonce', 'Digest realm="r"'],
    ['an unknown algorithm', 'Digest nonce="n", algorithm=SHA3-256'],
    ['an algorithm named like a property of objects', 'Digest nonce="n", algorithm=constructor'],
    ['only unknown qualities of protection', 'Digest nonce="n", qop="auth-conf"'],
  ])('%s', (_, header) => {
    expect(tryReadDigestChallenge(parseChallenges([header])[0]!)).toBeUndefined();
  });
});

test.each([
  ['RFC 7617 2', { username: 'Aladdin', password: 'open sesame' }, 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=='],
  ['RFC 7617 2.1', { username: 'test', password: '123\u00a3' }, 'Basic dGVzdDoxMjPCow=='],
])('Basic: %s', (_, credentials, header) => {
  expect(basicAuthorization(credentials)).toBe(header);
});
