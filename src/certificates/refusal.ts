import { type NetErrorCode, NetError } from '../util/errors.ts';
import { netErrorNumbers } from '../util/net-error-codes.ts';

/** Why a server is not accepted. */
export interface Refusal {
  readonly code: NetErrorCode;
  /** The end of a sentence that begins with the host's name. */
  readonly reason: string;
  readonly cause?: unknown;
}

const reasons: Partial<Record<NetErrorCode, string>> = {
  ERR_CERT_COMMON_NAME_INVALID: 'the certificate is for other hosts',
  ERR_CERT_DATE_INVALID: 'a certificate has expired or is not yet valid',
  ERR_CERT_AUTHORITY_INVALID: 'no trusted root vouches for the certificate',
  ERR_CERT_REVOKED: 'a certificate was revoked',
  ERR_CERT_INVALID: 'the chain breaks a rule for server certificates',
  ERR_CERT_WEAK_SIGNATURE_ALGORITHM: 'a certificate is signed with SHA-1 or older',
  ERR_CERT_WEAK_KEY: 'a certificate has a key that is too short',
  ERR_CERT_VALIDITY_TOO_LONG: 'the certificate is valid for longer than public authorities may issue',
  ERR_SSL_PINNED_KEY_NOT_IN_CERT_CHAIN: 'no pinned key is in the chain',
};

/** The refusal that goes with a certificate error. */
export function certificateRefusal(code: NetErrorCode): Refusal {
  return { code, reason: reasons[code] ?? 'the certificate was refused' };
}

/** A refusal as the error of a request. */
export function toNetError({ code, reason, cause }: Refusal, hostname: string): NetError {
  return new NetError(code, `Cannot trust "${hostname}": ${reason}`, cause === undefined ? undefined : { cause });
}

/** Whether a code is a certificate's error, which a listener may overrule. Chromium net/base/net_errors.h. */
export function isCertificateError(code: NetErrorCode): boolean {
  const number = netErrorNumbers[code];
  return number <= -200 && number > -300;
}
