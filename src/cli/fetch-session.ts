import type { NetworkPreset } from '../conditions/network-conditions.ts';
import type { Session } from '../session/session.ts';
import type { FetchOptions } from './fetch-options.ts';
import { readInput } from './read-input.ts';

interface SessionOptions extends FetchOptions {
  /** Host of the URL. */
  readonly host: string;
}

/**
 * Sets up a session for one command.
 *
 * @throws {TypeError | RangeError} If an option is wrong. @throws {Error} If a file cannot be read.
 */
export async function prepareSession(session: Session, options: SessionOptions): Promise<void> {
  const { userAgent, insecure, cacert, cert, conditions, proxy } = options;
  if (userAgent !== undefined) session.setUserAgent(userAgent);
  if (insecure) session.setCertificateVerifyProc((_request, callback) => callback(0));
  if (cacert !== undefined) session.certificates.addRoot((await readInput(cacert)).toString());
  if (cert !== undefined) await addClientCertificate(session, cert, options);
  if (conditions === 'offline') session.enableNetworkEmulation({ offline: true });
  else if (conditions !== undefined) session.enableNetworkEmulation(conditions as NetworkPreset);
  if (proxy === 'system') await session.setProxy({ mode: 'system' });
}

async function addClientCertificate(session: Session, cert: string, { key, host }: SessionOptions): Promise<void> {
  const [, file = cert, passphrase] = /^(.+?)(?::([^:]*))?$/s.exec(cert) ?? [];
  const bytes = await readInput(file);
  const secret = passphrase === undefined ? {} : { passphrase };
  // PEM is text; PKCS#12 begins with a SEQUENCE of DER.
  const isPkcs12 = bytes[0] === 0x30;
  if (isPkcs12) return session.certificates.addClientCertificate({ host, pfx: bytes, ...secret });
  const certificate = bytes.toString();
  const keyText = key === undefined ? certificate : (await readInput(key)).toString();
  session.certificates.addClientCertificate({ host, certificate, key: keyText, ...secret });
}
