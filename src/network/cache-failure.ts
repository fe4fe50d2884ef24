import type { FetchFailure } from '../cache/reuse.ts';
import { NetError, type NetErrorCode } from '../util/errors.ts';
import { toNetError } from './net-error.ts';

/** The origin cannot be reached, or went away before it answered: nothing that the session or its user decided. */
const unreachable: ReadonlySet<NetErrorCode> = new Set([
  'ERR_TIMED_OUT',
  'ERR_CONNECTION_CLOSED',
  'ERR_CONNECTION_RESET',
  'ERR_CONNECTION_REFUSED',
  'ERR_CONNECTION_ABORTED',
  'ERR_CONNECTION_FAILED',
  'ERR_CONNECTION_TIMED_OUT',
  'ERR_NAME_NOT_RESOLVED',
  'ERR_NAME_RESOLUTION_FAILED',
  'ERR_ADDRESS_UNREACHABLE',
  'ERR_EMPTY_RESPONSE',
]);

/** What kind of failure an error is to `mayUseAfterFailure`. */
export function failureKind(error: Error): FetchFailure {
  const named = toNetError(error, 'before-response');
  if (!(named instanceof NetError)) return 'other';
  if (unreachable.has(named.code)) return 'unreachable';
  // An outage, emulated too, is an error to stale-if-error, but no reason to be stale without leave.
  return named.code === 'ERR_INTERNET_DISCONNECTED' ? 'error-status' : 'other';
}
