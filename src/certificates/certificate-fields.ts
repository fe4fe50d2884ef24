import { DerReader, derTag, dottedIdentifier } from './der.ts';

/** The parts of a certificate that Node's `X509Certificate` does not give, as they stand in its DER. */
export interface CertificateFields {
  /** The name of the issuer, whole. */
  readonly issuer: Buffer;
  /** The name of the subject, whole. */
  readonly subject: Buffer;
  /** SubjectPublicKeyInfo, whole: what a pin is the hash of. */
  readonly publicKeyInfo: Buffer;
  /** Dotted object identifier of the signature's algorithm. */
  readonly signatureAlgorithm: string;
  /** The serial number's bytes, as hexadecimal digits. */
  readonly serialNumber: string;
}

/** Reads a certificate. RFC 5280 4.1. @throws {RangeError} If it is none. */
export function parseCertificateFields(der: Buffer): CertificateFields {
  const certificate = new DerReader(der).enter();
  const toBeSigned = certificate.enter();
  if (toBeSigned.nextIs(0xa0)) toBeSigned.next(); // version
  const serialNumber = toBeSigned.require(derTag.integer).content.toString('hex');
  toBeSigned.next(); // signature
  const issuer = toBeSigned.next().raw;
  toBeSigned.next(); // validity
  const subject = toBeSigned.next().raw;
  const publicKeyInfo = toBeSigned.require(derTag.sequence).raw;
  const algorithm = certificate.enter().require(derTag.objectIdentifier);
  return { issuer, subject, publicKeyInfo, serialNumber, signatureAlgorithm: dottedIdentifier(algorithm.content) };
}
