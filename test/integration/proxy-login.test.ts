import { createHash } from 'node:crypto';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { app, net } from '../../src/index.ts';
import type { Session } from '../../src/session/session.ts';
import { startOrigin, type TestOrigin } from '../fixtures/http-server.ts';
import { basicCheck, type ProxiedRequest, startProxy, type TestProxy } from '../fixtures/proxy-server.ts';
import { doors, echoOver, failure, proxiedSession } from '../fixtures/proxied-session.ts';
import { startSocksServer } from '../fixtures/socks-server.ts';
import { startSocketServer } from '../fixtures/web-socket-server.ts';

let proxy: TestProxy;
let plain: TestOrigin;
let secure: TestOrigin;
let ses: Session;

beforeEach(async () => {
  const answer = (_: unknown, response: { end(text: string): void }): void => response.end('welcome');
  [proxy, plain, secure] = await Promise.all([
    startProxy(),
    startOrigin(answer),
    startOrigin(answer, { scheme: 'https' }),
  ]);
  proxy.check = basicCheck('ada', 'correct horse');
  ses = proxiedSession();
});

afterEach(async () => {
  app.removeAllListeners();
  await ses.destroy();
  await Promise.all([proxy, plain, secure].map(it => it[Symbol.asyncDispose]()));
});

const useProxy = (userinfo = ''): Promise<void> =>
  ses.setProxy({ proxyRules: `http://${userinfo}127.0.0.1:${proxy.port}` });
const authorizations = (): (string | undefined)[] =>
  proxy.requests.map(({ headers }) => headers['proxy-authorization']);

/** Logs in on the session, and remembers what it was asked. */
function logIn(username?: string, password?: string): unknown[][] {
  const asked: unknown[][] = [];
  ses.on('login', (event, details, authInfo, callback) => {
    event.preventDefault();
    asked.push([details, authInfo]);
    callback(username, password);
  });
  return asked;
}

describe.each(Object.entries(doors))('%s', (name, open) => {
  test.each([
    ['http', () => plain.origin],
    ['https', () => secure.origin],
  ])('sends the credentials of the rule to %s', async (_, origin) => {
    await useProxy('ada:correct%20horse@');
    expect(await open(ses, origin())).toEqual({ status: 200, body: 'welcome' });
    expect(await open(ses, origin())).toEqual({ status: 200, body: 'welcome' });
  });

  test('sends those of a login to https', async () => {
    const asked = logIn('ada', 'correct horse');
    await useProxy();
    expect(await open(ses, secure.origin)).toEqual({ status: 200, body: 'welcome' });
    expect(asked).toEqual([
      [
        { url: expect.stringContaining('https://site.test:') },
        { isProxy: true, scheme: 'basic', host: '127.0.0.1', port: proxy.port, realm: 'proxy' },
      ],
    ]);
  });

  test('sends those of a login to http, which are remembered', async () => {
    const asked = logIn('ada', 'correct horse');
    await useProxy();
    // A request of node:http cannot be sent again; it uses what others were told.
    if (name === 'agents') await doors['ses.fetch']!(ses, plain.origin);
    for (let i = 0; i < 3; i++) expect(await open(ses, plain.origin)).toEqual({ status: 200, body: 'welcome' });
    expect(asked.length).toBe(1);
    expect(authorizations().filter(value => value === undefined).length).toBe(1);
  });

  test('without credentials the 407 of a forwarding proxy is the caller’s, and a tunnel fails', async () => {
    await useProxy();
    // Fetch standard, "HTTP-network-or-cache fetch" 15: for the built-in fetch, a 407 is a network error.
    const isStrict = name === 'global fetch';
    if (!isStrict) expect(await open(ses, plain.origin)).toEqual({ status: 407, body: 'log in to the proxy' });
    const error = await failure(open(ses, secure.origin));
    expect(isStrict ? error.cause : error).toMatchObject({ code: 'ERR_PROXY_AUTH_REQUESTED', errno: -127 });
    expect(plain.requests).toEqual([]);
  });
});

