import { inspect } from 'node:util';
import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { get as getSecurely } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { app } from '../../src/index.ts';
import type { Certificate } from '../../src/certificates/certificate.ts';
import type { LegacyCertificate, VerifyProc, VerifyRequest } from '../../src/certificates/verify-proc.ts';
import { App } from '../../src/session/app.ts';
import type { Session } from '../../src/session/session.ts';
import { SessionModule } from '../../src/session/session-module.ts';
import type { SessionOptionsInput } from '../../src/session/session-options.ts';
import { ManualClock } from '../../src/util/testing/manual-clock.ts';
import {
  type IssuedCertificate,
  makeCertificateAuthority,
  makeServerCertificate,
  testAuthority,
} from '../fixtures/certificates.ts';
import { type JudgedServer, startJudgedServer } from '../fixtures/judged-server.ts';
import { pkcs12 } from '../fixtures/pkcs12.ts';
import { doors, echoOver, failure } from '../fixtures/proxied-session.ts';
import { startProxy } from '../fixtures/proxy-server.ts';

const names = ['a.test', 'b.test'];
const issued = makeServerCertificate({ names });
const unknownAuthority = makeCertificateAuthority();
const untrusted = unknownAuthority.issue({ names });

let server: JudgedServer;
let clock: ManualClock;
let ses: Session;
let module: SessionModule;
let count = 0;

function open(options: SessionOptionsInput = {}): Session {
  const opened = module.fromPartition(`certificates-${count++}`, { hostRules: 'MAP *.test 127.0.0.1', ...options });
  opened.certificates.addRoot(testAuthority().pem);
  sessions.push(opened);
  return opened;
}

const sessions: Session[] = [];

beforeEach(async () => {
  server = await startJudgedServer(issued);
  clock = new ManualClock(Date.now());
  module = new SessionModule(app, clock);
  ses = open();
});

afterEach(async () => {
  for (const opened of sessions.splice(0)) await opened.destroy();
  await server[Symbol.asyncDispose]();
});

function url(host = 'a.test', port = server.port): string {
  return `https://${host}:${port}/`;
}

async function fetchText(from: Session = ses, target: string = url()): Promise<string> {
  return (await from.fetch(target)).text();
}

/** Replaces the server by one with another certificate. */
async function serve(certificate: IssuedCertificate): Promise<void> {
  await server[Symbol.asyncDispose]();
  server = await startJudgedServer(certificate);
}

/** Settles when the server has seen the end of all of its connections: nothing can come any more. */
async function allClosed(): Promise<void> {
  for (const socket of server.connections) if (!socket.closed) await once(socket.resume(), 'close');
}

function turn(): Promise<void> {
  return new Promise(resolve => setImmediate(resolve));
}

async function turns(many: number): Promise<void> {
  for (let turned = 0; turned < many; turned++) await turn();
}

async function until(happened: () => boolean): Promise<void> {
  while (!happened()) await turn();
}

/** A proc that is answered by the test. */
function slowProc(): { proc: VerifyProc; asked: Promise<void>; answer: (answer: number) => void } {
  const asked = Promise.withResolvers<void>();
  let give: (answer: number) => void;
  return {
    proc: (_request, callback) => {
      give = callback;
      asked.resolve();
    },
    asked: asked.promise,
    answer: number => give(number),
  };
}

/** Counts how often it was asked about which host. */
function countingProc(answer: number): { proc: VerifyProc; asked: string[] } {
  const asked: string[] = [];
  return {
    proc: ({ hostname }, callback) => {
      asked.push(hostname);
      callback(answer);
    },
    asked,
  };
}

const versions = ['http/1.1', 'h2'] as const;

