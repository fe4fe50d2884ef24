import { Duplex } from 'node:stream';
import { tls } from '../util/builtins.ts';
import { invalidType } from '../util/errors.ts';
import { OptionsReader, describe } from '../util/options.ts';
import { type Certificate, toCertificate } from './certificate.ts';
import { ChainCertificate } from './chain-certificate.ts';
import { type HostPattern, parseHostPattern } from './host-pattern.ts';

/** A certificate and its key that the session may show to servers. */
export interface ClientCertificate {
  readonly certificate: Certificate;
  /** What Node's TLS takes. */
  readonly credentials: Credentials;
  readonly matches: HostPattern;
}

type Credentials =
  | { readonly cert: string; readonly key: string; readonly passphrase?: string }
  | { readonly pfx: Buffer; readonly passphrase?: string };

const action = 'add a client certificate';

/**
 * Reads a client certificate: `{ host, certificate, key, passphrase }` in PEM, or `{ host, pfx, passphrase }` with the bytes
 * of a PKCS#12 file. `host` is a pattern (`parseHostPattern`), by default `*`.
 *
 * @throws {TypeError} If a field is missing or wrong, the key does not fit, or the passphrase is wrong.
 */
export function readClientCertificate(input: unknown): ClientCertificate {
  const options = new OptionsReader(action, input, ['host', 'certificate', 'key', 'pfx', 'passphrase']);
  const matches = parseHostPattern(action, options.string('host', '*'));
  const credentials = readCredentials(options);
  return { certificate: load(credentials), credentials, matches };
}

function readCredentials(options: OptionsReader): Credentials {
  const passphrase = options.string('passphrase', undefined);
  const secret = passphrase === undefined ? {} : { passphrase };
  const pfx = options.object('pfx', undefined);
  if (pfx !== undefined) {
    if (!(pfx instanceof Uint8Array)) throw invalidType(`Cannot ${action}: pfx must be a Buffer, got ${describe(pfx)}`);
    return { pfx: Buffer.from(pfx), ...secret };
  }
  const cert = options.string('certificate', undefined);
  const key = options.string('key', undefined);
  if (cert === undefined || key === undefined) {
    throw invalidType(`Cannot ${action}: certificate and key, or pfx, must be given`);
  }
  return { cert, key, ...secret };
}

// Node reads PKCS#12 only into a TLS context, and shows what is in it only on a socket; this one is connected to nothing.
function load(credentials: Credentials): Certificate {
  try {
    const secureContext = tls().createSecureContext(credentials);
    const socket = new (tls().TLSSocket)(new Duplex({ read() {}, write: (_chunk, _encoding, done) => done() }), {
      secureContext,
    });
    const own = socket.getX509Certificate();
    socket.destroy();
    if (!own) throw new Error('it has no certificate with its key');
    return toCertificate({ certificates: [new ChainCertificate(own.raw)], root: undefined });
  } catch (cause) {
    const message = `Cannot ${action}: ${(cause as Error).message}`;
    throw Object.assign(invalidType(message), { cause });
  }
}
