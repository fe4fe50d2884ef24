import type { X509Certificate } from 'node:crypto';
import { type CertificateFields, parseCertificateFields } from './certificate-fields.ts';
import { crypto } from '../util/builtins.ts';

/** One certificate of a chain, from its DER; what it takes is read when asked. */
export class ChainCertificate {
  readonly der: Buffer;
  #x509: X509Certificate | undefined;
  #fields: CertificateFields | undefined;

  /** @param x509 - The same, where Node has read it already. */
  constructor(der: Buffer, x509?: X509Certificate) {
    this.der = der;
    this.#x509 = x509;
  }

  /** @throws {Error} If the DER is no certificate that Node can read. */
  get x509(): X509Certificate {
    this.#x509 ??= new (crypto().X509Certificate)(this.der);
    return this.#x509;
  }

  /** @throws {RangeError} If the DER is no certificate. */
  get fields(): CertificateFields {
    this.#fields ??= parseCertificateFields(this.der);
    return this.#fields;
  }

  /** `sha256/` and the base64 of the certificate's SHA-256, as Electron writes a fingerprint. */
  get fingerprint(): string {
    return `sha256/${crypto().createHash('sha256').update(this.der).digest('base64')}`;
  }

  /** `sha256/` and the base64 of the SHA-256 of its SubjectPublicKeyInfo. RFC 7469 2.4. */
  get publicKeyPin(): string {
    return `sha256/${crypto().createHash('sha256').update(this.fields.publicKeyInfo).digest('base64')}`;
  }
}
