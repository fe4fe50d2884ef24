import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { app, session } from '../../src/index.ts';
import { Cookies } from '../../src/session/cookies.ts';
import { Certificates } from '../../src/session/certificates.ts';
import { Proxy as SessionProxy } from '../../src/session/proxy.ts';
import { SessionLife } from '../../src/session/session-life.ts';
import { Session } from '../../src/session/session.ts';
import { testAuthority } from '../fixtures/certificates.ts';
import { hostRules, startOrigin, type TestOrigin } from '../fixtures/http-server.ts';

let site: TestOrigin;
const made = new Set<Session>();
const unhandled = vi.fn<(reason: unknown) => void>();

beforeAll(async () => {
  site = await startOrigin((_, response) => response.end());
  app.on('session-created', one => made.add(one));
  process.on('unhandledRejection', unhandled);
});

beforeEach(() => {
  site.answer = (_, response) => response.end('x');
});

afterEach(async () => {
  await Promise.all([...made].map(one => one.destroy()));
  made.clear();
  await new Promise(setImmediate);
});

afterAll(async () => {
  process.off('unhandledRejection', unhandled);
  await site[Symbol.asyncDispose]();
});

let names = 0;
const open = (): Session => session.fromPartition(`life ${names++}`, { hostRules });

const cookie = { url: 'http://site.test/', name: 'k', value: 'v' };

/** Every public method and accessor, with arguments that are right. */
const calls: Record<string, (ses: Session) => unknown> = {
  'ses.fetch': ses => ses.fetch(site.origin),
  'ses.dispatcher': ses => ses.dispatcher,
  'ses.httpAgent': ses => ses.httpAgent,
  'ses.httpsAgent': ses => ses.httpsAgent,
  'ses.WebSocket': ses => ses.WebSocket,
  'ses.EventSource': ses => ses.EventSource,
  'ses.setUserAgent': ses => ses.setUserAgent('a'),
  'ses.resolveHost': ses => ses.resolveHost('site.test'),
  'ses.clearHostResolverCache': ses => ses.clearHostResolverCache(),
  'ses.closeAllConnections': ses => ses.closeAllConnections(),
  'ses.preconnect': ses => ses.preconnect({ url: site.origin }),
  'ses.setProxy': ses => ses.setProxy({ mode: 'direct' }),
  'ses.resolveProxy': ses => ses.resolveProxy(site.origin),
  'ses.forceReloadProxyConfig': ses => ses.forceReloadProxyConfig(),
  'ses.setCertificateVerifyProc': ses => ses.setCertificateVerifyProc(null),
  'ses.setSSLConfig': ses => ses.setSSLConfig({}),
  'ses.enableNetworkEmulation': ses => ses.enableNetworkEmulation({ latency: 1 }),
  'ses.disableNetworkEmulation': ses => ses.disableNetworkEmulation(),
  'ses.conditions': ses => ses.conditions,
  'ses.cacheEntries': ses => [...ses.cacheEntries()],
  'ses.cacheStats': ses => ses.cacheStats(),
  'ses.getCacheSize': ses => ses.getCacheSize(),
  'ses.clearCache': ses => ses.clearCache(),
  'ses.clearStorageData': ses => ses.clearStorageData(),
  'ses.clearData': ses => ses.clearData(),
  'ses.flushStorageData': ses => ses.flushStorageData(),
  'ses.clearAuthCache': ses => ses.clearAuthCache(),
  'cookies.get': ses => ses.cookies.get({}),
  'cookies.set': ses => ses.cookies.set(cookie),
  'cookies.remove': ses => ses.cookies.remove(cookie.url, 'k'),
  'cookies.flushStore': ses => ses.cookies.flushStore(),
  'cookies.header': ses => ses.cookies.header(cookie.url),
  'cookies.receive': ses => ses.cookies.receive(cookie.url, 'k=v'),
  'cookies.explain': ses => ses.cookies.explain(cookie.url),
  'cookies.export': ses => ses.cookies.export(),
  'cookies.import': ses => ses.cookies.import('[]'),
  'certificates.addRoot': ses => ses.certificates.addRoot(testAuthority().pem),
  'certificates.addCrl': ses => ses.certificates.addCrl(testAuthority().revocationList([])),
  'certificates.addClientCertificate': ses => {
    const { pem, key } = testAuthority().issue({ names: ['a.test'], usages: ['client'] });
    ses.certificates.addClientCertificate({ certificate: pem, key });
  },
  'proxy.explain': ses => ses.proxy.explain(site.origin),
};

