import { once } from 'node:events';
import { expect, test } from 'vitest';
import { makeSelfSignedCertificate, makeServerCertificate, testAuthority } from '../../test/fixtures/certificates.ts';
import { startQuietTlsServer } from '../../test/fixtures/tls-server.ts';
import { systemClock } from '../util/clock.ts';
import { ManualClock } from '../util/testing/manual-clock.ts';
import { ChainCertificate } from './chain-certificate.ts';
import { readPem } from './pem.ts';
import { makeVerifier, visit } from './testing/visit.ts';
import { TrustStore } from './trust-store.ts';
import type { CertificateErrorDetails, ServerVerifier } from './verifier.ts';
import type { LegacyCertificate, VerifyProc, VerifyRequest } from './verify-proc.ts';

const good = makeServerCertificate({ names: ['a.test', 'b.test'] });
const bad = makeSelfSignedCertificate({ names: ['a.test'] });

/** A proc that counts its calls. */
function counting(answer: number | boolean): { proc: VerifyProc; calls: () => number } {
  let calls = 0;
  const proc: VerifyProc = (_request, callback) => {
    calls++;
    callback(answer);
  };
  return { proc, calls: () => calls };
}

test('the proc is asked once for a host and certificate, until it changes', async () => {
  await using server = await startQuietTlsServer(good);
  const verifier = makeVerifier();
  const first = counting(0);
  verifier.setProc(first.proc);
  await Promise.all([visit(verifier, server), visit(verifier, server)]);
  expect((await visit(verifier, server)).wasAtOnce).toBe(true);
  expect(first.calls()).toBe(1);
  await visit(verifier, { port: server.port, hostname: 'b.test' });
  expect(first.calls()).toBe(2);

  const { generation } = verifier;
  const second = counting(-2);
  verifier.setProc(second.proc);
  expect(verifier.generation).not.toBe(generation);
  expect((await visit(verifier, server)).error?.code).toBe('ERR_FAILED');
  expect((await visit(verifier, server)).error?.code).toBe('ERR_FAILED');
  expect([first.calls(), second.calls()]).toEqual([2, 1]);

  verifier.setProc(null);
  expect((await visit(verifier, server)).error).toBe(undefined);
});

test('what a proc of old rules let through is asked again by the new ones', async () => {
  await using server = await startQuietTlsServer(good);
  const verifier = makeVerifier();
  let answer: ((result: number) => void) | undefined;
  const asked = new Promise<void>(resolve => {
    verifier.setProc((_request: unknown, callback: (result: number) => void) => {
      answer = callback;
      resolve();
    });
  });
  const visited = visit(verifier, server);
  await asked;
  verifier.setProc(counting(-2).proc);
  answer!(0);
  expect((await visited).error?.code).toBe('ERR_FAILED');
});

test('a proc that answers a second time takes back what it accepted', async () => {
  await using server = await startQuietTlsServer(good);
  const verifier = makeVerifier();
  let again: (() => void) | undefined;
  verifier.setProc((_request: unknown, callback: (result: number) => void) => {
    callback(0);
    again = () => callback(0);
  });
  expect((await visit(verifier, server)).error).toBe(undefined);
  const { generation } = verifier;
  again!();
  expect(verifier.generation).not.toBe(generation);
  expect((await visit(verifier, server)).error?.message).toContain('answered twice');
});

test('a proc with three parameters gets the host, a PEM buffer and a callback for booleans', async () => {
  await using server = await startQuietTlsServer(bad);
  const verifier = makeVerifier();
  const seen: [string, LegacyCertificate][] = [];
  verifier.setProc((host: string, certificate: LegacyCertificate, callback: (isTrusted: boolean) => void) => {
    seen.push([host, certificate]);
    callback(true);
  });
  expect((await visit(verifier, server)).error).toBe(undefined);
  const [host, certificate] = seen[0]!;
  expect(host).toBe('a.test');
  expect(Buffer.isBuffer(certificate.data)).toBe(true);
  expect(certificate.data.toString()).toBe(bad.pem);
  expect(certificate.issuerName).toBe('a.test');
});

test('a proc with rest parameters is of the old form when the style says so', async () => {
  await using server = await startQuietTlsServer(bad);
  const verifier = makeVerifier();
  verifier.setProc((...args: [string, LegacyCertificate, (isTrusted: boolean) => void]) => args[2](true), 'legacy');
  expect((await visit(verifier, server)).error).toBe(undefined);
});

