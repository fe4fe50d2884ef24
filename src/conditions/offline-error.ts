import { NetError } from '../util/errors.ts';

/** What everything fails with while the network is emulated as offline. */
export function offlineError(): NetError {
  return new NetError('ERR_INTERNET_DISCONNECTED', 'Cannot reach the network: it is emulated as offline');
}