/** What still answers, because it needs nothing that was freed. */
const harmless: Record<string, (ses: Session) => unknown> = {
  'ses.storagePath': ses => ses.storagePath,
  'ses.getStoragePath': ses => ses.getStoragePath(),
  'ses.isPersistent': ses => ses.isPersistent(),
  'ses.options': ses => ses.options,
  'ses.getUserAgent': ses => ses.getUserAgent(),
  'ses.close': ses => ses.close(),
  'ses.destroy': ses => ses.destroy(),
};

/** Those that are answered by a network, and call for no other one. */
const elsewhere = [
  'ses.describeCertificate',
  'ses.fetchDefaults',
  'ses.requireOpen',
  'ses.open',
  'ses.reportProblem',
  'ses.useNetwork',
  'ses.usedNetwork',
  'cookies.listen',
];

test('the matrix below leaves no public method out', () => {
  const classes: [string, object][] = [
    ['ses', Session.prototype],
    ['ses', SessionLife.prototype],
    ['cookies', Cookies.prototype],
    ['certificates', Certificates.prototype],
    ['proxy', SessionProxy.prototype],
  ];
  const all = classes.flatMap(([name, prototype]) =>
    Object.getOwnPropertyNames(prototype)
      .filter(key => key !== 'constructor')
      .map(key => `${name}.${key}`),
  );
  const known = new Set([...Object.keys(calls), ...Object.keys(harmless), ...elsewhere]);
  expect(all.filter(name => !known.has(name))).toEqual([]);
});

const states: [state: string, into: (ses: Session) => unknown][] = [
  ['closing', ses => void ses.close()],
  ['closed', ses => ses.close()],
  ['destroyed', ses => ses.destroy()],
];

describe.each(Object.entries(calls))('%s', (_, call) => {
  test('works in an open session', async () => {
    await call(open());
  });

  describe.each([
    ['used before', true],
    ['never used', false],
  ])('of a session %s', (_used, used) => {
    test.each(states)('is refused when %s', async (_state, into) => {
      const ses = open();
      if (used) await (await ses.fetch(site.origin)).text();
      await into(ses);
      const outcome = await (async () => call(ses))().catch((error: unknown) => error);
      expect(outcome).toMatchObject({ name: 'StateError', code: 'ERR_SESSION_CLOSED' });
      expect((outcome as Error).message).toMatch(/^Cannot .+: session "life \d+" is closed$/);
    });
  });
});

describe.each(Object.entries(harmless))('%s', (_, call) => {
  test.each(states)('answers when %s', async (_state, into) => {
    const ses = open();
    await into(ses);
    await call(ses);
  });
});

