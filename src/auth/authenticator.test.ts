import { describe, expect, test } from 'vitest';
import { AuthCache } from './auth-cache.ts';
import { Authenticator, type AuthAttempt, type AuthParty, type LoginDetails } from './authenticator.ts';
import type { Credentials } from './credentials.ts';

const request = { method: 'GET', uri: '/', body: '' };
const site: AuthParty = {
  isProxy: false,
  origin: 'https://a.test',
  path: '/',
  url: 'https://a.test/',
  given: undefined,
};
const ann = { username: 'ann', password: 'pw' };
const bob = { username: 'bob', password: 'pw' };

interface Setup {
  readonly asked: LoginDetails[];
  readonly begin: (party?: AuthParty) => AuthAttempt;
}

// A program that answers the login event with these in turn, then no more.
function setUp(...answers: Credentials[]): Setup {
  const asked: LoginDetails[] = [];
  const askLogin = (details: LoginDetails): Promise<Credentials | undefined> => {
    asked.push(details);
    return Promise.resolve(answers.shift());
  };
  const authenticator = new Authenticator({ cache: new AuthCache(), askLogin, makeCnonce: () => 'c' });
  return { asked, begin: (party = site) => authenticator.begin(party) };
}

/** Who the header says it is. */
function user(header: string | undefined): string | undefined {
  if (header === undefined) return undefined;
  if (header.startsWith('Basic ')) return Buffer.from(header.slice(6), 'base64').toString().split(':')[0];
  return /username="([^"]*)"/.exec(header)?.[1];
}

describe('a conversation', () => {
  test('the program is asked, told who asks, and not asked again', async () => {
    const { begin, asked } = setUp(ann);
    const first = begin({ ...site, origin: 'https://a.test:8443', url: 'https://a.test:8443/x?y' });
    expect(first.unasked(request)).toBeUndefined();
    expect(user(await first.answer(['Basic realm="r"'], request))).toBe('ann');
    const authInfo = { isProxy: false, scheme: 'basic', host: 'a.test', port: 8443, realm: 'r' };
    expect(asked).toEqual([{ url: 'https://a.test:8443/x?y', authInfo }]);
    const second = begin({ ...site, origin: 'https://a.test:8443' });
    expect(user(second.unasked(request))).toBe('ann');
    expect(asked).toHaveLength(1);
  });

  test("with nothing to say the refusal is the caller's", async () => {
    const { begin, asked } = setUp();
    expect(await begin().answer(['Basic realm="r"'], request)).toBeUndefined();
    expect(asked).toHaveLength(1);
  });

  test('credentials are asked for once a request, and forgotten when refused', async () => {
    const { begin, asked } = setUp(ann, bob);
    const attempt = begin();
    expect(user(await attempt.answer(['Basic realm="r"'], request))).toBe('ann');
    expect(await attempt.answer(['Basic realm="r"'], request)).toBeUndefined();
    expect(asked).toHaveLength(1);
    expect(begin().unasked(request)).toBeUndefined();
  });

  test('credentials sent unasked and refused: the program is asked', async () => {
    const { begin, asked } = setUp(ann, bob);
    await begin().answer(['Basic realm="r"'], request);
    const attempt = begin();
    expect(user(attempt.unasked(request))).toBe('ann');
    expect(user(await attempt.answer(['Basic realm="r"'], request))).toBe('bob');
    expect(asked).toHaveLength(2);
  });

  test('another realm leaves the credentials of the first alone', async () => {
    const { begin } = setUp(ann, bob);
    await begin().answer(['Basic realm="one"'], request);
    const attempt = begin();
    attempt.unasked(request);
    expect(user(await attempt.answer(['Basic realm="two"'], request))).toBe('bob');
    const later = begin();
    expect(user(await later.answer(['Basic realm="one"'], request))).toBe('ann');
  });

  test('a realm that the session knows is answered without asking, elsewhere too', async () => {
    const { begin, asked } = setUp(ann);
    await begin({ ...site, path: '/a/' }).answer(['Basic realm="r"'], request);
    const attempt = begin({ ...site, path: '/b/' });
    expect(attempt.unasked(request)).toBeUndefined();
    expect(user(await attempt.answer(['Basic realm="r"'], request))).toBe('ann');
    expect(asked).toHaveLength(1);
  });

  test('requests that wait for the same answer ask once', async () => {
    const { begin, asked } = setUp(ann, bob);
    const answers = await Promise.all([1, 2, 3].map(() => begin().answer(['Basic realm="r"'], request)));
    expect(answers.map(user)).toEqual(['ann', 'ann', 'ann']);
    expect(asked).toHaveLength(1);
  });

  test('a server that names a new realm each time comes to an end', async () => {
    const { begin } = setUp(ann, bob);
    for (const realm of ['a', 'b']) await begin().answer([`Basic realm="${realm}"`], request);
    const attempt = begin();
    let answers = 0;
    for (; answers < 20; answers++) {
      if ((await attempt.answer([`Basic realm="${answers % 2 === 0 ? 'a' : 'b'}"`], request)) === undefined) break;
    }
    expect(answers).toBeLessThan(4);
  });

  test("an error of the program is the request's", async () => {
    const authenticator = new Authenticator({
      cache: new AuthCache(),
      askLogin: () => Promise.reject(new Error('no')),
      makeCnonce: () => 'c',
    });
    await expect(authenticator.begin(site).answer(['Basic'], request)).rejects.toThrow('no');
  });
});

