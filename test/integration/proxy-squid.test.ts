import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Session } from '../../src/session/session.ts';
import { startOrigin, type TestOrigin } from '../fixtures/http-server.ts';
import { doors, echoOver, failure, proxiedSession } from '../fixtures/proxied-session.ts';
import { noSquid, type Squid, startSquid } from '../fixtures/squid.ts';
import { startSocketServer, type TestSocketServer } from '../fixtures/web-socket-server.ts';

let plain: TestOrigin;
let secure: TestOrigin;
let sockets: TestSocketServer;
let ses: Session;

beforeAll(async () => {
  [plain, secure, sockets] = await Promise.all([
    startOrigin((request, response) => void request.pipe(response)),
    startOrigin((request, response) => void request.pipe(response), { scheme: 'both' }),
    startSocketServer({ secure: true }),
  ]);
});

afterAll(() => Promise.all([plain, secure, sockets].map(it => it[Symbol.asyncDispose]())));

afterEach(() => ses?.destroy());

describe.each<[string, { user?: string; scheme?: 'basic' | 'digest' }]>([
  ['for everyone', {}],
  ['with users by Basic', { user: 'ada' }],
  ['with users by Digest', { user: 'ada', scheme: 'digest' }],
])('squid %s', (_kind, options) => {
  let squid: Squid;
  beforeAll(async () => {
    if (noSquid) return;
    squid = await startSquid({ ...options, tunnelPorts: [secure.port, sockets.port], hosts: ['site.test'] });
  });
  afterAll(() => squid?.[Symbol.asyncDispose]());
  const userinfo = options.user ? 'ada:correct%20horse@' : '';
  const use = (who: string): Promise<void> => {
    ses = proxiedSession();
    return ses.setProxy({ proxyRules: `http://${who}127.0.0.1:${squid.port}` });
  };

  test.for(Object.entries(doors))('passes on and tunnels for %s', async ([name, open], { skip }) => {
    if (noSquid) return skip(noSquid);
    await use(userinfo);
    // A request of node:http cannot be sent again, and goes by what the proxy asked for before.
    if (name === 'agents') await doors['ses.fetch']!(ses, plain.origin);
    for (const origin of [plain.origin, secure.origin])
      expect(await open(ses, origin)).toEqual({ status: 200, body: '' });
    expect(squid.log()).toContain(`GET ${plain.origin}/ 200 ${options.user ?? '-'}`);
  });

  test('carries bodies, HTTP/2 and WebSockets', async ({ skip }) => {
    if (noSquid) return skip(noSquid);
    await use(userinfo);
    const body = 'x'.repeat(300_000);
    for (const origin of [plain.origin, secure.origin]) {
      expect(await (await ses.fetch(origin, { method: 'POST', body })).text()).toBe(body);
    }
    expect(secure.requests.at(-1)!.httpVersion).toBe('2.0');
    expect(await echoOver(ses, sockets.origin)).toBe('hello');
  });

  test('says no in its own ways', async ({ skip }) => {
    if (noSquid) return skip(noSquid);
    await use(userinfo);
    expect(await failure(ses.fetch('https://site.test:8443/'))).toMatchObject({ code: 'ERR_TUNNEL_CONNECTION_FAILED' });
    expect((await ses.fetch('http://site.test:8443/')).status).toBe(503);
    if (!options.user) return;
    await ses.destroy();
    await use('ada:wrong@');
    expect((await ses.fetch(plain.origin)).status).toBe(407);
    expect(await failure(ses.fetch(secure.origin))).toMatchObject({ code: 'ERR_PROXY_AUTH_REQUESTED' });
  });

  test('one login serves many requests at once', async ({ skip }) => {
    if (noSquid) return skip(noSquid);
    if (!options.user) return undefined;
    await use('');
    let asked = 0;
    ses.on('login', (event, _details, { realm }, callback) => {
      event.preventDefault();
      asked++;
      expect(realm).toBe('squid');
      callback('ada', 'correct horse');
    });
    const statuses = await Promise.all(
      Array.from(
        { length: 40 },
        async (_, i) => (await ses.fetch(`${i % 2 ? plain.origin : secure.origin}/${i}`)).status,
      ),
    );
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(asked).toBe(1);
    return undefined;
  });
});