describe('close', () => {
  test('waits for requests under way, redirects and bodies included', async () => {
    const ses = open();
    const go = Promise.withResolvers<void>();
    site.answer = (request, response) => {
      if (request.url === '/from') return void response.writeHead(302, { location: '/to', 'set-cookie': 'k=v' }).end();
      void go.promise.then(() => response.end('x'.repeat(500_000)));
    };
    const text = ses.fetch(`${site.origin}/from`).then(response => response.text());
    let closed = false;
    const closing = ses.close().then(() => (closed = true));
    await new Promise(setImmediate);
    expect(closed).toBe(false);
    go.resolve();
    expect((await text).length).toBe(500_000);
    await closing;
  });

  test('waits for a fetch of the same turn, whose code is not loaded yet', async () => {
    const ses = open();
    const response = ses.fetch(site.origin);
    const closing = ses.close();
    expect(await (await response).text()).toBe('x');
    await closing;
  });

  test('does not wait for a body that nobody reads, and keeps it', async () => {
    const ses = open();
    site.answer = (_, response) => response.end('x'.repeat(3_000_000));
    const response = await ses.fetch(site.origin);
    await ses.close();
    expect((await response.text()).length).toBe(3_000_000);
  });

  test('does not wait for one without end, either', async () => {
    const ses = open();
    site.answer = (_, response) => {
      const fill = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536))) {}
      };
      response.on('drain', fill);
      fill();
    };
    const response = await ses.fetch(site.origin);
    await ses.close();
    await expect(response.text()).rejects.toMatchObject({ code: 'ERR_SESSION_CLOSED' });
  });

  test('closes the connections', async () => {
    const ses = open();
    await (await ses.fetch(site.origin)).text();
    ses.preconnect({ url: site.origin, numSockets: 2 });
    await ses.close();
    while (site.sockets.size > 0) await new Promise(setImmediate);
  });

  test('gives the same promise each time; destroy after close, and close after destroy, are fine', async () => {
    const ses = open();
    expect(ses.close()).toBe(ses.close());
    expect(ses.destroy()).toBe(ses.destroy());
    await Promise.all([ses.close(), ses.destroy(), ses[Symbol.asyncDispose]()]);
    const other = open();
    await other.destroy();
    await other.close();
  });

  test('await using closes', async () => {
    let kept: Session;
    {
      await using ses = open();
      kept = ses;
      await (await ses.fetch(site.origin)).text();
    }
    expect(() => kept.dispatcher).toThrow(expect.objectContaining({ code: 'ERR_SESSION_CLOSED' }));
  });
});

describe('destroy', () => {
  test.each<[where: string, answer: typeof site.answer]>([
    ['waits for its headers', () => {}],
    ['is in its body', (_, response) => response.writeHead(200).write('first')],
    [
      'is being redirected',
      (request, response) => {
        if (request.url !== '/to') response.writeHead(302, { location: '/to', 'content-length': 5 }).write('x');
      },
    ],
  ])('fails a request that %s', async (_, answer) => {
    const ses = open();
    site.answer = answer;
    const before = site.requests.length;
    const outcome = ses
      .fetch(site.origin)
      .then(response => response.text())
      .catch((error: unknown) => error);
    while (site.requests.length === before) await new Promise(setImmediate);
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    await ses.destroy();
    expect(await outcome).toMatchObject({ code: expect.stringMatching(/^ERR_(?:ABORTED|SESSION_CLOSED)$/) });
  });

  test('cuts short a close that waits', async () => {
    const ses = open();
    site.answer = () => {};
    const before = site.requests.length;
    const outcome = ses.fetch(site.origin).catch((error: unknown) => error);
    while (site.requests.length === before) await new Promise(setImmediate);
    const closing = ses.close();
    await ses.destroy();
    await closing;
    expect(await outcome).toMatchObject({ name: 'NetError', code: 'ERR_ABORTED' });
  });

  test('a session that was never used has nothing to do', async () => {
    await open().destroy();
    await open().close();
  });
});

describe('closeAllConnections', () => {
  test('fails what is under way, and the next request connects anew', async () => {
    const ses = open();
    site.answer = (request, response) => {
      if (request.url === '/body') response.writeHead(200).write('first');
      else if (request.url === '/fine') response.end('fine');
    };
    const before = site.requests.length;
    const waiting = ses.fetch(site.origin).catch((error: unknown) => error);
    const body = ses
      .fetch(`${site.origin}/body`)
      .then(response => response.text())
      .catch((error: unknown) => error);
    while (site.requests.length < before + 2) await new Promise(setImmediate);
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    await ses.closeAllConnections();
    expect([await waiting, await body]).toEqual([
      expect.objectContaining({ code: 'ERR_ABORTED' }),
      expect.objectContaining({ code: 'ERR_ABORTED' }),
    ]);
    expect(await (await ses.fetch(`${site.origin}/fine`)).text()).toBe('fine');
  });

  test('takes a callback', async () => {
    await new Promise<void>((resolve, reject) => {
      void open().closeAllConnections(error => (error ? reject(error) : resolve()));
    });
  });
});