describe('not a byte is sent before the verdict', () => {
  const everyDoor = {
    ...doors,
    // It hides what went wrong in the cause.
    'global fetch': (from: Session, target: string) =>
      doors['global fetch']!(from, target).catch((error: Error) => Promise.reject(error.cause as Error)),
    WebSocket: (from: Session, target: string) => echoOver(from, target.replace('https', 'wss')),
  };

  test.each(Object.entries(everyDoor))('%s', async (_, door) => {
    const slow = slowProc();
    ses.setCertificateVerifyProc(slow.proc);
    const failed = failure(door(ses, url()));
    await slow.asked;
    slow.answer(-2);
    expect((await failed).code).toBe('ERR_FAILED');
    await ses.closeAllConnections();
    await allClosed();
    expect([server.bytes, server.requests]).toEqual([0, []]);

    ses.setCertificateVerifyProc((_request, callback) => callback(0));
    expect(await door(ses, url())).toBeDefined();
    expect(server.bytes).toBeGreaterThan(0);
  });

  test.each(versions)('while a slow proc thinks, over %s', async alpn => {
    server.alpn = alpn;
    const slow = slowProc();
    ses.setCertificateVerifyProc(slow.proc);
    const text = fetchText();
    await slow.asked;
    await until(() => server.connections.length === 1);
    await turns(20);
    expect(server.bytes).toBe(0);
    slow.answer(0);
    expect(await text).toBe(alpn);
  });

  test('a server that does not wait for the answer is connected to again', async () => {
    const slow = slowProc();
    ses.setCertificateVerifyProc(slow.proc);
    const text = fetchText();
    await slow.asked;
    await until(() => server.connections.length === 1);
    server.connections[0]!.destroy();
    await turns(20);
    slow.answer(0);
    expect(await text).toBe('http/1.1');
    expect(server.connections).toHaveLength(2);
  });

  test('the program may take longer to answer than a connection to be made', async () => {
    await serve(untrusted);
    const asked = Promise.withResolvers<(isTrusted: boolean) => void>();
    ses.on('certificate-error', (event, _url, _error, _certificate, callback) => {
      event.preventDefault();
      asked.resolve(callback);
    });
    const text = fetchText();
    const answer = await asked.promise;
    clock.advance(120_000);
    answer(true);
    expect(await text).toBe('http/1.1');
  });
});

describe('a new proc', () => {
  test.each(versions)('also counts for open connections, over %s; other sessions keep theirs', async alpn => {
    server.alpn = alpn;
    const other = open();
    for (let visit = 0; visit < 2; visit++) {
      expect([await fetchText(), await fetchText(other)]).toEqual([alpn, alpn]);
      await turn();
    }
    expect(server.conversations).toBe(2);

    ses.setCertificateVerifyProc((_request, callback) => callback(-2));
    expect((await failure(fetchText())).code).toBe('ERR_FAILED');
    expect(await fetchText(other)).toBe(alpn);
    expect(server.conversations).toBe(2);
    ses.setCertificateVerifyProc(null);
    expect(await fetchText()).toBe(alpn);
    expect(server.conversations).toBe(3);
  });

  test("also counts for the agents' connections", async () => {
    const get = doors['agents']!;
    await get(ses, url());
    await get(ses, url());
    expect(server.connections).toHaveLength(1);
    ses.setCertificateVerifyProc((_request, callback) => callback(-2));
    expect((await failure(get(ses, url()))).code).toBe('ERR_FAILED');
  });

  test('also counts for connections opened ahead', async () => {
    const { proc, asked } = countingProc(0);
    ses.setCertificateVerifyProc(proc);
    ses.preconnect({ url: url() });
    await until(() => asked.length === 1);
    await turn();
    expect(await fetchText()).toBe('http/1.1');
    expect(server.connections).toHaveLength(1);

    ses.setCertificateVerifyProc(proc);
    ses.preconnect({ url: url() });
    await until(() => asked.length === 2);
    ses.setCertificateVerifyProc((_request, callback) => callback(-2));
    expect((await failure(fetchText())).code).toBe('ERR_FAILED');
  });

  test('also counts for a resumed TLS session, which shows no certificate', async () => {
    const { proc, asked } = countingProc(0);
    ses.setCertificateVerifyProc(proc);
    for (let visit = 0; visit < 2; visit++) {
      await fetchText();
      await ses.closeAllConnections();
    }
    expect(server.connections.map(socket => (socket.isSessionReused() ? 'resumed' : 'new'))).toEqual([
      'new',
      'resumed',
    ]);
    expect(asked).toEqual(['a.test']);
    ses.setCertificateVerifyProc((_request, callback) => callback(-2));
    expect((await failure(fetchText())).code).toBe('ERR_FAILED');
  });
});

