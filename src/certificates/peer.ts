import type { TLSSocket } from 'node:tls';
import { ChainCertificate } from './chain-certificate.ts';

/** What a TLS handshake showed of the server. */
export interface Peer {
  /** The server's certificate, then the others as it sent them. */
  readonly presented: readonly [ChainCertificate, ...ChainCertificate[]];
  /** OpenSSL's code of what is wrong with the chain, such as `CERT_HAS_EXPIRED`. Of several it is the last found. */
  readonly chainError: string | undefined;
}

const maxPresented = 32;

/** Reads what a finished handshake showed; undefined when it resumed a TLS session, where Node has no certificate. */
export function readPeer(socket: TLSSocket): Peer | undefined {
  const leaf = socket.getPeerX509Certificate();
  if (!leaf) return undefined;
  const presented: [ChainCertificate, ...ChainCertificate[]] = [new ChainCertificate(leaf.raw, leaf)];
  // Despite its name, `issuerCertificate` is the next one that the server sent.
  for (let next = leaf.issuerCertificate; next && presented.length < maxPresented; next = next.issuerCertificate) {
    presented.push(new ChainCertificate(next.raw, next));
  }
  return { presented, chainError: chainErrorOf(socket) };
}

function chainErrorOf(socket: TLSSocket): string | undefined {
  // Typed as an Error, it is the error's code; and it is null, not undefined, when the chain is good.
  const error = socket.authorizationError as string | Error | null | undefined;
  return error ? String(error) : undefined;
}
