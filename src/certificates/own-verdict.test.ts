import { expect, test } from 'vitest';
import {
  type CertificateOptions,
  type IssuedCertificate,
  makeCertificateAuthority,
  makeSelfSignedCertificate,
  makeServerCertificate,
  testAuthority,
} from '../../test/fixtures/certificates.ts';
import { startQuietTlsServer } from '../../test/fixtures/tls-server.ts';
import { makeVerifier, visit } from './testing/visit.ts';
import type { VerifyProc, VerifyRequest } from './verify-proc.ts';

const year = 365 * 86_400_000;
const now = Date.now();

function reversed(issued: IssuedCertificate): IssuedCertificate {
  const [leaf, ...others] = issued.cert.match(/-----BEGIN[^]*?END CERTIFICATE-----\n/g)!;
  return { ...issued, cert: leaf + others.reverse().join('') };
}

function issue(options: CertificateOptions): IssuedCertificate {
  return makeServerCertificate({ names: ['a.test'], ...options });
}

const intermediate = testAuthority().intermediate();
const deep = intermediate.intermediate({ commonName: 'Second Intermediate' });
const constrained = testAuthority().intermediate({ permittedName: 'b.test' });
const revoked = issue({});
const revokedAuthority = testAuthority().intermediate();
const notAuthority = testAuthority().intermediate({ isAuthority: false });
const past = { notBefore: new Date(now - 2 * year), notAfter: new Date(now - year) };

type Row = [sentence: string, hostname: string, issued: IssuedCertificate, verdict: string, errorCode: number];

const chains: Row[] = [
  ['a good certificate', 'a.test', issue({}), 'net::OK', 0],
  ['a good chain', 'a.test', intermediate.issue({ names: ['a.test'] }), 'net::OK', 0],
  ['4000 days of validity', 'a.test', issue({ notAfter: new Date(now + 11 * year) }), 'net::OK', 0],
  ['a chain sent in reverse', 'a.test', reversed(deep.issue({ names: ['a.test'] })), 'net::OK', 0],
  ['an RSA key of 2048 bits', 'a.test', issue({ key: 'rsa-2048' }), 'net::OK', 0],
  ['a wildcard', 'a.w.test', issue({ names: ['*.w.test'] }), 'net::OK', 0],
  ['an upper-case name', 'a.test', issue({ names: ['A.TEST'] }), 'net::OK', 0],
  ['a host with a trailing dot', 'a.test.', issue({}), 'net::OK', 0],
  ['a punycode host', 'xn--bcher-kva.test', issue({ names: ['xn--bcher-kva.test'] }), 'net::OK', 0],
  ['an IPv4 address', '127.0.0.1', issue({ names: ['127.0.0.1'] }), 'net::OK', 0],
  ['an IPv6 address', '[::1]', issue({ names: ['::1'] }), 'net::OK', 0],
  ['a private suffix under a wildcard', 'a.github.io', issue({ names: ['*.github.io'] }), 'net::OK', 0],
  ['a name within the constraints', 'b.test', constrained.issue({ names: ['b.test'] }), 'net::OK', 0],
  ["another authority's revocation list", 'a.test', issue({}), 'net::OK', 0],
  ['an expired one', 'a.test', issue(past), 'net::ERR_CERT_DATE_INVALID', -201],
  [
    'one not yet valid',
    'a.test',
    issue({ notBefore: new Date(now + year), notAfter: new Date(now + 2 * year) }),
    'net::ERR_CERT_DATE_INVALID',
    -201,
  ],
  [
    'an expired intermediate',
    'a.test',
    testAuthority()
      .intermediate(past)
      .issue({ names: ['a.test'] }),
    'net::ERR_CERT_DATE_INVALID',
    -201,
  ],
  ['another host', 'b.test', issue({}), 'net::ERR_CERT_COMMON_NAME_INVALID', -200],
  [
    'two labels under a wildcard',
    'a.b.w.test',
    issue({ names: ['*.w.test'] }),
    'net::ERR_CERT_COMMON_NAME_INVALID',
    -200,
  ],
  [
    'the bare domain under a wildcard',
    'w.test',
    issue({ names: ['*.w.test'] }),
    'net::ERR_CERT_COMMON_NAME_INVALID',
    -200,
  ],
  [
    'a wildcard for a part of a label',
    'ab.w.test',
    issue({ names: ['a*.w.test'] }),
    'net::ERR_CERT_COMMON_NAME_INVALID',
    -200,
  ],
  [
    'a wildcard for a top-level domain',
    'a.test',
    issue({ names: ['*.test'] }),
    'net::ERR_CERT_COMMON_NAME_INVALID',
    -200,
  ],
  [
    'a wildcard for a public suffix',
    'a.co.uk',
    issue({ names: ['*.co.uk'] }),
    'net::ERR_CERT_COMMON_NAME_INVALID',
    -200,
  ],
  [
    'a common name only',
    'a.test',
    issue({ names: [], commonName: 'a.test' }),
    'net::ERR_CERT_COMMON_NAME_INVALID',
    -200,
  ],
  ['another address', '127.0.0.2', issue({ names: ['127.0.0.1'] }), 'net::ERR_CERT_COMMON_NAME_INVALID', -200],
  [
    'an address that a wildcard would fit',
    '127.0.0.1',
    issue({ names: ['*.0.0.1'] }),
    'net::ERR_CERT_COMMON_NAME_INVALID',
    -200,
  ],
  [
    'a self-signed one',
    'a.test',
    makeSelfSignedCertificate({ names: ['a.test'] }),
    'net::ERR_CERT_AUTHORITY_INVALID',
    -202,
  ],
  [
    'a self-signed, expired one for another host',
    'b.test',
    makeSelfSignedCertificate({ names: ['a.test'], ...past }),
    'net::ERR_CERT_AUTHORITY_INVALID',
    -202,
  ],
  [
    'an unknown root',
    'a.test',
    makeCertificateAuthority().issue({ names: ['a.test'] }),
    'net::ERR_CERT_AUTHORITY_INVALID',
    -202,
  ],
  ['an unknown root, sent along', 'a.test', withRoot(), 'net::ERR_CERT_AUTHORITY_INVALID', -202],
  [
    'a missing intermediate',
    'a.test',
    withoutIntermediate(intermediate.issue({ names: ['a.test'] })),
    'net::ERR_CERT_AUTHORITY_INVALID',
    -202,
  ],
  ['client usage only', 'a.test', issue({ usages: ['client'] }), 'net::ERR_CERT_INVALID', -207],
  ['client usage only, for another host', 'b.test', issue({ usages: ['client'] }), 'net::ERR_CERT_INVALID', -207],
  [
    'an issuer that is no authority',
    'a.test',
    notAuthority.issue({ names: ['a.test'] }),
    'net::ERR_CERT_INVALID',
    -207,
  ],
  ['a name outside the constraints', 'a.test', constrained.issue({ names: ['a.test'] }), 'net::ERR_CERT_INVALID', -207],
  ['a SHA-1 signature', 'a.test', issue({ hash: 'sha1' }), 'net::ERR_CERT_WEAK_SIGNATURE_ALGORITHM', -208],
  [
    'a SHA-1 signature of the intermediate',
    'a.test',
    testAuthority()
      .intermediate({ hash: 'sha1' })
      .issue({ names: ['a.test'] }),
    'net::ERR_CERT_WEAK_SIGNATURE_ALGORITHM',
    -208,
  ],
  ['a key of 1024 bits', 'a.test', issue({ key: 'rsa-1024' }), 'net::ERR_CERT_WEAK_KEY', -211],
  [
    'an intermediate with a key of 1024 bits',
    'a.test',
    testAuthority()
      .intermediate({ key: 'rsa-1024' })
      .issue({ names: ['a.test'] }),
    'net::ERR_CERT_WEAK_KEY',
    -211,
  ],
  ['a revoked one', 'a.test', revoked, 'net::ERR_CERT_REVOKED', -206],
  ['a revoked intermediate', 'a.test', revokedAuthority.issue({ names: ['a.test'] }), 'net::ERR_CERT_REVOKED', -206],
];