test('a verdict holds for its host and certificate until the proc changes', async () => {
  const { proc, asked } = countingProc(0);
  ses.setCertificateVerifyProc(proc);
  await Promise.all(Array.from({ length: 5 }, () => fetchText()));
  expect(server.connections.length).toBeGreaterThan(1);
  expect(asked).toEqual(['a.test']);
  await fetchText(ses, url('b.test'));
  expect(asked).toEqual(['a.test', 'b.test']);
  await using second = await startJudgedServer(makeServerCertificate({ names }));
  await fetchText(ses, url('a.test', second.port));
  expect(asked).toEqual(['a.test', 'b.test', 'a.test']);
  ses.setCertificateVerifyProc(proc);
  await fetchText();
  expect(asked).toHaveLength(4);
});

describe('a proc that does not do its part has refused', () => {
  const faults: readonly (readonly [string, VerifyProc, RegExp])[] = [
    [
      'it throws',
      () => {
        throw new Error('no');
      },
      /the verify proc failed/,
    ],
    ['it rejects', async () => Promise.reject(new Error('no')), /the verify proc failed/],
    [
      'it answers, then throws',
      (_request, callback) => {
        callback(0);
        throw new Error('no');
      },
      /the verify proc failed/,
    ],
    [
      'it answers twice',
      (_request, callback) => {
        callback(0);
        callback(0);
      },
      /answered twice/,
    ],
    ...[undefined, null, '0', 1, -1, -106, Number.NaN, {}, [], 0n].map(
      answer =>
        [
          `it answers ${typeof answer} ${inspect(answer)}`,
          (_request: VerifyRequest, callback: (answer: never) => void) => callback(answer as never),
          /which is no known answer/,
        ] as const,
    ),
  ];

  test.each(faults)('%s', async (_, proc, why) => {
    ses.setCertificateVerifyProc(proc);
    const error = await failure(fetchText());
    expect(error.code).toBe('ERR_FAILED');
    expect(error.message).toMatch(why);
    expect(server.bytes).toBe(0);
    ses.setCertificateVerifyProc(null);
    expect(await fetchText()).toBe('http/1.1');
  });

  test('it never answers', async () => {
    const slow = slowProc();
    ses.setCertificateVerifyProc(slow.proc);
    const failed = failure(fetchText());
    await slow.asked;
    clock.advance(29_999);
    await turn();
    expect(await Promise.race([failed, Promise.resolve('waiting')])).toBe('waiting');
    clock.advance(1);
    expect((await failed).message).toMatch(/did not answer within 30 s/);
    expect(server.bytes).toBe(0);
  });

  test.each([-200, -201, -202, -206, -207, -208, -211])('its %d is the error', async errno => {
    ses.setCertificateVerifyProc((_request, callback) => callback(errno));
    expect(await failure(fetchText())).toMatchObject({ errno });
  });
});

