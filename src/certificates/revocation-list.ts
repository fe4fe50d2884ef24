import type { KeyObject } from 'node:crypto';
import { crypto } from '../util/builtins.ts';
import { invalidType } from '../util/errors.ts';
import type { ChainCertificate } from './chain-certificate.ts';
import { DerReader, derTag, dottedIdentifier } from './der.ts';

/** The hash of each signature algorithm that a revocation list may carry; null where the algorithm has its own. */
const hashByAlgorithm: ReadonlyMap<string, string | null> = new Map([
  ['1.2.840.113549.1.1.5', 'sha1'],
  ['1.2.840.113549.1.1.11', 'sha256'],
  ['1.2.840.113549.1.1.12', 'sha384'],
  ['1.2.840.113549.1.1.13', 'sha512'],
  ['1.2.840.10045.4.1', 'sha1'],
  ['1.2.840.10045.4.3.2', 'sha256'],
  ['1.2.840.10045.4.3.3', 'sha384'],
  ['1.2.840.10045.4.3.4', 'sha512'],
  ['1.3.101.112', null],
  ['1.3.101.113', null],
]);

/**
 * A certificate revocation list, which counts for the certificates of the authority that signed it.
 *
 * A list past its next update still counts: what was revoked stays so. RFC 5280 5.1.
 */
export class RevocationList {
  readonly #issuer: Buffer;
  readonly #revoked: ReadonlySet<string>;
  readonly #signed: Buffer;
  readonly #hash: string | null;
  readonly #signature: Buffer;

  /** @throws {TypeError} If the DER is no revocation list, or is signed in a way that cannot be checked. */
  constructor(der: Buffer) {
    try {
      const list = new DerReader(der).enter();
      const toBeSigned = list.require(derTag.sequence);
      const algorithm = dottedIdentifier(list.enter().require(derTag.objectIdentifier).content);
      const hash = hashByAlgorithm.get(algorithm);
      if (hash === undefined) throw new RangeError(`its signature algorithm ${algorithm} is not supported`);
      this.#hash = hash;
      this.#signed = toBeSigned.raw;
      // The first byte counts the unused bits of the last one; a signature has none.
      this.#signature = list.require(derTag.bitString).content.subarray(1);
      const fields = new DerReader(toBeSigned.content);
      if (fields.nextIs(derTag.integer)) fields.next(); // version
      fields.next(); // signature
      this.#issuer = fields.next().raw;
      this.#revoked = readRevoked(fields);
    } catch (cause) {
      throw Object.assign(invalidType(`Cannot add a revocation list: ${(cause as Error).message}`), { cause });
    }
  }

  /** Whether the list is `issuer`'s and names the certificate. */
  revokes(certificate: ChainCertificate, issuer: ChainCertificate): boolean {
    const { issuer: name, serialNumber } = certificate.fields;
    return this.#revoked.has(serialNumber) && this.#issuer.equals(name) && this.#isSignedWith(issuer.x509.publicKey);
  }

  #isSignedWith(key: KeyObject): boolean {
    return crypto().verify(this.#hash, this.#signed, key, this.#signature);
  }
}

function readRevoked(fields: DerReader): ReadonlySet<string> {
  const revoked = new Set<string>();
  while (fields.nextIs(derTag.utcTime) || fields.nextIs(derTag.generalizedTime)) fields.next(); // this update, next update
  if (!fields.nextIs(derTag.sequence)) return revoked;
  const entries = fields.enter();
  while (!entries.atEnd) revoked.add(entries.enter().require(derTag.integer).content.toString('hex'));
  return revoked;
}