test.each([undefined, 0, {}, 'proc'])('the proc %s is refused', proc => {
  expect(() => makeVerifier().setProc(proc)).toThrow('Must pass null or function');
});

test('the proc gets the chain up to the root, without cycles', async () => {
  const intermediate = testAuthority().intermediate({ organizations: ['One', 'Two'] });
  const issued = intermediate.issue({ names: ['a.test'], commonName: 'The leaf' });
  await using server = await startQuietTlsServer(issued);
  const verifier = makeVerifier();
  const asked: VerifyRequest[] = [];
  verifier.setProc((request: VerifyRequest, callback: (result: number) => void) => {
    asked.push(request);
    callback(0);
  });
  await visit(verifier, server);
  const { certificate, validatedCertificate, isIssuedByKnownRoot } = asked[0]!;
  expect(JSON.stringify(certificate)).toBe(JSON.stringify(validatedCertificate));
  expect(isIssuedByKnownRoot).toBe(false);
  expect(certificate).toMatchObject({
    data: issued.pem,
    subjectName: 'The leaf',
    issuerName: 'Sojourn Test Intermediate',
    issuer: { organizations: ['One', 'Two'], organizationUnits: [], country: '' },
    serialNumber: issued.serialNumber.toString('hex').toUpperCase(),
    fingerprint: expect.stringMatching(/^sha256\/[A-Za-z0-9+/]{43}=$/),
    issuerCert: { subjectName: 'Sojourn Test Intermediate', issuerCert: { data: testAuthority().pem } },
  });
  expect(certificate.validExpiry - certificate.validStart).toBe(91 * 86_400);
  expect(certificate.issuerCert?.issuerCert).not.toHaveProperty('issuerCert');
});

test.each(['TLSv1.2', 'TLSv1.3'] as const)(
  'a resumed session of %s keeps its verdict, and both go with the proc',
  async version => {
    await using server = await startQuietTlsServer({ ...bad, maxVersion: version });
    const verifier = makeVerifier();
    const first = counting(0);
    verifier.setProc(first.proc);
    const route = { port: server.port, sessionKey: 'direct a.test' };
    using fresh = await visit(verifier, route);
    if (version === 'TLSv1.3') await once(fresh.socket, 'session');
    using resumed = await visit(verifier, route);
    expect([fresh.isResumed, resumed.isResumed]).toEqual([false, true]);
    expect(resumed.error).toBe(undefined);
    expect(first.calls()).toBe(1);

    const second = counting(-2);
    verifier.setProc(second.proc);
    using refused = await visit(verifier, route);
    expect([refused.isResumed, refused.error?.code, second.calls()]).toEqual([false, 'ERR_FAILED', 1]);
  },
);

test('a session that the server gives after the rules changed is not resumed', async () => {
  await using server = await startQuietTlsServer(good);
  const verifier = makeVerifier();
  const route = { port: server.port, sessionKey: 'k' };
  using first = await visit(verifier, route);
  verifier.setProc(counting(0).proc);
  await once(first.socket, 'session');
  using second = await visit(verifier, route);
  expect(second.isResumed).toBe(false);
});

test('a proc that failed is asked again', async () => {
  await using server = await startQuietTlsServer(good);
  const verifier = makeVerifier();
  const answers = ['rubbish', 0];
  verifier.setProc((_request: unknown, callback: (result: unknown) => void) => callback(answers.shift()));
  expect((await visit(verifier, server)).error?.code).toBe('ERR_FAILED');
  expect((await visit(verifier, server)).error).toBe(undefined);
});

test('sessions of a refused server are not resumed', async () => {
  await using server = await startQuietTlsServer({ ...bad, maxVersion: 'TLSv1.2' });
  const verifier = makeVerifier();
  const route = { port: server.port, sessionKey: 'k' };
  using first = await visit(verifier, route);
  using second = await visit(verifier, route);
  expect([first.error?.code, second.isResumed, second.error?.code]).toEqual([
    'ERR_CERT_AUTHORITY_INVALID',
    false,
    'ERR_CERT_AUTHORITY_INVALID',
  ]);
});

test('a session is resumed neither by another key nor after the certificate expired', async () => {
  await using server = await startQuietTlsServer({ ...good, maxVersion: 'TLSv1.2' });
  const clock = new ManualClock(systemClock.now());
  const verifier = makeVerifier({ clock });
  using _first = await visit(verifier, { port: server.port, sessionKey: 'k' });
  using other = await visit(verifier, { port: server.port, sessionKey: 'other' });
  clock.advance(100 * 86_400_000);
  using late = await visit(verifier, { port: server.port, sessionKey: 'k' });
  expect([other.isResumed, late.isResumed]).toEqual([false, false]);
});

