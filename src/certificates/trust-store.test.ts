import type { TLSSocket } from 'node:tls';
import { expect, test } from 'vitest';
import { makeCertificateAuthority, makeServerCertificate, testAuthority } from '../../test/fixtures/certificates.ts';
import { pkcs12 } from '../../test/fixtures/pkcs12.ts';
import { startQuietTlsServer } from '../../test/fixtures/tls-server.ts';
import type { ClientCertificate } from './client-certificates.ts';
import { makeVerifier, visit } from './testing/visit.ts';
import { TrustStore } from './trust-store.ts';

const good = makeServerCertificate({ names: ['a.test', '127.0.0.1'] });
const client = testAuthority().issue({ commonName: 'The client', usages: ['client'] });

test('a root is trusted once it is added, and only in its session', async () => {
  const authority = makeCertificateAuthority();
  await using server = await startQuietTlsServer(authority.issue({ names: ['a.test'] }));
  const [trust, other] = [new TrustStore(), new TrustStore()];
  const [verifier, otherVerifier] = [makeVerifier({ trust }), makeVerifier({ trust: other })];
  expect((await visit(verifier, server)).error?.code).toBe('ERR_CERT_AUTHORITY_INVALID');
  trust.addRoot(authority.pem);
  expect((await visit(verifier, server)).error).toBe(undefined);
  expect((await visit(otherVerifier, server)).error?.code).toBe('ERR_CERT_AUTHORITY_INVALID');
});

test('a revocation list counts for its issuer, and only when the issuer signed it', async () => {
  await using server = await startQuietTlsServer(good);
  const trust = new TrustStore();
  const verifier = makeVerifier({ trust });
  // Of the same name, with another key.
  trust.addCrl(makeCertificateAuthority().revocationList([good]));
  expect((await visit(verifier, server)).error).toBe(undefined);
  trust.addCrl(testAuthority().revocationList([good]));
  expect((await visit(verifier, server)).error?.code).toBe('ERR_CERT_REVOKED');
});

const garbage = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
const rsa = makeServerCertificate({ names: ['a.test'], key: 'rsa-2048' });

const refused: [sentence: string, act: (trust: TrustStore) => void, message: RegExp][] = [
  [
    'a root without PEM',
    trust => trust.addRoot('no PEM'),
    /add a root certificate: the text has no block "-----BEGIN CERTIFICATE-----"/,
  ],
  ['a root that is no text', trust => trust.addRoot(5 as never), /it must be PEM text, got 5/],
  ['a root that cannot be read', trust => trust.addRoot(garbage), /one cannot be read as a certificate/],
  ['a certificate as a revocation list', trust => trust.addCrl(good.pem), /no block "-----BEGIN X509 CRL-----"/],
  [
    'a revocation list that cannot be read',
    trust => trust.addCrl(garbage.replaceAll('CERTIFICATE', 'X509 CRL')),
    /add a revocation list: Cannot read DER/,
  ],
  [
    'a client certificate without a key',
    trust => trust.addClientCertificate({ certificate: good.cert }),
    /certificate and key, or pfx, must be given/,
  ],
  [
    'a client certificate with another key',
    trust => trust.addClientCertificate({ certificate: good.cert, key: rsa.key }),
    /add a client certificate: it has no certificate with its key/,
  ],
  [
    'a PKCS#12 file that is none',
    trust => trust.addClientCertificate({ pfx: Buffer.from('x') }),
    /add a client certificate/,
  ],
  ['a PKCS#12 file as text', trust => trust.addClientCertificate({ pfx: 'x' }), /pfx must be an object/],
  [
    'a host pattern with a path',
    trust => trust.addClientCertificate({ host: 'a.test/x', certificate: good.cert, key: good.key }),
    /a host pattern must be/,
  ],
];

test.each(refused)('%s is refused and changes nothing', (_, act, message) => {
  const trust = new TrustStore();
  let changes = 0;
  trust.onChange = () => changes++;
  expect(() => act(trust)).toThrow(message);
  expect(() => act(trust)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }));
  expect(changes).toBe(0);
});

test('sessions that add nothing of their own share a context', () => {
  const trust = new TrustStore();
  expect(trust.secureContext(undefined)).toBe(new TrustStore().secureContext(undefined));
});

test.each([
  ['tls1.2', 'TLSv1.2'],
  ['tls1.3', 'TLSv1.3'],
] as const)('maxVersion %s', async (maxVersion, protocol) => {
  await using server = await startQuietTlsServer(good);
  const trust = new TrustStore();
  const verifier = makeVerifier({ trust });
  trust.setSslConfig({ maxVersion });
  const { socket, error } = await visit(verifier, { port: server.port, sessionKey: 'k' });
  expect([error, socket.getProtocol()]).toEqual([undefined, protocol]);
  socket.destroy();
});

