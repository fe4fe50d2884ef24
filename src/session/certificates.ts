import type { TrustStore } from '../certificates/trust-store.ts';

/** A client certificate, and the servers it is for. */
export interface ClientCertificateInput {
  /** Host pattern, `*.example.com`. Default `*`. */
  host?: string;
  /** PEM, with its key in `key`. */
  certificate?: string;
  key?: string;
  /** A PKCS#12 file's bytes, in place of `certificate` and `key`. */
  pfx?: Uint8Array;
  passphrase?: string;
}

/**
 * What a session trusts and shows, on top of the machine's and Node's roots. Changes hold for new connections; open ones
 * are not used again.
 *
 * @example Trust a root of your own
 * import { readFileSync } from 'node:fs';
 * import { session } from 'sojourn';
 * const ses = session.fromPartition('own-root');
 * const file = process.env.NODE_EXTRA_CA_CERTS;
 * if (file) ses.certificates.addRoot(readFileSync(file, 'utf8'));
 */
export class Certificates {
  readonly #trust: () => TrustStore;

  /** Made by Session only. */
  constructor(trust: () => TrustStore) {
    this.#trust = trust;
  }

  /** Trusts the certificates of a PEM text as roots. @throws {TypeError} If it has none, or one cannot be read. */
  addRoot(pem: string): void {
    this.#trust().addRoot(pem);
  }

  /** Refuses what the revocation lists of a PEM text name. @throws {TypeError} If it has none, or one cannot be read. */
  addCrl(pem: string): void {
    this.#trust().addCrl(pem);
  }

  /** Shows a certificate to the servers that ask for one. @throws {TypeError} If it, its key or its passphrase is wrong. */
  addClientCertificate(input: ClientCertificateInput): void {
    this.#trust().addClientCertificate(input);
  }
}