test('a proc sees the certificate with its issuers, and the verdict', async () => {
  const chained = testAuthority()
    .intermediate()
    .issue({ names, organizations: ['Acme'] });
  await serve(chained);
  const seen: VerifyRequest[] = [];
  ses.setCertificateVerifyProc((request, callback) => {
    seen.push(request);
    callback(-3);
  });
  expect(await fetchText()).toBe('http/1.1');
  const [{ certificate, ...rest }] = seen as [VerifyRequest];
  expect(rest).toEqual({
    hostname: 'a.test',
    validatedCertificate: certificate,
    isIssuedByKnownRoot: false,
    verificationResult: 'net::OK',
    errorCode: 0,
  });
  const x509 = new X509Certificate(chained.pem);
  expect(certificate).toMatchObject({
    data: x509.toString(),
    subjectName: 'a.test',
    subject: { commonName: 'a.test', organizations: ['Acme'], organizationUnits: [], country: '' },
    issuerName: 'Sojourn Test Intermediate',
    validStart: Math.floor(x509.validFromDate.getTime() / 1000),
    validExpiry: Math.floor(x509.validToDate.getTime() / 1000),
    fingerprint: `sha256/${createHash('sha256').update(x509.raw).digest('base64')}`,
    issuerCert: { subjectName: 'Sojourn Test Intermediate', issuerCert: { subjectName: 'Sojourn Test Root' } },
  });
  expect(certificate.serialNumber.toLowerCase()).toBe(x509.serialNumber.toLowerCase());
});

test("v0.36's form is known by its three parameters, or by the option", async () => {
  const seen: [string, LegacyCertificate][] = [];
  ses.setCertificateVerifyProc((hostname: string, certificate: LegacyCertificate, callback: (ok: boolean) => void) => {
    seen.push([hostname, certificate]);
    callback(true);
  });
  await serve(untrusted);
  expect(await fetchText()).toBe('http/1.1');
  expect(seen[0]![0]).toBe('a.test');
  expect(seen[0]![1].data).toBeInstanceOf(Buffer);
  expect(String(seen[0]![1].data)).toBe(new X509Certificate(untrusted.pem).toString());

  const hidden = (...args: unknown[]): void => (args[2] as (isTrusted: boolean) => void)(args[0] === 'b.test');
  ses.setCertificateVerifyProc(hidden, { style: 'legacy' });
  expect((await failure(fetchText())).code).toBe('ERR_FAILED');
  expect(await fetchText(ses, url('b.test'))).toBe('http/1.1');
});

describe('the certificate-error event', () => {
  type Asked = [where: string, url: string, error: string, commonName: string];

  function listen(answers: { session?: boolean | undefined; app?: boolean }): { asked: Asked[]; stop: () => void } {
    const asked: Asked[] = [];
    ses.on('certificate-error', (event, at, error, { subjectName }, callback) => {
      expect(event.sender).toBe(ses);
      asked.push(['session', at, error, subjectName]);
      if (answers.session === undefined) return;
      event.preventDefault();
      callback(answers.session);
    });
    const onApp: Parameters<typeof app.on<'certificate-error'>>[1] = (event, ...rest) => {
      const [webContents, at, error, { subjectName }, callback] = rest;
      expect(webContents).toBe(null);
      asked.push(['app', at, error, subjectName]);
      if (answers.app === undefined) return;
      event.preventDefault();
      callback(answers.app);
    };
    app.on('certificate-error', onApp);
    return { asked, stop: () => void app.off('certificate-error', onApp) };
  }

  beforeEach(() => serve(untrusted));

  test.each([
    ['nobody answers', {}, ['session', 'app'], 'ERR_CERT_AUTHORITY_INVALID'],
    ['the session goes on', { session: true, app: false }, ['session'], 'http/1.1'],
    ['the session does not', { session: false, app: true }, ['session'], 'ERR_CERT_AUTHORITY_INVALID'],
    ['the app goes on', { app: true }, ['session', 'app'], 'http/1.1'],
  ] as const)('%s', async (_, answers, where, outcome) => {
    const { asked, stop } = listen(answers);
    const got = await fetchText().catch((error: { code: string }) => error.code);
    stop();
    expect(got).toBe(outcome);
    const details = [url(), 'net::ERR_CERT_AUTHORITY_INVALID', 'a.test'] as const;
    expect(asked).toEqual(where.map(at => [at, ...details]));
    if (outcome !== 'http/1.1') expect(server.bytes).toBe(0);
  });

  test('a yes holds; a no is asked again', async () => {
    const answers = { session: false };
    const { asked, stop } = listen(answers);
    await failure(fetchText());
    await failure(fetchText());
    expect(asked).toHaveLength(2);
    answers.session = true;
    await Promise.all(Array.from({ length: 3 }, () => fetchText()));
    await ses.closeAllConnections();
    await fetchText();
    stop();
    expect(asked).toHaveLength(3);
  });

  test('what a proc decides is not asked, unless it names an error', async () => {
    const { asked, stop } = listen({ session: true });
    ses.setCertificateVerifyProc((_request, callback) => callback(-2));
    expect((await failure(fetchText())).code).toBe('ERR_FAILED');
    ses.setCertificateVerifyProc((_request, callback) => callback(0));
    await fetchText();
    expect(asked).toEqual([]);
    ses.setCertificateVerifyProc((_request, callback) => callback(-201));
    await fetchText();
    stop();
    expect(asked.map(([, , error]) => error)).toEqual(['net::ERR_CERT_DATE_INVALID']);
  });

  test('it is asked about an HTTPS proxy, and the proc sees it, too', async () => {
    await serve(issued);
    await using proxy = await startProxy({ secureAs: 'proxy.test' });
    const stranger = module.fromPartition(`stranger-${count++}`, { hostRules: 'MAP *.test 127.0.0.1' });
    sessions.push(stranger);
    await stranger.setProxy({ proxyRules: `https://proxy.test:${proxy.port}` });
    expect((await failure(fetchText(stranger))).code).toBe('ERR_PROXY_CERTIFICATE_INVALID');
    const urls: string[] = [];
    stranger.on('certificate-error', (event, at, _error, _certificate, callback) => {
      urls.push(at);
      event.preventDefault();
      callback(true);
    });
    await stranger.setProxy({ proxyRules: `https://proxy.test:${proxy.port}` });
    expect(await fetchText(stranger)).toBe('http/1.1');
    expect(urls).toEqual([`https://proxy.test:${proxy.port}/`, url()]);

    const { proc, asked } = countingProc(0);
    stranger.setCertificateVerifyProc(proc);
    expect(await fetchText(stranger)).toBe('http/1.1');
    expect(asked).toEqual(['proxy.test', 'a.test']);
  });
});

