import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { session } from '../../src/index.ts';
import type { Session } from '../../src/session/session.ts';
import { testAuthority } from '../fixtures/certificates.ts';
import { startOrigin, type TestOrigin } from '../fixtures/http-server.ts';

// RFC 6797, seen from outside: a session that has met the header speaks nothing but https to the host.

let plain: TestOrigin;
let secure: TestOrigin;
let ses: Session;

beforeAll(async () => {
  plain = await startOrigin((_, response) => response.end('plain'));
  secure = await startOrigin((_, response) => response.end('secure'), { scheme: 'https' });
});

beforeEach(() => {
  const hostRules = `MAP *:80 127.0.0.1:${plain.port}, MAP *:443 127.0.0.1:${secure.port}, MAP *.test 127.0.0.1`;
  ses = session.fromPartition('hsts', { hostRules });
  ses.certificates.addRoot(testAuthority().pem);
  for (const { requests } of [plain, secure]) requests.length = 0;
  secure.answer = (_, response) => {
    response.writeHead(200, { 'strict-transport-security': 'max-age=1000; includeSubDomains' }).end('secure');
  };
});

afterEach(() => ses.destroy());
afterAll(() => Promise.all([plain[Symbol.asyncDispose](), secure[Symbol.asyncDispose]()]));

test('a host that asks for it is reached over https from then on, with its subdomains, not with its parents', async () => {
  expect(await (await ses.fetch('http://site.test/')).text()).toBe('plain');
  await ses.fetch('https://site.test/');
  const upgraded = await ses.fetch('http://site.test/a?b');
  expect([await upgraded.text(), upgraded.url, upgraded.redirected]).toEqual([
    'secure',
    'https://site.test/a?b',
    false,
  ]);
  expect((await ses.fetch('http://www.site.test/')).url).toBe('https://www.site.test/');
  expect(await (await ses.fetch('http://other.test/')).text()).toBe('plain');
});

test('the dispatcher does so, too, and redirects', async () => {
  await ses.fetch('https://site.test/');
  const response = await fetch('http://site.test/', { dispatcher: ses.dispatcher });
  expect(await response.text()).toBe('secure');
  plain.answer = (_, answer) => answer.writeHead(302, { location: 'http://site.test/to' }).end();
  expect((await ses.fetch('http://other.test/')).url).toBe('https://site.test/to');
});

test('not over http, not to an IP address, not when it is taken back', async () => {
  plain.answer = (_, response) => response.writeHead(200, { 'strict-transport-security': 'max-age=1000' }).end('plain');
  await ses.fetch('http://site.test/');
  expect(await (await ses.fetch('http://site.test/')).text()).toBe('plain');
  await ses.fetch('https://site.test/');
  secure.answer = (_, response) => response.writeHead(200, { 'strict-transport-security': 'max-age=0' }).end();
  await ses.fetch('https://site.test/');
  expect(await (await ses.fetch('http://site.test/')).text()).toBe('plain');
});

test('the upgraded request has the cookies of https: secure ones, and partitioned ones', async () => {
  secure.answer = (_, response) => {
    response
      .writeHead(200, {
        'strict-transport-security': 'max-age=1000',
        'set-cookie': ['s=1; Secure', 'p=2; Secure; Partitioned; SameSite=None'],
      })
      .end();
  };
  await ses.fetch('https://site.test/');
  await ses.fetch('http://site.test/');
  expect(secure.requests[1]?.headers.cookie).toBe('s=1; p=2');
});

test('another session knows nothing of it', async () => {
  await ses.fetch('https://site.test/');
  const other = session.fromPartition('hsts other', { hostRules: `MAP *:80 127.0.0.1:${plain.port}` });
  plain.answer = (_, response) => response.end('plain');
  expect(await (await other.fetch('http://site.test/')).text()).toBe('plain');
  await other.destroy();
});