test('a disabled cipher suite is not used', async () => {
  await using server = await startQuietTlsServer({ ...good, maxVersion: 'TLSv1.2' });
  const trust = new TrustStore();
  const verifier = makeVerifier({ trust });
  const cipher = async (): Promise<string> => {
    using visited = await visit(verifier, { port: server.port, sessionKey: 'k' });
    return visited.socket.getCipher().name;
  };
  const usual = await cipher();
  trust.setSslConfig({ disabledCipherSuites: [0xc02b, 0xc02c, 0x1234] });
  const other = await cipher();
  expect(usual).toMatch(/^ECDHE-ECDSA-AES(128|256)-GCM/);
  expect(other).not.toMatch(/^ECDHE-ECDSA-AES(128|256)-GCM/);
});

test('TLS 1.0 is spoken when it is asked for, and weak certificates are refused as ever', async () => {
  await using server = await startQuietTlsServer({
    ...makeServerCertificate({ names: ['a.test'], key: 'rsa-1024' }),
    minVersion: 'TLSv1',
    maxVersion: 'TLSv1',
  });
  const trust = new TrustStore();
  const verifier = makeVerifier({ trust });
  trust.setSslConfig({ minVersion: 'tls1', maxVersion: 'tls1' });
  using visited = await visit(verifier, { port: server.port, sessionKey: 'k' });
  expect([visited.socket.getProtocol(), visited.error?.code]).toEqual(['TLSv1', 'ERR_CERT_WEAK_KEY']);
});

test('a client certificate is shown to the hosts of its pattern', async () => {
  await using server = await startQuietTlsServer({
    ...good,
    requestCert: true,
    rejectUnauthorized: false,
    ca: testAuthority().pem,
  });
  const trust = new TrustStore();
  const verifier = makeVerifier({ trust });
  trust.addClientCertificate({ host: '*.test', certificate: client.cert, key: client.key });
  expect(trust.clientCertificatesFor('127.0.0.1')).toEqual([]);
  const [fitting] = trust.clientCertificatesFor('a.test');
  expect(fitting?.certificate.subjectName).toBe('The client');
  const shown = async (route: { clientCertificate?: ClientCertificate | undefined }): Promise<unknown> => {
    const connected = new Promise<TLSSocket>(resolve => {
      server.onConnection = resolve;
    });
    using _visited = await visit(verifier, { port: server.port, sessionKey: 'k', ...route });
    return (await connected).getPeerCertificate().subject?.CN;
  };
  expect(await shown({ clientCertificate: fitting })).toBe('The client');
  expect(await shown({})).toBe(undefined);
});

test('a TLS session made with a client certificate is not resumed without it', async () => {
  await using server = await startQuietTlsServer({
    ...good,
    maxVersion: 'TLSv1.2',
    requestCert: true,
    rejectUnauthorized: false,
  });
  const trust = new TrustStore();
  const verifier = makeVerifier({ trust });
  trust.addClientCertificate({ certificate: client.cert, key: client.key });
  const [clientCertificate] = trust.clientCertificatesFor('a.test');
  const route = { port: server.port, sessionKey: 'k' };
  using _first = await visit(verifier, { ...route, clientCertificate });
  using same = await visit(verifier, { ...route, clientCertificate });
  using without = await visit(verifier, route);
  expect([same.isResumed, without.isResumed]).toEqual([true, false]);
});

test('a client certificate comes from a PKCS#12 file, with the right passphrase', () => {
  const trust = new TrustStore();
  trust.addClientCertificate({ host: 'a.test', pfx: pkcs12, passphrase: 'sesame' });
  expect(trust.clientCertificatesFor('a.test')[0]?.certificate.subjectName).toBe('From a file');
  expect(() => trust.addClientCertificate({ pfx: pkcs12, passphrase: 'sesam' })).toThrow(
    /Cannot add a client certificate: mac verify failure/,
  );
});

test('a chain is described for people', async () => {
  await using server = await startQuietTlsServer(good);
  const verifier = makeVerifier();
  using visited = await visit(verifier, { port: server.port, sessionKey: 'k' });
  const chain = verifier.describeChain(visited.socket, 'b.test');
  expect(chain).toMatchObject({
    verificationResult: 'net::ERR_CERT_COMMON_NAME_INVALID',
    errorCode: -200,
    chainError: undefined,
    isIssuedByKnownRoot: false,
    certificates: [
      { subjectName: 'a.test', subjectAltName: 'DNS:a.test, IP Address:127.0.0.1', key: 'EC prime256v1' },
      { subjectName: 'Sojourn Test Root', subjectAltName: '' },
    ],
  });
});