test('WebSockets send them too', async () => {
  await using sockets = await startSocketServer();
  await useProxy('ada:correct%20horse@');
  expect(await echoOver(ses, sockets.origin)).toBe('hello');
  await useProxy();
  await ses.clearAuthCache();
  expect(await failure(echoOver(ses, sockets.origin))).toMatchObject({ code: 'ERR_PROXY_AUTH_REQUESTED' });
});

test('one login answers many requests at once', async () => {
  const asked: unknown[] = [];
  ses.on('login', (event, _details, _authInfo, callback) => {
    event.preventDefault();
    asked.push(1);
    setImmediate(callback, 'ada', 'correct horse');
  });
  await useProxy();
  const origins = [plain.origin, secure.origin];
  const answers = await Promise.all(
    Array.from({ length: 50 }, async (_, i) => (await ses.fetch(`${origins[i % 2]}/${i}`)).text()),
  );
  expect(new Set(answers)).toEqual(new Set(['welcome']));
  expect(asked.length).toBe(1);
});

test('the session is asked first, then the app, with null for the window that is not there', async () => {
  const order: string[] = [];
  ses.on('login', () => order.push('session'));
  app.on('login', (event, webContents, details, authInfo, callback) => {
    event.preventDefault();
    order.push(`app ${String(webContents)} ${new URL(details.url).protocol} ${authInfo.isProxy}`);
    callback('ada', 'correct horse');
  });
  await useProxy();
  expect(await (await ses.fetch(plain.origin)).text()).toBe('welcome');
  expect(order).toEqual(['session', 'app null http: true']);
});

test.each([
  ['in the rule', async () => useProxy('ada:wrong@')],
  [
    'by login',
    async () => {
      logIn('ada', 'wrong');
      await useProxy();
    },
  ],
  [
    'by a login that gives up',
    async () => {
      logIn();
      await useProxy();
    },
  ],
])('wrong credentials %s end in the 407 or an error, without a loop', async (_, set) => {
  await set();
  expect((await ses.fetch(plain.origin)).status).toBe(407);
  const tries = proxy.requests.length;
  expect(tries).toBeLessThanOrEqual(3);
  const error = await failure(ses.fetch(secure.origin));
  expect(error).toMatchObject({ code: 'ERR_PROXY_AUTH_REQUESTED' });
  expect(proxy.requests.length - tries).toBeLessThanOrEqual(3);
  expect(inspect(error, { depth: 9 })).not.toContain('wrong');
});

test('credentials that were wrong are asked for again; the right ones are remembered until clearAuthCache', async () => {
  let password = 'wrong';
  let asked = 0;
  ses.on('login', (event, _details, _authInfo, callback) => {
    event.preventDefault();
    asked++;
    callback('ada', password);
  });
  await useProxy();
  expect((await ses.fetch(plain.origin)).status).toBe(407);
  password = 'correct horse';
  expect((await ses.fetch(plain.origin)).status).toBe(200);
  expect((await ses.fetch(secure.origin)).status).toBe(200);
  expect(asked).toBe(2);
  await ses.clearAuthCache();
  expect((await ses.fetch(plain.origin)).status).toBe(200);
  expect((await ses.fetch(secure.origin)).status).toBe(200);
  expect(asked).toBe(3);
});

/** RFC 7616 3.4.1, with SHA-256 and qop=auth. */
function digestCheck(nonce: string): (request: ProxiedRequest) => string[] | undefined {
  const hash = (text: string): string => createHash('sha256').update(text).digest('hex');
  return ({ method, headers }) => {
    const field = headers['proxy-authorization'] ?? '';
    const read = (name: string): string => new RegExp(`\\b${name}="?([^",]+)`).exec(field)?.[1] ?? '';
    const secret = hash('ada:proxy:correct horse');
    const text = [secret, read('nonce'), read('nc'), read('cnonce'), 'auth', hash(`${method}:${read('uri')}`)].join(
      ':',
    );
    const isRight = field.startsWith('Digest ') && read('nonce') === nonce && read('response') === hash(text);
    return isRight
      ? undefined
      : [`Basic realm="proxy"`, `Digest realm="proxy", nonce="${nonce}", algorithm=SHA-256, qop="auth"`];
  };
}

