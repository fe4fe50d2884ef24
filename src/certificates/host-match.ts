import type { X509Certificate } from 'node:crypto';
import { getPublicSuffix } from 'tldts';
import { bareHost, isIpHost } from '../util/url.ts';

// The common name never counts, and `*` stands for one whole label: Chromium X509Certificate::VerifyHostname.
const exactRules = { subject: 'never', wildcards: false, partialWildcards: false } as const;
const wildcardRules = { ...exactRules, wildcards: true } as const;

/**
 * Whether a certificate is for the canonical host: by the names of its subjectAltName only, an address by its iPAddress
 * entries only.
 *
 * @see Chromium net/cert/x509_certificate.cc, VerifyHostname; RFC 9525 6
 */
export function certificateMatchesHost(certificate: X509Certificate, hostname: string): boolean {
  const bare = bareHost(hostname);
  if (isIpHost(hostname)) return certificate.checkIP(bare) !== undefined;
  const host = bare.endsWith('.') ? bare.slice(0, -1) : bare;
  if (certificate.checkHost(host, exactRules) !== undefined) return true;
  // "*.co.uk" is nobody's to certify; "*.github.io", a private suffix, is its owner's.
  const parent = host.slice(host.indexOf('.') + 1);
  if (getPublicSuffix(parent, { allowPrivateDomains: false, validateHostname: false }) === parent) return false;
  return certificate.checkHost(host, wildcardRules) !== undefined;
}
