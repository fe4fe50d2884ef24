import type { NetErrorCode } from '../util/errors.ts';
import type { CertificatePath } from './certificate-path.ts';
import type { ChainCertificate } from './chain-certificate.ts';
import { certificateMatchesHost } from './host-match.ts';
import type { Peer } from './peer.ts';
import type { RevocationList } from './revocation-list.ts';
import type { TrustStore } from './trust-store.ts';

/** What a verdict rests on. */
export interface Evidence {
  readonly peer: Peer;
  readonly path: CertificatePath;
  /** Canonical host, IPv6 in brackets. */
  readonly hostname: string;
}

// Object identifiers of the signatures that rest on MD2, MD4, MD5 or SHA-1.
const weakSignatures: ReadonlySet<string> = new Set([
  '1.2.840.113549.1.1.2',
  '1.2.840.113549.1.1.3',
  '1.2.840.113549.1.1.4',
  '1.2.840.113549.1.1.5',
  '1.3.14.3.2.29',
  '1.2.840.10040.4.3',
  '1.2.840.10045.4.1',
]);

const dateErrors: ReadonlySet<string> = new Set(['CERT_HAS_EXPIRED', 'CERT_NOT_YET_VALID']);

const authorityErrors: ReadonlySet<string> = new Set([
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'CERT_REJECTED',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
]);

const minRsaBits = 2048;
const maxKnownRootDays = 398;
const dayMs = 86_400_000;

/**
 * Chromium's verdict of a server's certificate: the most serious error, or undefined when it is good.
 *
 * @see Chromium net/cert/cert_status_flags.cc, MapCertStatusToNetError (the order), and
 *   net/cert/cert_verify_proc_builtin.cc, MapPathBuilderErrorsToCertStatus (which errors are the general one)
 */
export function ownVerdict(trust: TrustStore, { peer, path, hostname }: Evidence): NetErrorCode | undefined {
  const { chainError } = peer;
  const [leaf] = path.certificates;
  const belowRoot = path.certificates.filter(certificate => certificate !== path.root);
  const isRevoked = hasRevoked(path, trust.revocationLists);
  const isUntrusted = chainError !== undefined && (!path.root || authorityErrors.has(chainError));
  const isWeaklySigned = belowRoot.some(({ fields }) => weakSignatures.has(fields.signatureAlgorithm));
  const isWeakKey = path.certificates.some(hasWeakKey);
  const isOutOfDate = chainError !== undefined && dateErrors.has(chainError);
  const isExplained = isRevoked || isUntrusted || isWeaklySigned || isWeakKey || isOutOfDate;
  // What has no name of its own: the purpose, name constraints, an issuer that is no authority.
  if (chainError && !isExplained) return 'ERR_CERT_INVALID';
  if (isRevoked) return 'ERR_CERT_REVOKED';
  if (isUntrusted) return 'ERR_CERT_AUTHORITY_INVALID';
  if (!certificateMatchesHost(leaf.x509, hostname)) return 'ERR_CERT_COMMON_NAME_INVALID';
  if (isWeaklySigned) return 'ERR_CERT_WEAK_SIGNATURE_ALGORITHM';
  if (isWeakKey) return 'ERR_CERT_WEAK_KEY';
  if (isOutOfDate) return 'ERR_CERT_DATE_INVALID';
  if (isValidTooLong(leaf) && trust.isIssuedByKnownRoot(path)) return 'ERR_CERT_VALIDITY_TOO_LONG';
  return undefined;
}

function hasRevoked({ certificates }: CertificatePath, lists: readonly RevocationList[]): boolean {
  return certificates.some((certificate, index) => {
    const issuer = certificates[index + 1];
    return issuer !== undefined && lists.some(list => list.revokes(certificate, issuer));
  });
}

function hasWeakKey({ x509 }: ChainCertificate): boolean {
  const { asymmetricKeyType, asymmetricKeyDetails } = x509.publicKey;
  return asymmetricKeyType?.startsWith('rsa') === true && (asymmetricKeyDetails?.modulusLength ?? 0) < minRsaBits;
}

// CA/Browser Forum Baseline Requirements 6.3.2. Certificates from before the limit (September 2020) have all expired.
function isValidTooLong({ x509 }: ChainCertificate): boolean {
  return x509.validToDate.getTime() - x509.validFromDate.getTime() > maxKnownRootDays * dayMs;
}