describe('preconnect', () => {
  test('opens connections that requests then use', async () => {
    const ses = open();
    const before = site.connections;
    ses.preconnect({ url: site.origin, numSockets: 3 });
    while (site.connections < before + 3) await new Promise(setImmediate);
    await Promise.all([1, 2, 3].map(async () => (await ses.fetch(site.origin)).text()));
    expect(site.connections).toBe(before + 3);
  });

  test('what is opened after a cut is not kept', async () => {
    const ses = open();
    ses.preconnect({ url: site.origin, numSockets: 2 });
    await ses.closeAllConnections();
    for (let turn = 0; turn < 50; turn++) await new Promise(setImmediate);
    await (await ses.fetch(site.origin)).text();
    await ses.destroy();
    while (site.sockets.size > 0) await new Promise(setImmediate);
  });

  test.each<[options: unknown, message: RegExp]>([
    [undefined, /valid url/],
    [{ url: 'nothing' }, /valid url/],
    [{ url: 'http://site.test', numSockets: 0 }, /outside range \[1,6\]/],
    [{ url: 'http://site.test', numSockets: 7 }, /outside range \[1,6\]/],
    [{ url: 'http://site.test', numSockets: 1.5 }, /whole number/],
  ])('%j is refused', (options, message) => {
    expect(() => open().preconnect(options as { url: string })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION', message: expect.stringMatching(message) }),
    );
  });
});

test('maxConnectionsPerOrigin holds, for what is dispatched in every way', async () => {
  const ses = session.fromPartition(`limited ${names++}`, { hostRules, maxConnectionsPerOrigin: 3 });
  let running = 0;
  let most = 0;
  site.answer = (_, response) => {
    most = Math.max(most, ++running);
    setImmediate(() => {
      running--;
      response.end('x');
    });
  };
  const before = site.connections;
  await Promise.all(
    Array.from({ length: 60 }, async (_, n) => {
      const init = n % 3 === 0 ? { dispatcher: ses.dispatcher } : undefined;
      return (await (init ? fetch(site.origin, init) : ses.fetch(site.origin))).text();
    }),
  );
  expect(most).toBeLessThanOrEqual(3);
  expect(site.connections - before).toBeLessThanOrEqual(3);
});

test('none of that left a rejection to nobody', () => {
  expect(unhandled).not.toHaveBeenCalled();
});

describe('a Response that is let go', () => {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  const collect = async (): Promise<void> => {
    for (let turn = 0; turn < 3; turn++) {
      await new Promise(setImmediate);
      gc();
    }
  };

  beforeEach(() => {
    site.answer = (_, response) => response.end('x'.repeat(3_000_000));
  });

  test('gives its connection back, though its body was not read', async () => {
    const ses = open();
    await ses.fetch(site.origin);
    while (site.sockets.size > 0) await collect();
  });

  test('or was read only in part', async () => {
    const ses = open();
    await (await ses.fetch(site.origin)).body!.getReader().read();
    while (site.sockets.size > 0) await collect();
  });

  test('keeps it while its stream, a clone or a reader is held', async () => {
    const ses = open();
    const stream = (await ses.fetch(site.origin)).body!;
    const reader = (await ses.fetch(site.origin)).body!.getReader();
    const copy = (await ses.fetch(site.origin)).clone();
    await collect();
    expect((await new Response(stream).text()).length).toBe(3_000_000);
    let size = 0;
    for (let next = await reader.read(); !next.done; next = await reader.read()) size += next.value.length;
    expect(size).toBe(3_000_000);
    expect((await copy.text()).length).toBe(3_000_000);
  });
});
