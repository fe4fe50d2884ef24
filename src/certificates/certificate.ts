import type { CertificatePath } from './certificate-path.ts';
import type { ChainCertificate } from './chain-certificate.ts';
import { toPem } from './pem.ts';

/** Who a certificate names, as in Electron. */
export interface CertificatePrincipal {
  readonly commonName: string;
  readonly organizations: string[];
  readonly organizationUnits: string[];
  readonly locality: string;
  readonly state: string;
  readonly country: string;
}

/** A certificate, as Electron shows it. */
export interface Certificate {
  /** PEM. */
  readonly data: string;
  readonly issuer: CertificatePrincipal;
  readonly issuerName: string;
  /** The certificate of the issuer; absent at the end of the chain. */
  readonly issuerCert?: Certificate;
  readonly subject: CertificatePrincipal;
  readonly subjectName: string;
  /** Hexadecimal. */
  readonly serialNumber: string;
  /** Seconds since the epoch. */
  readonly validStart: number;
  /** Seconds since the epoch. */
  readonly validExpiry: number;
  /** `sha256/` and base64. */
  readonly fingerprint: string;
}

/** A chain in Electron's form: the server's certificate, linked to its issuers. */
export function toCertificate(path: CertificatePath): Certificate {
  const linked = path.certificates.reduceRight<Certificate | undefined>(
    (issuerCert, certificate) => describe(certificate, issuerCert),
    undefined,
  );
  return linked!;
}

function describe(certificate: ChainCertificate, issuerCert: Certificate | undefined): Certificate {
  const { x509 } = certificate;
  const names = x509.toLegacyObject();
  const issuer = toPrincipal(names.issuer);
  const subject = toPrincipal(names.subject);
  return {
    data: toPem(certificate.der, 'CERTIFICATE'),
    issuer,
    issuerName: displayName(issuer),
    ...(issuerCert && { issuerCert }),
    subject,
    subjectName: displayName(subject),
    serialNumber: x509.serialNumber,
    validStart: x509.validFromDate.getTime() / 1000,
    validExpiry: x509.validToDate.getTime() / 1000,
    fingerprint: certificate.fingerprint,
  };
}

type Attribute = string | string[] | undefined;

function toPrincipal(name: {
  CN?: Attribute;
  O?: Attribute;
  OU?: Attribute;
  L?: Attribute;
  ST?: Attribute;
  C?: Attribute;
}): CertificatePrincipal {
  return {
    commonName: one(name.CN),
    organizations: many(name.O),
    organizationUnits: many(name.OU),
    locality: one(name.L),
    state: one(name.ST),
    country: one(name.C),
  };
}

function many(attribute: Attribute): string[] {
  return attribute === undefined ? [] : [attribute].flat();
}

function one(attribute: Attribute): string {
  return many(attribute)[0] ?? '';
}

// Chromium's CertPrincipal::GetDisplayName.
function displayName(principal: CertificatePrincipal): string {
  return principal.commonName || principal.organizations[0] || principal.organizationUnits[0] || '';
}
