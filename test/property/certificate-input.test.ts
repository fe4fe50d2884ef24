import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseCertificateFields } from '../../src/certificates/certificate-fields.ts';
import { readPem } from '../../src/certificates/pem.ts';
import { RevocationList } from '../../src/certificates/revocation-list.ts';
import { makeServerCertificate, testAuthority } from '../fixtures/certificates.ts';

const numRuns = Number(process.env['SOJOURN_ROUNDS'] ?? 20) * 50;

const certificate = readPem(makeServerCertificate({ names: ['a.test'] }).pem, 'CERTIFICATE')[0]!;
const list = readPem(testAuthority().revocationList([]), 'X509 CRL')[0]!;

/** The bytes with some of them changed, or cut short. */
function damaged(bytes: Buffer): fc.Arbitrary<Buffer> {
  const changes = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.nat(255)), { minLength: 1, maxLength: 4 });
  return fc.tuple(changes, fc.nat(bytes.length)).map(([all, length]) => {
    const copy = Buffer.from(bytes);
    for (const [at, value] of all) copy[at] = value;
    return length % 3 === 0 ? copy.subarray(0, length) : copy;
  });
}

const anything = fc.uint8Array({ maxLength: 200 }).map(bytes => Buffer.from(bytes));

test('a damaged certificate is read or refused with a RangeError', () => {
  fc.assert(
    fc.property(fc.oneof(damaged(certificate), anything), der => {
      try {
        parseCertificateFields(der);
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError);
      }
    }),
    { numRuns },
  );
});

test('a damaged revocation list is read or refused with a TypeError', () => {
  fc.assert(
    fc.property(fc.oneof(damaged(list), anything), der => {
      try {
        void new RevocationList(der);
      } catch (error) {
        expect(error).toMatchObject({ code: 'ERR_INVALID_OPTION' });
      }
    }),
    { numRuns },
  );
});