test.each([
  ['in the rule', () => useProxy('ada:correct%20horse@')],
  [
    'by login',
    () => {
      logIn('ada', 'correct horse');
      return useProxy();
    },
  ],
])('Digest is preferred and answered, with credentials %s', async (_, set) => {
  proxy.check = digestCheck('n1');
  await set();
  for (let i = 0; i < 3; i++) {
    expect((await ses.fetch(`${plain.origin}/${i}`)).status).toBe(200);
    expect((await ses.fetch(`${secure.origin}/${i}`)).status).toBe(200);
  }
  expect(authorizations().filter(value => value?.startsWith('Basic'))).toEqual([]);
});

test.each(['NTLM', 'Negotiate'])('%s is refused with a clear error', async scheme => {
  proxy.check = () => [scheme];
  await useProxy('ada:correct%20horse@');
  for (const origin of [plain.origin, secure.origin]) {
    const error = await failure(ses.fetch(origin));
    expect(error).toMatchObject({ code: 'ERR_UNSUPPORTED_AUTH_SCHEME' });
    expect(error.message).toContain(`it takes only "${scheme.toLowerCase()}", and Basic and Digest are supported`);
  }
});

test('a body is sent again with the credentials, unless it cannot be: then the 407 is the caller’s', async () => {
  const bodies: string[] = [];
  plain.answer = (request, response) => {
    let body = '';
    request
      .on('data', (chunk: Buffer) => (body += String(chunk)))
      .on('end', () => response.end(bodies.push(body) && 'ok'));
  };
  logIn('ada', 'correct horse');
  await useProxy();
  const stream = new ReadableStream({
    start(controller) {
      controller.enqueue(new TextEncoder().encode('once'));
      controller.close();
    },
  });
  expect((await ses.fetch(plain.origin, { method: 'POST', body: stream, duplex: 'half' })).status).toBe(407);
  expect(await (await ses.fetch(plain.origin, { method: 'POST', body: 'again' })).text()).toBe('ok');
  expect(bodies).toEqual(['again']);
});

test('the proxy’s credentials reach no origin, and those of the origin no proxy', async () => {
  plain.answer = (request, response) => {
    if (request.headers.authorization) response.end('in');
    else response.writeHead(401, { 'www-authenticate': 'Basic realm="site"' }).end();
  };
  secure.answer = plain.answer;
  ses.on('login', (event, _details, { isProxy, realm }, callback) => {
    event.preventDefault();
    expect(realm).toBe(isProxy ? 'proxy' : 'site');
    if (isProxy) callback('ada', 'correct horse');
    else callback('origin-user', 'origin-secret');
  });
  await useProxy();
  expect(await (await ses.fetch(plain.origin)).text()).toBe('in');
  expect(await (await ses.fetch(secure.origin)).text()).toBe('in');
  for (const { headers } of [...plain.requests, ...secure.requests])
    expect(headers).not.toHaveProperty('proxy-authorization');
  const connects = proxy.requests.filter(({ method }) => method === 'CONNECT');
  for (const { headers } of connects) expect(headers).not.toHaveProperty('authorization');
});

test('a proxy’s cookies and redirects are its own: a CONNECT that is redirected fails', async () => {
  proxy.check = undefined;
  proxy.onConnect = socket => {
    socket.end('HTTP/1.1 302 Found\r\nLocation: https://evil.test/\r\nSet-Cookie: a=1\r\nContent-Length: 0\r\n\r\n');
  };
  await useProxy();
  expect(await failure(ses.fetch(secure.origin))).toMatchObject({ code: 'ERR_TUNNEL_CONNECTION_FAILED' });
  expect(await ses.cookies.get({})).toEqual([]);
});