test('pins: one key in the chain must be among them, whatever the proc says', async () => {
  await using server = await startQuietTlsServer(good);
  const verifier = makeVerifier();
  const root = new ChainCertificate(readPem(testAuthority().pem, 'CERTIFICATE')[0]!).publicKeyPin;
  const other = `sha256/${'A'.repeat(43)}=`;
  verifier.setPins({ 'A.test': [other, root] });
  expect((await visit(verifier, server)).error).toBe(undefined);
  verifier.setPins({ '*.test': [other] });
  verifier.setProc(counting(0).proc);
  expect((await visit(verifier, server)).error?.code).toBe('ERR_SSL_PINNED_KEY_NOT_IN_CERT_CHAIN');
  verifier.setPins({ 'c.test': [other] });
  expect((await visit(verifier, server)).error).toBe(undefined);
});

test('the certificate-error event may overrule a certificate error, and nothing else', async () => {
  await using server = await startQuietTlsServer(bad);
  const verifier = makeVerifier();
  const asked: CertificateErrorDetails[] = [];
  let goOn = false;
  verifier.onCertificateError = async details => {
    asked.push(details);
    return goOn;
  };
  expect((await visit(verifier, server)).error?.code).toBe('ERR_CERT_AUTHORITY_INVALID');
  expect(asked[0]).toMatchObject({ url: `https://a.test:${server.port}/`, error: 'net::ERR_CERT_AUTHORITY_INVALID' });
  expect(asked[0]!.certificate.data).toBe(bad.pem);
  goOn = true;
  await Promise.all([visit(verifier, server), visit(verifier, server)]);
  expect((await visit(verifier, server)).error).toBe(undefined);
  expect(asked).toHaveLength(2);

  verifier.setProc(counting(-201).proc);
  expect((await visit(verifier, server)).error).toBe(undefined);
  expect(asked[2]).toMatchObject({ error: 'net::ERR_CERT_DATE_INVALID' });
  verifier.setProc(counting(-2).proc);
  expect((await visit(verifier, server)).error?.code).toBe('ERR_FAILED');
  expect(asked).toHaveLength(3);
});

test('a certificate-error listener that fails refuses', async () => {
  await using server = await startQuietTlsServer(bad);
  const verifier = makeVerifier();
  const cause = new Error('listener');
  verifier.onCertificateError = () => Promise.reject(cause);
  expect((await visit(verifier, server)).error).toMatchObject({ code: 'ERR_CERT_AUTHORITY_INVALID', cause });
});

test('certificate errors can be overlooked, as by ignore-certificate-errors', async () => {
  await using server = await startQuietTlsServer(bad);
  const verifier = makeVerifier();
  verifier.setIgnoresErrors(true);
  expect((await visit(verifier, server)).error).toBe(undefined);
  verifier.setIgnoresErrors(false);
  expect((await visit(verifier, server)).error?.code).toBe('ERR_CERT_AUTHORITY_INVALID');
});

test('roots, revocation lists, TLS settings, client certificates and pins change the generation', () => {
  const trust = new TrustStore();
  const verifier = makeVerifier({ trust });
  const changes: ((verifier: ServerVerifier) => void)[] = [
    () => trust.addRoot(testAuthority().pem),
    () => trust.addCrl(testAuthority().revocationList([])),
    () => trust.setSslConfig({ minVersion: 'tls1.3' }),
    () => trust.addClientCertificate({ certificate: good.cert, key: good.key }),
    () => verifier.setPins({}),
    () => verifier.setIgnoresErrors(true),
    () => verifier.setProc(null),
  ];
  const seen = new Set([verifier.generation]);
  for (const change of changes) {
    change(verifier);
    seen.add(verifier.generation);
  }
  expect(seen.size).toBe(changes.length + 1);
});

test('a closed connection is no accepted one', async () => {
  await using server = await startQuietTlsServer(good);
  const verifier = makeVerifier();
  const socket = verifier.connect({ host: '127.0.0.1', port: server.port }, { hostname: 'a.test', port: server.port });
  await once(socket, 'secureConnect');
  socket.destroy();
  const error = await verifier.verify(socket, { hostname: 'a.test', port: server.port });
  expect(error?.code).toBe('ERR_CERT_INVALID');
});
