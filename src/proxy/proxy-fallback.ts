import type { NetErrorCode } from '../util/errors.ts';

// Chromium net/http/proxy_fallback.cc, and a proxy that asks for credentials where it has no right to.
const movesOn: ReadonlySet<NetErrorCode> = new Set<NetErrorCode>([
  'ERR_PROXY_CONNECTION_FAILED',
  'ERR_NAME_NOT_RESOLVED',
  'ERR_INTERNET_DISCONNECTED',
  'ERR_ADDRESS_UNREACHABLE',
  'ERR_CONNECTION_CLOSED',
  'ERR_CONNECTION_TIMED_OUT',
  'ERR_CONNECTION_RESET',
  'ERR_CONNECTION_REFUSED',
  'ERR_CONNECTION_ABORTED',
  'ERR_TIMED_OUT',
  'ERR_SOCKS_CONNECTION_FAILED',
  'ERR_PROXY_CERTIFICATE_INVALID',
  'ERR_SSL_PROTOCOL_ERROR',
  'ERR_UNEXPECTED_PROXY_AUTH',
]);

/**
 * Whether a failure to connect through a proxy lets the next one be tried. A proxy that answers and refuses the tunnel
 * (ERR_TUNNEL_CONNECTION_FAILED) does not: that may be its owner's will.
 */
export function shouldTryNext(error: NetErrorCode): boolean {
  return movesOn.has(error);
}

/** The error as the request's caller is to see it. */
export function finalProxyError(error: NetErrorCode): NetErrorCode {
  return error === 'ERR_SOCKS_CONNECTION_HOST_UNREACHABLE' ? 'ERR_ADDRESS_UNREACHABLE' : error;
}
