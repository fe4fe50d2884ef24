import type { IncomingHttpHeaders } from 'node:http';
import { type NetErrorCode, NetError } from '../util/errors.ts';

/** undici's and Node's codes, in Chromium's names. */
const netErrorByCode: Readonly<Record<string, NetErrorCode>> = {
  UND_ERR_CONNECT_TIMEOUT: 'ERR_CONNECTION_TIMED_OUT',
  UND_ERR_HEADERS_TIMEOUT: 'ERR_TIMED_OUT',
  UND_ERR_BODY_TIMEOUT: 'ERR_TIMED_OUT',
  UND_ERR_HEADERS_OVERFLOW: 'ERR_RESPONSE_HEADERS_TOO_BIG',
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: 'ERR_CONTENT_LENGTH_MISMATCH',
  UND_ERR_REQ_CONTENT_LENGTH_MISMATCH: 'ERR_INVALID_ARGUMENT',
  UND_ERR_INVALID_ARG: 'ERR_INVALID_ARGUMENT',
  UND_ERR_NOT_SUPPORTED: 'ERR_INVALID_ARGUMENT',
  UND_ERR_ABORTED: 'ERR_ABORTED',
  UND_ERR_DESTROYED: 'ERR_ABORTED',
  UND_ERR_CLOSED: 'ERR_ABORTED',
  UND_ERR_SOCKET: 'ERR_CONNECTION_CLOSED',
  UND_ERR_INFO: 'ERR_CONNECTION_CLOSED',
  ECONNREFUSED: 'ERR_CONNECTION_REFUSED',
  ECONNRESET: 'ERR_CONNECTION_RESET',
  EPIPE: 'ERR_CONNECTION_RESET',
  ECONNABORTED: 'ERR_CONNECTION_ABORTED',
  ETIMEDOUT: 'ERR_CONNECTION_TIMED_OUT',
  EHOSTUNREACH: 'ERR_ADDRESS_UNREACHABLE',
  EHOSTDOWN: 'ERR_ADDRESS_UNREACHABLE',
  ENETUNREACH: 'ERR_ADDRESS_UNREACHABLE',
  EAFNOSUPPORT: 'ERR_ADDRESS_UNREACHABLE',
  EADDRNOTAVAIL: 'ERR_ADDRESS_INVALID',
  ENETDOWN: 'ERR_INTERNET_DISCONNECTED',
  EACCES: 'ERR_NETWORK_ACCESS_DENIED',
  EPERM: 'ERR_NETWORK_ACCESS_DENIED',
  EMFILE: 'ERR_INSUFFICIENT_RESOURCES',
  ENFILE: 'ERR_INSUFFICIENT_RESOURCES',
  ENOTFOUND: 'ERR_NAME_NOT_RESOLVED',
  EAI_AGAIN: 'ERR_NAME_NOT_RESOLVED',
  ENODATA: 'ERR_NAME_NOT_RESOLVED',
  ERR_SSL_NO_PROTOCOLS_AVAILABLE: 'ERR_SSL_VERSION_OR_CIPHER_MISMATCH',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'ERR_SSL_VERSION_OR_CIPHER_MISMATCH',
  ERR_SSL_WRONG_VERSION_NUMBER: 'ERR_SSL_PROTOCOL_ERROR',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'ERR_SSL_VERSION_OR_CIPHER_MISMATCH',
  ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE: 'ERR_SSL_VERSION_OR_CIPHER_MISMATCH',
  ERR_SSL_SSL_TLS_ALERT_HANDSHAKE_FAILURE: 'ERR_SSL_VERSION_OR_CIPHER_MISMATCH',
  // Node makes the code from OpenSSL's words.
  'ERR_SSL_SSL/TLS_ALERT_HANDSHAKE_FAILURE': 'ERR_SSL_VERSION_OR_CIPHER_MISMATCH',
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'ERR_BAD_SSL_CLIENT_AUTH_CERT',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'ERR_BAD_SSL_CLIENT_AUTH_CERT',
};

/** Errors of Node's HTTP/2 and TLS, told by how their code begins. */
const netErrorByPrefix: readonly (readonly [string, NetErrorCode])[] = [
  ['ERR_HTTP2_', 'ERR_HTTP2_PROTOCOL_ERROR'],
  ['ERR_SSL_', 'ERR_SSL_PROTOCOL_ERROR'],
  ['ERR_TLS_', 'ERR_SSL_PROTOCOL_ERROR'],
];

/** How much of the response had come: nothing, the headers of one with a length, or of one whose body tells its end. */
export type Stage = 'before-response' | 'in-body' | 'in-chunks';

/** The stage of a response whose headers have come. */
export function stageOf(headers: IncomingHttpHeaders): Stage {
  return headers['content-length'] === undefined ? 'in-chunks' : 'in-body';
}

const lostByStage: Readonly<Record<Stage, NetErrorCode>> = {
  'before-response': 'ERR_EMPTY_RESPONSE',
  'in-body': 'ERR_CONTENT_LENGTH_MISMATCH',
  'in-chunks': 'ERR_INCOMPLETE_CHUNKED_ENCODING',
};

/**
 * A failure of the transport as a NetError; a NetError, and what is no failure of the transport (the reason of an
 * abort), come back as they are.
 */
export function toNetError(error: unknown, stage: Stage): Error {
  if (error instanceof NetError || !(error instanceof Error)) return error as Error;
  // Without its cause: undici puts the bytes that it could not read there, a server's secrets as likely as not.
  if (error.name === 'HTTPParserError') return new NetError(nameOfParserError(error, stage), error.message);
  const code = codeOf(error);
  const name = code === undefined ? undefined : nameOf(code, stage, error);
  return name ? new NetError(name, detailOf(error), { cause: error }) : error;
}

// undici 8 names none of its parser's errors.
function nameOfParserError(error: Error, stage: Stage): NetErrorCode {
  if (error.message.includes('Invalid EOF state')) return lostByStage[stage];
  return stage === 'before-response' ? 'ERR_INVALID_HTTP_RESPONSE' : 'ERR_INVALID_CHUNKED_ENCODING';
}

function codeOf(error: Error): string | undefined {
  // Happy Eyeballs reports all attempts at once; the first one is as good as any.
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors[0] as Error);
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'UND_ERR_SOCKET' && error.cause instanceof Error) return codeOf(error.cause) ?? code;
  return typeof code === 'string' ? code : undefined;
}

function nameOf(code: string, stage: Stage, error: Error): NetErrorCode | undefined {
  if (code === 'UND_ERR_SOCKET') {
    if (error.message === 'other side closed') return lostByStage[stage];
    if (error.message === 'bad response' || error.message === 'bad upgrade') return 'ERR_INVALID_HTTP_RESPONSE';
  }
  // undici's parser, about headers that are wrong in any way, once it has seen a Content-Length among them.
  if (code === 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH' && stage === 'before-response') return 'ERR_INVALID_HTTP_RESPONSE';
  const known = netErrorByCode[code] ?? netErrorByPrefix.find(([prefix]) => code.startsWith(prefix))?.[1];
  // The machine refused, in a way that has no name of its own. What has neither code nor call is the program's own.
  return known ?? ('syscall' in error ? 'ERR_FAILED' : undefined);
}

function detailOf(error: Error): string {
  // OpenSSL's message is full of addresses and source lines; Node keeps its last words apart.
  const { reason } = error as { readonly reason?: unknown };
  if (typeof reason === 'string') return `TLS failed: ${reason}`;
  if (error.message !== '') return error.message;
  return error instanceof AggregateError && error.errors[0] instanceof Error
    ? error.errors[0].message
    : 'no further detail';
}
