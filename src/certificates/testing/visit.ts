import { once } from 'node:events';
import type { TLSSocket } from 'node:tls';
import { testAuthority } from '../../../test/fixtures/certificates.ts';
import { type Clock, systemClock } from '../../util/clock.ts';
import type { NetError } from '../../util/errors.ts';
import type { ClientCertificate } from '../client-certificates.ts';
import { TrustStore } from '../trust-store.ts';
import { ServerVerifier } from '../verifier.ts';

/** A verifier that trusts the tests' authority. */
export function makeVerifier(
  options: { crls?: readonly string[]; clock?: Clock; trust?: TrustStore } = {},
): ServerVerifier {
  const { crls = [], clock = systemClock, trust = new TrustStore() } = options;
  const verifier = new ServerVerifier({ trust, clock });
  trust.addRoot(testAuthority().pem);
  for (const crl of crls) trust.addCrl(crl);
  return verifier;
}

/** What came of a connection. */
export interface Visit extends Disposable {
  readonly error: NetError | undefined;
  /** Whether the verdict came without a promise. */
  readonly wasAtOnce: boolean;
  readonly isResumed: boolean;
  readonly socket: TLSSocket;
}

interface VisitOptions {
  readonly port: number;
  readonly hostname?: string;
  readonly sessionKey?: string;
  readonly clientCertificate?: ClientCertificate | undefined;
}

/** Connects to a local server under a name, and asks for the verdict. */
export async function visit(verifier: ServerVerifier, options: VisitOptions): Promise<Visit> {
  const { port, hostname = 'a.test' } = options;
  const socket = verifier.connect({ host: '127.0.0.1', port }, { ...options, hostname });
  await once(socket, 'secureConnect');
  const outcome = verifier.verify(socket, { hostname, port });
  const error = await outcome;
  if (options.sessionKey === undefined) socket.destroy();
  const wasAtOnce = !(outcome instanceof Promise);
  return { error, wasAtOnce, isResumed: socket.isSessionReused(), socket, [Symbol.dispose]: () => socket.destroy() };
}