function withoutIntermediate(issued: IssuedCertificate): IssuedCertificate {
  return { ...issued, cert: issued.pem };
}

function withRoot(): IssuedCertificate {
  const root = makeCertificateAuthority();
  const issued = root.issue({ names: ['a.test'] });
  return { ...issued, cert: issued.pem + root.pem };
}

const revocationLists = [
  testAuthority().revocationList([revoked, revokedAuthority]),
  makeCertificateAuthority().revocationList([]),
];

test.each(chains)('%s: %s', async (_, hostname, issued, verdict, errorCode) => {
  await using server = await startQuietTlsServer(issued);
  const verifier = makeVerifier({ crls: revocationLists });
  const to = { port: server.port, hostname };

  const own = await visit(verifier, to);
  expect(own.wasAtOnce).toBe(true);
  expect(own.error ? `net::${own.error.code}` : 'net::OK').toBe(verdict);
  expect(own.error?.errno ?? 0).toBe(errorCode);

  const seen: VerifyRequest[] = [];
  const answering =
    (answer: number): VerifyProc =>
    (request, callback) => {
      seen.push(request);
      callback(answer);
    };
  verifier.setProc(answering(-3));
  expect((await visit(verifier, to)).error?.errno ?? 0).toBe(errorCode);
  expect(seen[0]).toMatchObject({ verificationResult: verdict, errorCode, hostname: hostname.replace(/[[\]]/g, '') });

  verifier.setProc(answering(0));
  expect((await visit(verifier, to)).error).toBe(undefined);

  verifier.setProc(answering(-2));
  expect((await visit(verifier, to)).error).toMatchObject({ code: 'ERR_FAILED', errno: -2 });
  expect(seen).toHaveLength(3);
});
