import type { KeyObject } from 'node:crypto';
import { netErrorNumbers } from '../util/net-error-codes.ts';
import { type Certificate, toCertificate } from './certificate.ts';
import type { ChainCertificate } from './chain-certificate.ts';
import { type Evidence, ownVerdict } from './own-verdict.ts';
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

/** Describes a server's chain, with the session's own verdict of it. */
export function describeChain(trust: TrustStore, evidence: Evidence): ChainDescription {
  const code = ownVerdict(trust, evidence);
  return {
    verificationResult: code ? `net::${code}` : 'net::OK',
    errorCode: code ? netErrorNumbers[code] : 0,
    chainError: evidence.peer.chainError,
    isIssuedByKnownRoot: trust.isIssuedByKnownRoot(evidence.path),
    certificates: evidence.path.certificates.map(describe),
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