test('roots and revocation lists count from the next connection on, for one session', async () => {
  await serve(untrusted);
  expect((await failure(fetchText())).code).toBe('ERR_CERT_AUTHORITY_INVALID');
  ses.certificates.addRoot(unknownAuthority.pem);
  expect(await fetchText()).toBe('http/1.1');
  expect((await failure(fetchText(open()))).code).toBe('ERR_CERT_AUTHORITY_INVALID');
  ses.certificates.addCrl(unknownAuthority.revocationList([untrusted]));
  expect((await failure(fetchText())).code).toBe('ERR_CERT_REVOKED');
});

describe('pins', () => {
  const pinOf = (certificate: IssuedCertificate): string => {
    const spki = new X509Certificate(certificate.pem).publicKey.export({ type: 'spki', format: 'der' });
    return `sha256/${createHash('sha256').update(spki).digest('base64')}`;
  };
  const wrong = pinOf(untrusted);

  test.each([
    ["the server's key", { 'a.test': [pinOf(issued)] }, true],
    ["an issuer's key, among others", { 'a.test': [wrong, pinOf(testAuthority())] }, true],
    ["another's key", { 'a.test': [wrong] }, false],
    ["another's key, for another host", { 'b.test': [wrong], '*.a.test': [wrong] }, true],
    ["another's key, by a pattern", { '*.test': [wrong] }, false],
  ])('%s: %j %s', async (_, pins, passes) => {
    const pinned = open({ pins });
    // A proc cannot lift them.
    pinned.setCertificateVerifyProc((_request, callback) => callback(0));
    if (passes) expect(await fetchText(pinned)).toBe('http/1.1');
    else expect((await failure(fetchText(pinned))).code).toBe('ERR_SSL_PINNED_KEY_NOT_IN_CERT_CHAIN');
    expect(server.bytes > 0).toBe(passes);
  });
});

