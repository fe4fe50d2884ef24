import { errors } from 'undici';
import { expect, test } from 'vitest';
import { NetError, StateError } from '../util/errors.ts';
import { type Stage, stageOf, toNetError } from './net-error.ts';

const systemError = (code: string): Error => Object.assign(new Error(`connect ${code}`), { code, syscall: 'connect' });
const coded = (code: string): Error => Object.assign(new Error(code), { code });

test.each<[sentence: string, error: Error, stage: Stage, code: string]>([
  ['refused', systemError('ECONNREFUSED'), 'before-response', 'ERR_CONNECTION_REFUSED'],
  ['reset', systemError('ECONNRESET'), 'in-body', 'ERR_CONNECTION_RESET'],
  ['a pipe that broke', systemError('EPIPE'), 'before-response', 'ERR_CONNECTION_RESET'],
  ['no route', systemError('EHOSTUNREACH'), 'before-response', 'ERR_ADDRESS_UNREACHABLE'],
  ['no network', systemError('ENETDOWN'), 'before-response', 'ERR_INTERNET_DISCONNECTED'],
  ['no such name', systemError('ENOTFOUND'), 'before-response', 'ERR_NAME_NOT_RESOLVED'],
  ['no more sockets', systemError('EMFILE'), 'before-response', 'ERR_INSUFFICIENT_RESOURCES'],
  ['a call that fails in a way of its own', systemError('EWEIRD'), 'before-response', 'ERR_FAILED'],
  [
    'all addresses at once',
    new AggregateError([systemError('ETIMEDOUT')]),
    'before-response',
    'ERR_CONNECTION_TIMED_OUT',
  ],
  ['the headers took too long', new errors.HeadersTimeoutError(), 'before-response', 'ERR_TIMED_OUT'],
  ['the body took too long', new errors.BodyTimeoutError(), 'in-body', 'ERR_TIMED_OUT'],
  ['headers too long', new errors.HeadersOverflowError(), 'before-response', 'ERR_RESPONSE_HEADERS_TOO_BIG'],
  ['closed before a word', new errors.SocketError('other side closed'), 'before-response', 'ERR_EMPTY_RESPONSE'],
  [
    'closed within a body with a length',
    new errors.SocketError('other side closed'),
    'in-body',
    'ERR_CONTENT_LENGTH_MISMATCH',
  ],
  ['closed within chunks', new errors.SocketError('other side closed'), 'in-chunks', 'ERR_INCOMPLETE_CHUNKED_ENCODING'],
  ['an upgrade unasked', new errors.SocketError('bad upgrade'), 'before-response', 'ERR_INVALID_HTTP_RESPONSE'],
  ['an option of undici', new errors.InvalidArgumentError('no'), 'before-response', 'ERR_INVALID_ARGUMENT'],
  ['HTTP/2', coded('ERR_HTTP2_STREAM_ERROR'), 'in-body', 'ERR_HTTP2_PROTOCOL_ERROR'],
  ['TLS', coded('ERR_SSL_BAD_RECORD_TYPE'), 'before-response', 'ERR_SSL_PROTOCOL_ERROR'],
  [
    'no cipher in common',
    coded('ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE'),
    'before-response',
    'ERR_SSL_VERSION_OR_CIPHER_MISMATCH',
  ],
])('%s', (_, error, stage, code) => {
  expect(toNetError(error, stage)).toMatchObject({ name: 'NetError', code, cause: error });
});

test.each<[sentence: string, reason: unknown]>([
  ['a NetError', new NetError('ERR_ABORTED')],
  ["the session's refusal", new StateError('ERR_SESSION_CLOSED', 'closed')],
  ["a program's own error", new Error('mine')],
  ['the reason of an abort', new DOMException('aborted', 'AbortError')],
  ['a reason that is no error', 'enough'],
  ['no reason at all', undefined],
])('%s comes back as it is', (_, reason) => {
  expect(toNetError(reason, 'before-response')).toBe(reason);
});

test('what a parser could not read is not kept', () => {
  const error = Object.assign(new Error('Invalid header token'), {
    name: 'HTTPParserError',
    data: 'Set-Cookie: s3cret',
  });
  const named = toNetError(error, 'before-response');
  expect(named).toMatchObject({ code: 'ERR_INVALID_HTTP_RESPONSE' });
  expect(named.cause).toBeUndefined();
});

test('a length in the headers tells how a body ends', () => {
  expect([stageOf({ 'content-length': '5' }), stageOf({})]).toEqual(['in-body', 'in-chunks']);
});
