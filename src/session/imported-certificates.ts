import { readFile } from 'node:fs/promises';
import type { TrustStore } from '../certificates/trust-store.ts';
import { invalidType, NetError } from '../util/errors.ts';
import { OptionsReader } from '../util/options.ts';
import type { ClientCertificateInput } from './certificates.ts';

/** What `app.importCertificate` takes. */
export interface ImportCertificateInput {
  /** Path of a PKCS#12 file. */
  certificate: string;
  /** Its passphrase. Default `''`. */
  password?: string;
}

/** Where a client certificate lies. */
interface CertificateFile {
  readonly path: string;
  readonly password: string;
}

/**
 * The client certificates of the program, which every session shows to servers that ask for one. Owned by App.
 */
export class ImportedCertificates {
  readonly #all: ClientCertificateInput[] = [];
  readonly #trusts = new Set<TrustStore>();

  /** Gives a session what was imported, and what will be until it leaves. */
  join(trust: TrustStore): void {
    for (const certificate of this.#all) trust.addClientCertificate(certificate);
    this.#trusts.add(trust);
  }

  leave(trust: TrustStore): void {
    this.#trusts.delete(trust);
  }

  /** @throws {NetError} If there is no such file, its passphrase is another one, or it is no PKCS#12. */
  async import(file: CertificateFile): Promise<void> {
    const certificate = await readCertificate(file);
    this.#all.push(certificate);
    for (const trust of this.#trusts) trust.addClientCertificate(certificate);
  }
}

/** @throws {TypeError} If a field is wrong; `code` is `ERR_INVALID_OPTION`. */
export function readImport(input: unknown): CertificateFile {
  const options = new OptionsReader('import a certificate', input, ['certificate', 'password']);
  const path = options.string('certificate', '');
  if (path === '') throw invalidType('Cannot import a certificate: certificate must be the path of a PKCS#12 file');
  return { path, password: options.string('password', '') };
}

async function readCertificate({ path, password }: CertificateFile): Promise<ClientCertificateInput> {
  const pfx = await readFile(path).catch((cause: Error) => {
    throw new NetError('ERR_FILE_NOT_FOUND', 'Cannot read the certificate file', { cause });
  });
  const certificate = { pfx, passphrase: password };
  const { readClientCertificate } = await import('../certificates/client-certificates.ts');
  try {
    readClientCertificate(certificate);
  } catch (cause) {
    // OpenSSL's words when the passphrase does not fit.
    const isPassword = /mac verify failure/.test((cause as Error).message);
    throw new NetError(isPassword ? 'ERR_PKCS12_IMPORT_BAD_PASSWORD' : 'ERR_PKCS12_IMPORT_FAILED', undefined, {
      cause,
    });
  }
  return certificate;
}