describe('client certificates', () => {
  const mine = makeCertificateAuthority().issue({ commonName: 'me', usages: ['client'] });
  const other = makeCertificateAuthority().issue({ commonName: 'other', usages: ['client'] });

  beforeEach(async () => {
    await server[Symbol.asyncDispose]();
    server = await startJudgedServer({ ...issued, requestCert: true, rejectUnauthorized: false });
  });

  function shown(): string | string[] | undefined {
    return server.connections.at(-1)!.getPeerCertificate().subject?.CN;
  }

  test.each(versions)('are shown to the hosts that they are for, over %s', async alpn => {
    server.alpn = alpn;
    await fetchText();
    expect(shown()).toBe(undefined);
    ses.certificates.addClientCertificate({ host: 'a.test', certificate: mine.cert, key: mine.key });
    await fetchText();
    expect(shown()).toBe('me');
    await fetchText(ses, url('b.test'));
    expect(shown()).toBe(undefined);
  });

  test('may be options, PKCS#12 too', async () => {
    const certain = open({
      clientCertificates: [
        { host: '*.a.test', certificate: other.cert, key: other.key },
        { host: '*.test', pfx: pkcs12, passphrase: 'sesame' },
      ],
    });
    await fetchText(certain);
    expect(shown()).toBe('From a file');
  });

  test.each([
    ['the session chooses', 1, undefined, 'me', ['session']],
    ['the session chooses none', 2, undefined, undefined, ['session']],
    ['the app chooses', undefined, 1, 'me', ['session', 'app']],
    ['nobody chooses: the last one', undefined, undefined, 'other', ['session', 'app']],
  ])('%s', async (_, bySession, byApp, outcome, where) => {
    for (const { cert, key } of [mine, other]) ses.certificates.addClientCertificate({ certificate: cert, key });
    const asked: string[] = [];
    const answer = (
      choice: number | undefined,
      ...[event, list, callback]: [
        { preventDefault(): void },
        readonly Certificate[],
        (certificate?: Certificate) => void,
      ]
    ): void => {
      expect(list.map(({ subjectName }) => subjectName)).toEqual(['other', 'me']);
      if (choice === undefined) return;
      event.preventDefault();
      callback(list[choice]);
    };
    ses.on('select-client-certificate', (event, at, list, callback) => {
      asked.push('session');
      expect(at).toBe(`a.test:${server.port}`);
      answer(bySession, event, list, callback);
    });
    const onApp: Parameters<typeof app.on<'select-client-certificate'>>[1] = (event, contents, _url, ...rest) => {
      asked.push('app');
      expect(contents).toBe(null);
      answer(byApp, event, ...rest);
    };
    app.on('select-client-certificate', onApp);
    await fetchText();
    await fetchText(ses);
    app.off('select-client-certificate', onApp);
    expect(shown()).toBe(outcome);
    expect(asked).toEqual(where);
  });

  test('no connection waits for the choice', async () => {
    ses.certificates.addClientCertificate({ certificate: mine.cert, key: mine.key });
    const asked = Promise.withResolvers<() => void>();
    ses.on('select-client-certificate', (event, _url, [first], callback) => {
      event.preventDefault();
      asked.resolve(() => callback(first));
    });
    const text = fetchText();
    const choose = await asked.promise;
    clock.advance(60_000);
    expect(server.connections).toHaveLength(0);
    choose();
    expect(await text).toBe('http/1.1');
    expect(shown()).toBe('me');
  });
});

