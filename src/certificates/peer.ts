import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';
import { ChainCertificate } from './chain-certificate.ts';

/** What a TLS handshake showed of the server. */
export interface Peer {
  /** The server's certificate, then what it sent along or Node found. */
  readonly presented: readonly [ChainCertificate, ...ChainCertificate[]];
  /** OpenSSL's code of what is wrong with the chain, such as `CERT_HAS_EXPIRED`. Of several it is the last found. */
  readonly chainError: string | undefined;
}

const maxPresented = 32;

/**
 * Reads what a finished handshake showed; undefined when it resumed a TLS session, where Node has no certificate. To be
 * asked once for a connection.
 */
export function readPeer(socket: TLSSocket): Peer | undefined {
  const chainError = chainErrorOf(socket);
  const [leaf, ...others] = chainError === undefined ? linkedCertificates(socket) : sentCertificates(socket);
  return leaf && { presented: [leaf, ...others], chainError };
}

/** The server's certificate and its issuers, as far as Node finds them. */
function linkedCertificates(socket: TLSSocket): ChainCertificate[] {
  const found: ChainCertificate[] = [];
  let next: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  while (next?.raw && found.length < maxPresented) {
    found.push(new ChainCertificate(next.raw));
    next = next.issuerCertificate === next ? undefined : next.issuerCertificate;
  }
  return found;
}

/**
 * What the server sent, also what Node does not take for an issuer: `issuerCertificate` is the next one sent, despite its
 * name. Before Node 26.9 asking takes the chain out of the connection (nodejs/node issue 65579), so that good chains, whose
 * connections live on, are not read in this way.
 */
function sentCertificates(socket: TLSSocket): ChainCertificate[] {
  const found: ChainCertificate[] = [];
  for (let next = socket.getPeerX509Certificate(); next && found.length < maxPresented; next = next.issuerCertificate) {
    found.push(new ChainCertificate(next.raw, next));
  }
  return found;
}

function chainErrorOf(socket: TLSSocket): string | undefined {
  // Typed as an Error, it is the error's code; and it is null, not undefined, when the chain is good.
  const error = socket.authorizationError as string | Error | null | undefined;
  return error ? String(error) : undefined;
}