describe('SOCKS', () => {
  test('SOCKS5 by user and password: right ones pass, wrong or none fail', async () => {
    await using socks = await startSocksServer();
    socks.credentials = 'ada:correct horse';
    const use = (userinfo: string): Promise<void> => ses.setProxy(`socks5://${userinfo}127.0.0.1:${socks.port}`);
    await use('ada:correct%20horse@');
    for (const open of Object.values(doors)) expect((await open(ses, plain.origin)).status).toBe(200);
    expect((await ses.fetch(secure.origin)).status).toBe(200);
    for (const [userinfo, why] of [
      ['ada:wr0ng@', 'it refused the user name and password'],
      ['', 'it wants a user name and password'],
      [`ada:${'x'.repeat(256)}@`, 'user name or password is longer than 255 bytes'],
    ] as const) {
      await use(userinfo);
      const error = await failure(ses.fetch(plain.origin));
      expect(error).toMatchObject({ code: 'ERR_SOCKS_CONNECTION_FAILED', errno: -120 });
      expect(error.message).toContain(why);
      expect(inspect(error, { depth: 9 })).not.toMatch(/wr0ng|xxx/);
    }
  });

  test('a server that wants no password is not told it; SOCKS4 tells the user name', async () => {
    await using socks = await startSocksServer();
    await ses.setProxy(`socks5://ada:secret@127.0.0.1:${socks.port}`);
    expect((await ses.fetch(plain.origin)).status).toBe(200);
    await ses.setProxy(`socks4://ada@127.0.0.1:${socks.port}`);
    expect((await ses.fetch(plain.origin)).status).toBe(200);
    expect(socks.requests.map(({ user }) => user)).toEqual(['', 'ada']);
  });

  test('two users of one proxy share no connection', async () => {
    await using socks = await startSocksServer();
    socks.credentials = 'ada:right';
    const through = (userinfo: string): Promise<unknown> =>
      ses
        .fetch(plain.origin, { proxy: `socks5://${userinfo}@127.0.0.1:${socks.port}` })
        .then(response => response.text());
    expect(await through('ada:right')).toBe('welcome');
    expect(await failure(through('ada:other'))).toMatchObject({ code: 'ERR_SOCKS_CONNECTION_FAILED' });
    expect(await failure(through('bob:right'))).toMatchObject({ code: 'ERR_SOCKS_CONNECTION_FAILED' });
  });
});

test('secrets are shown nowhere', async () => {
  const rules = `http://ada:s3cret@127.0.0.1:${proxy.port}`;
  const warnings: unknown[] = [];
  ses.on('proxy-warning', (_event, message) => warnings.push(message));
  const refused = await failure(ses.setProxy(`http=x://ada:s3cret@h:1`));
  await ses.setProxy(`http=${rules};https=http://ada:s3cret@h:port`);
  const shown = [
    refused,
    warnings,
    await ses.resolveProxy(plain.origin),
    await ses.proxy.explain(plain.origin),
    ses,
    ses.proxy,
    ses.dispatcher,
    ses.httpAgent,
    await (await ses.fetch(plain.origin)).text(),
    await failure(ses.fetch('http://nowhere.test/', { proxy: 'http://ada:s3cret@127.0.0.1:1' })),
    await failure(ses.fetch('http://nowhere.test/', { proxy: 'http://ada:s3cret@h:port' })),
  ];
  expect(warnings.length).toBe(1);
  for (const value of shown) {
    expect(inspect(value, { depth: 20, showHidden: true })).not.toContain('s3cret');
    expect(String((value as Error).stack)).not.toContain('s3cret');
  }
});

test('net.request has a login event of its own', async () => {
  await useProxy();
  const request = net.request({ url: plain.origin, session: ses });
  const status = await new Promise(resolve => {
    request.on('login', (authInfo, callback) => callback(authInfo.isProxy ? 'ada' : 'no', 'correct horse'));
    request.on('response', response => {
      response.resume();
      resolve(response.statusCode);
    });
    request.end();
  });
  expect(status).toBe(200);
});