describe('setSSLConfig', () => {
  const shownProtocol = (): string | null => server.connections.at(-1)!.getProtocol();

  test('bounds the versions of new connections', async () => {
    await fetchText();
    expect(shownProtocol()).toBe('TLSv1.3');
    ses.setSSLConfig({ maxVersion: 'tls1.2' });
    await fetchText();
    expect(shownProtocol()).toBe('TLSv1.2');
    await using modern = await startJudgedServer({ ...issued, minVersion: 'TLSv1.3' });
    const { code } = await failure(fetchText(ses, url('a.test', modern.port)));
    expect(code).toBe('ERR_SSL_VERSION_OR_CIPHER_MISMATCH');
    ses.setSSLConfig({});
    expect(await fetchText(ses, url('a.test', modern.port))).toBe('http/1.1');
  });

  test('leaves out suites', async () => {
    // TLS_AES_256_GCM_SHA384
    ses.setSSLConfig({ minVersion: 'tls1.3', disabledCipherSuites: [0x1302] });
    await fetchText();
    expect(server.connections.at(-1)!.getCipher().standardName).not.toBe('TLS_AES_256_GCM_SHA384');
    await using narrow = await startJudgedServer({ ...issued, ciphers: 'TLS_AES_256_GCM_SHA384' });
    const { code } = await failure(fetchText(ses, url('a.test', narrow.port)));
    expect(code).toBe('ERR_SSL_VERSION_OR_CIPHER_MISMATCH');
  });
});

describe('bad input is refused, and changes nothing', () => {
  const rows: readonly (readonly [string, () => void, RegExp])[] = [
    ['no proc', () => ses.setCertificateVerifyProc(undefined as never), /^Must pass null or function$/],
    ['a string for a proc', () => ses.setCertificateVerifyProc('yes' as never), /^Must pass null or function$/],
    ['no PEM for a root', () => ses.certificates.addRoot('root'), /BEGIN CERTIFICATE/],
    ['a Buffer for a root', () => ses.certificates.addRoot(Buffer.from('x') as never), /must be PEM text/],
    ['a root for a revocation list', () => ses.certificates.addCrl(issued.pem), /BEGIN X509 CRL/],
    [
      "another's key",
      () => ses.certificates.addClientCertificate({ certificate: issued.cert, key: untrusted.key }),
      /add a client certificate/,
    ],
    [
      'a wrong passphrase',
      () => ses.certificates.addClientCertificate({ pfx: pkcs12, passphrase: 'mellon' }),
      /add a client certificate/,
    ],
    ['an unknown version', () => ses.setSSLConfig({ minVersion: 'tls2' as never }), /minVersion.*tls2/],
    [
      'versions the wrong way round',
      () => ses.setSSLConfig({ minVersion: 'tls1.3', maxVersion: 'tls1.2' }),
      /minVersion must be <= maxVersion/,
    ],
    ['a suite by its name', () => ses.setSSLConfig({ disabledCipherSuites: ['AES'] as never }), /disabledCipherSuites/],
    ['a pin that is none', () => open({ pins: { 'a.test': ['sha1/x'] } }), /a pin of "a.test"/],
    ['pins that are no list', () => open({ pins: { 'a.test': 'sha256/x' } as never }), /pins of "a.test"/],
    ['client certificates that are no list', () => open({ clientCertificates: {} as never }), /clientCertificates/],
  ];

  test.each(rows)('%s', async (_, act, message) => {
    expect(act).toThrow(message);
    expect(act).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }) as Error);
    expect(await fetchText()).toBe('http/1.1');
    expect(shownKeys()).not.toMatch(/mellon|PRIVATE/);

    function shownKeys(): string {
      try {
        act();
      } catch (error) {
        return (error as Error).message;
      }
      return '';
    }
  });
});

test('an agent of another library gets the TLS socket itself', async () => {
  const request = getSecurely(url(), { agent: ses.httpsAgent });
  const [response] = (await once(request, 'response')) as [NodeJS.ReadableStream & { socket: TLSSocket }];
  expect(response.socket.getPeerX509Certificate()?.subject).toContain('a.test');
  response.resume();
});

test('sessions of another app ask that app', async () => {
  await serve(untrusted);
  const own = new App();
  const stranger = new SessionModule(own, clock).fromPartition('own', { hostRules: 'MAP *.test 127.0.0.1' });
  sessions.push(stranger);
  own.on('certificate-error', (event, _contents, _url, _error, _certificate, callback) => {
    event.preventDefault();
    callback(true);
  });
  expect(await fetchText(stranger)).toBe('http/1.1');
});
