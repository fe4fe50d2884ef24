import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { Agent, type Dispatcher } from 'undici';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AuthCache } from '../auth/auth-cache.ts';
import { Authenticator, type LoginDetails } from '../auth/authenticator.ts';
import type { Credentials } from '../auth/credentials.ts';
import { CookieStore } from '../cookies/cookie-store.ts';
import type { Cookie } from '../cookies/cookie.ts';
import { MemoryStore } from '../storage/memory/memory-store.ts';
import { ManualClock } from '../util/testing/manual-clock.ts';
import { ActiveRequests } from './active-requests.ts';
import { authInterceptor } from './auth-interceptor.ts';
import { cookiesInterceptor } from './cookies-interceptor.ts';
import { type FetchInit } from './fetch-request.ts';
import { sessionFetch } from './fetch.ts';
import type { Dispatch } from './request-job.ts';
import { OriginFactsCache } from './site-context.ts';

const ann = { username: 'ann', password: 'pw' };
const basicOfAnn = `Basic ${Buffer.from('ann:pw').toString('base64')}`;

let server: Server;
let agent: Agent;
let url: string;
/** What the server got: `METHOD path authorization cookie body`. */
let seen: string[];
let sockets: Set<unknown>;
let answer: (request: IncomingMessage, response: ServerResponse) => void;