describe('given credentials', () => {
  const proxy: AuthParty = { isProxy: true, origin: 'http://p.test:3128', path: '', url: 'http://a.test/', given: ann };

  test('come first', async () => {
    const { begin, asked } = setUp(bob);
    expect(user(await begin(proxy).answer(['Basic realm="p"'], request))).toBe('ann');
    expect(asked).toEqual([]);
    expect(user(begin(proxy).unasked(request))).toBe('ann');
  });

  test('when refused, the program is asked', async () => {
    const { begin, asked } = setUp(bob);
    const attempt = begin(proxy);
    await attempt.answer(['Basic realm="p"'], request);
    expect(user(await attempt.answer(['Basic realm="p"'], request))).toBe('bob');
    expect(asked[0]?.authInfo).toEqual({ isProxy: true, scheme: 'basic', host: 'p.test', port: 3128, realm: 'p' });
  });
});

describe('the scheme', () => {
  test.each<[sentence: string, challenges: string[], answered: string | undefined]>([
    ['Digest before Basic', ['Basic realm="r"', 'Digest realm="r", nonce="n", qop=auth'], 'Digest'],
    ['Basic when Digest wants an unknown algorithm', ['Digest nonce="n", algorithm=X, Basic realm="r"'], 'Basic'],
    ['Basic before Negotiate and NTLM', ['Negotiate', 'NTLM', 'Basic realm="r"'], 'Basic'],
    ['Basic without a realm', ['Basic'], 'Basic'],
    ['Bearer is not ours to answer', ['Bearer realm="r"'], undefined],
    ['nothing', [], undefined],
  ])('%s', async (_, challenges, answered) => {
    const header = await setUp(ann).begin().answer(challenges, request);
    expect(header?.split(' ')[0]).toBe(answered);
  });

  test.each(['NTLM', 'Negotiate'])('%s: a clear error when the program has credentials', async scheme => {
    const { begin, asked } = setUp(ann);
    const failure = await begin()
      .answer([scheme], request)
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'ERR_UNSUPPORTED_AUTH_SCHEME' });
    expect(String(failure)).not.toMatch(/\bann\b|\bpw\b/);
    expect(asked[0]?.authInfo.scheme).toBe(scheme.toLowerCase());
  });

  test("NTLM: the refusal is the caller's when there are none", async () => {
    expect(await setUp().begin().answer(['NTLM'], request)).toBeUndefined();
  });
});

describe('Digest', () => {
  const digest = (rest: string): string[] => [`Digest realm="r", qop=auth, ${rest}`];
  const nc = (header: string | undefined): string | undefined => /nc=(\d+)/.exec(header ?? '')?.[1];

  test('the nonce count goes up with each use of a nonce, and begins anew with the next', async () => {
    const { begin } = setUp(ann);
    expect(nc(await begin().answer(digest('nonce="1"'), request))).toBe('00000001');
    expect(nc(begin().unasked(request))).toBe('00000002');
    const attempt = begin();
    expect(nc(attempt.unasked(request))).toBe('00000003');
    const renewed = await attempt.answer(digest('nonce="2", stale=true'), request);
    expect([nc(renewed), renewed?.includes('nonce="2"')]).toEqual(['00000001', true]);
  });

  test('a stale nonce is renewed without asking, once', async () => {
    const { begin, asked } = setUp(ann, bob);
    await begin().answer(digest('nonce="1"'), request);
    const attempt = begin();
    attempt.unasked(request);
    expect(user(await attempt.answer(digest('nonce="2", stale=true'), request))).toBe('ann');
    expect(asked).toHaveLength(1);
    expect(user(await attempt.answer(digest('nonce="3", stale=TRUE'), request))).toBe('bob');
    expect(await attempt.answer(digest('nonce="4", stale=true'), request)).toBeUndefined();
  });
});
