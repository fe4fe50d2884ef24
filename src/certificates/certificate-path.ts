import type { ChainCertificate } from './chain-certificate.ts';

/** The way from a server's certificate to the root that vouches for it. */
export interface CertificatePath {
  /** The server's certificate, then the issuer of each. */
  readonly certificates: readonly [ChainCertificate, ...ChainCertificate[]];
  /** The trusted root at the end, when there is one. */
  readonly root: ChainCertificate | undefined;
}

type FindRoots = (subject: Buffer) => readonly ChainCertificate[];

const maxLength = 16;

/**
 * Follows the issuers of a server's certificate, a trusted root before what the server sent, as OpenSSL and browsers do.
 *
 * It tells what is wrong with a chain and names its root; whether a chain holds is OpenSSL's to say.
 */
export function buildPath(
  presented: readonly [ChainCertificate, ...ChainCertificate[]],
  rootsOf: FindRoots,
): CertificatePath {
  let current = presented[0];
  const certificates: [ChainCertificate, ...ChainCertificate[]] = [current];
  while (certificates.length < maxLength) {
    const last = current;
    const trusted = rootsOf(last.fields.issuer).find(root => root.der.equals(last.der) || isIssuer(root, last));
    if (trusted) {
      if (!trusted.der.equals(last.der)) certificates.push(trusted);
      return { certificates, root: trusted };
    }
    const next = presented.find(candidate => !certificates.includes(candidate) && isIssuer(candidate, last));
    if (!next) break;
    certificates.push(next);
    current = next;
  }
  return { certificates, root: undefined };
}

function isIssuer(issuer: ChainCertificate, certificate: ChainCertificate): boolean {
  return issuer.fields.subject.equals(certificate.fields.issuer) && certificate.x509.verify(issuer.x509.publicKey);
}
