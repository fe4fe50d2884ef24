import { NetError } from '../util/errors.ts';

/** Interim responses (1xx) that a server may send before the final one. */
export const maxInterimResponses = 100;

/** What becomes of a request whose server sends more. */
export function tooManyInterimResponses(): NetError {
  return new NetError(
    'ERR_RESPONSE_HEADERS_TOO_BIG',
    `The server sent more than ${maxInterimResponses} interim responses`,
  );
}
