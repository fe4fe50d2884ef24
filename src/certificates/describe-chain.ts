import type { KeyObject } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { netErrorNumbers } from '../util/net-error-codes.ts';
import { type Certificate, toCertificate } from './certificate.ts';
import type { ChainCertificate } from './chain-certificate.ts';
import { ownVerdict } from './own-verdict.ts';
import { readPeer } from './peer.ts';
import type { TrustStore } from './trust-store.ts';

/** What `sojourn cert show` prints. */
export interface ChainDescription {
  /** `net::OK` or as `net::ERR_CERT_DATE_INVALID`. */
  readonly verificationResult: string;
  readonly errorCode: number;
  /** OpenSSL's code of what is wrong with the chain. */
  readonly chainError: string | undefined;
  readonly isIssuedByKnownRoot: boolean;
  /** The server's certificate, then the issuer of each. */
  readonly certificates: readonly DescribedCertificate[];
}

/** One line of the chain. */
export interface DescribedCertificate extends Omit<Certificate, 'issuerCert'> {
  /** As `DNS:a.test, IP Address:127.0.0.1`; empty where it has none. */
  readonly subjectAltName: string;
  /** `sha256/` and base64 of its key: what a pin is. */
  readonly publicKeyPin: string;
  /** As `RSA 2048` or `EC prime256v1`. */
  readonly key: string;
}

/**
 * Describes the chain that a server showed on a fresh connection, with the session's own verdict of it.
 *
 * @returns undefined when the connection shows no certificate: it is closed, or resumed a TLS session.
 */
export function describeChain(socket: TLSSocket, hostname: string, trust: TrustStore): ChainDescription | undefined {
  const peer = readPeer(socket);
  if (!peer) return undefined;
  const path = trust.pathOf(peer);
  const code = ownVerdict(trust, { peer, path, hostname });
  return {
    verificationResult: code ? `net::${code}` : 'net::OK',
    errorCode: code ? netErrorNumbers[code] : 0,
    chainError: peer.chainError,
    isIssuedByKnownRoot: trust.isIssuedByKnownRoot(path),
    certificates: path.certificates.map(describe),
  };
}

function describe(certificate: ChainCertificate): DescribedCertificate {
  const { issuerCert: _, ...fields } = toCertificate({ certificates: [certificate], root: undefined });
  const { subjectAltName = '', publicKey } = certificate.x509;
  return { ...fields, subjectAltName, publicKeyPin: certificate.publicKeyPin, key: describeKey(publicKey) };
}

function describeKey({ asymmetricKeyType, asymmetricKeyDetails = {} }: KeyObject): string {
  const size = asymmetricKeyDetails.modulusLength ?? asymmetricKeyDetails.namedCurve ?? '';
  return `${(asymmetricKeyType ?? 'unknown').toUpperCase()} ${size}`.trim();
}