beforeEach(async () => {
  [seen, sockets, agent] = [[], new Set(), new Agent({ connections: 1 })];
  answer = demandBasic;
  server = createServer((request, response) => {
    sockets.add(request.socket);
    void text(request).then(body => {
      const { authorization = '-', cookie = '-' } = request.headers;
      seen.push([request.method, request.url, authorization.split(' ')[0], cookie, body || '-'].join(' '));
      answer(request, response);
    });
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

afterEach(async () => {
  await agent.destroy();
  server.closeAllConnections();
  server.close();
});

function demandBasic(request: IncomingMessage, response: ServerResponse): void {
  if (request.headers.authorization === basicOfAnn) response.end('welcome');
  else response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end('who are you?');
}

interface Client {
  readonly fetch: (path: string, init?: FetchInit) => Promise<Response>;
  readonly asked: LoginDetails[];
}

function makeClient(login: () => Promise<Credentials | undefined> | Credentials | undefined): Client {
  const asked: LoginDetails[] = [];
  const askLogin = async (details: LoginDetails): Promise<Credentials | undefined> => {
    asked.push(details);
    return login();
  };
  const clock = new ManualClock();
  const records = new MemoryStore().records<Cookie>('cookies');
  const cookies = new CookieStore({
    records,
    clock,
    limits: { perSite: 10, total: 10 },
    keepSessionCookies: true,
  });
  const authenticator = new Authenticator({ cache: new AuthCache(), askLogin, makeCnonce: () => 'c' });
  const send: Dispatch = (job, handler) => agent.dispatch(job as Dispatcher.DispatchOptions, handler);
  const dispatch = cookiesInterceptor({ cookies, committed: () => undefined })(
    authInterceptor({ authenticator, cookies })(send),
  );
  const parts = {
    active: new ActiveRequests(),
    origins: new OriginFactsCache(),
    dispatch,
    defaults: () => ({ userAgent: 'test', acceptLanguage: '' }),
  };
  return { asked, fetch: (path, init) => sessionFetch(parts, url + path, init) };
}

test('a 401 is answered on the same connection, and the next request carries credentials unasked', async () => {
  const { fetch, asked } = makeClient(() => ann);
  const response = await fetch('/a');
  expect([response.status, await response.text()]).toEqual([200, 'welcome']);
  expect(await (await fetch('/b')).text()).toBe('welcome');
  expect(seen).toEqual(['GET /a - - -', 'GET /a Basic - -', 'GET /b Basic - -']);
  expect(sockets.size).toBe(1);
  expect(asked).toHaveLength(1);
  expect(asked[0]).toMatchObject({
    url: `${url}/a`,
    authInfo: { isProxy: false, scheme: 'basic', host: '127.0.0.1', realm: 'r' },
  });
});

describe("the 401 is the caller's", () => {
  test.each<[sentence: string, login: Credentials | undefined, init: FetchInit, requests: number]>([
    ['when the program has no answer', undefined, {}, 1],
    ['when its answer is wrong', { username: 'ann', password: 'wrong' }, {}, 2],
    ['when credentials are omitted', ann, { credentials: 'omit' }, 1],
    ['when it sent an Authorization header', ann, { headers: { Authorization: 'Bearer x' } }, 1],
    ['when its body cannot be sent again', ann, { method: 'POST', body: new Blob(['x']).stream(), duplex: 'half' }, 1],
  ])('%s', async (_, login, init, requests) => {
    const response = await makeClient(() => login).fetch('/', init);
    expect([response.status, await response.text()]).toEqual([401, 'who are you?']);
    expect(response.headers.get('www-authenticate')).toBe('Basic realm="r"');
    expect(seen).toHaveLength(requests);
  });

  test('when it has a large body, whole', async () => {
    const page = 'x'.repeat(3_000_000);
    answer = (_, response) => response.writeHead(401, { 'www-authenticate': 'Basic' }).end(page);
    const response = await makeClient(() => undefined).fetch('/');
    expect((await response.text()).length).toBe(page.length);
  });

  test('when it asks for nothing that is known', async () => {
    answer = (_, response) => response.writeHead(401, { 'www-authenticate': 'Bearer' }).end();
    const { fetch, asked } = makeClient(() => ann);
    expect((await fetch('/')).status).toBe(401);
    expect(asked).toEqual([]);
  });
});

test('a body in memory is sent again', async () => {
  const response = await makeClient(() => ann).fetch('/', { method: 'POST', body: 'a=b' });
  expect(await response.text()).toBe('welcome');
  expect(seen).toEqual(['POST / - - a=b', 'POST / Basic - a=b']);
});

test('a 401 without a body is answered', async () => {
  answer = (request, response) => {
    if (request.headers.authorization) response.end('welcome');
    else response.writeHead(401, { 'www-authenticate': 'Basic', 'content-length': '0' }).end();
  };
  expect(await (await makeClient(() => ann).fetch('/')).text()).toBe('welcome');
});

test('a cookie of the 401 is stored and sent with the answer', async () => {
  answer = (request, response) => {
    if (!request.headers.authorization) response.setHeader('set-cookie', ['a=1', 'b=2']);
    demandBasic(request, response);
  };
  await makeClient(() => ann).fetch('/');
  expect(seen).toEqual(['GET / - - -', 'GET / Basic a=1; b=2 -']);
});

test('a large 401 is not read to its end', async () => {
  let sent = 0;
  answer = (request, response) => {
    if (request.headers.authorization) return void response.end('welcome');
    response.writeHead(401, { 'www-authenticate': 'Basic' });
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(64 * 1024))) sent++;
      if (!response.destroyed) response.once('drain', more);
    };
    more();
  };
  const response = await makeClient(() => ann).fetch('/');
  expect(await response.text()).toBe('welcome');
  expect(sent).toBeLessThan(1000);
  expect(sockets.size).toBe(2);
});

test('Digest, with a nonce that is used twice and then stale', async () => {
  const said: string[] = [];
  answer = (request, response) => {
    const { authorization } = request.headers;
    said.push(`${/nonce="(\d)"/.exec(authorization ?? '')?.[1]} ${/nc=(\d+)/.exec(authorization ?? '')?.[1]}`);
    const nonce = said.length < 4 ? 1 : 2;
    if (authorization?.includes(`nonce="${nonce}"`)) response.end('welcome');
    else
      response
        .writeHead(401, { 'www-authenticate': `Digest realm="r", nonce="${nonce}", qop="auth", stale=${nonce === 2}` })
        .end();
  };
  const { fetch, asked } = makeClient(() => ann);
  for (const path of ['/1', '/2', '/3']) expect(await (await fetch(path)).text()).toBe('welcome');
  expect(said).toEqual(['undefined undefined', '1 00000001', '1 00000002', '1 00000003', '2 00000001']);
  expect(asked).toHaveLength(1);
});

test('many requests at once ask the program once', async () => {
  const { fetch, asked } = makeClient(() => ann);
  const texts = await Promise.all(Array.from({ length: 20 }, async (_, n) => (await fetch(`/${n}`)).text()));
  expect(new Set(texts)).toEqual(new Set(['welcome']));
  expect(asked).toHaveLength(1);
});

test('aborting while the program is asked fails the request at once, and sends nothing more', async () => {
  const abort = new AbortController();
  let letIn: (credentials: Credentials) => void = () => {};
  const login = new Promise<Credentials>(resolve => (letIn = resolve));
  const { fetch, asked } = makeClient(() => login);
  const response = fetch('/', { signal: abort.signal });
  await expect.poll(() => asked.length).toBe(1);
  abort.abort(new Error('enough'));
  await expect(response).rejects.toThrow('enough');
  letIn(ann);
  await login;
  expect(seen).toHaveLength(1);
});

test('aborting after the answer was sent reaches the second request', async () => {
  const abort = new AbortController();
  answer = (request, response) => {
    if (request.headers.authorization) abort.abort(new Error('enough'));
    else demandBasic(request, response);
  };
  await expect(makeClient(() => ann).fetch('/', { signal: abort.signal })).rejects.toThrow('enough');
});

test('NTLM: the request fails with a clear error when the program gives credentials', async () => {
  answer = (_, response) => response.writeHead(401, { 'www-authenticate': 'NTLM' }).end();
  await expect(makeClient(() => ann).fetch('/')).rejects.toMatchObject({ code: 'ERR_UNSUPPORTED_AUTH_SCHEME' });
  expect((await makeClient(() => undefined).fetch('/')).status).toBe(401);
});

test('an error of the login listener fails the request with it', async () => {
  const client = makeClient(() => Promise.reject(new Error('no window')));
  const failure = (await client.fetch('/').catch((error: unknown) => error)) as Error;
  expect(failure.cause ?? failure).toMatchObject({ message: 'no window' });
});
