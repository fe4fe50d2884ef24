/*
 * SojournError (code)
 *   NetError      the network said no; extends TypeError as fetch wants; code is Chromium's name, errno its number; a retry may help
 *   StateError    the wrong time for the call: ERR_SESSION_CLOSED; fix the program
 *   StoreError    a store failed: ERR_STORE_CORRUPT, ERR_STORE_READONLY; cause is the driver's error
 * bad argument    TypeError or RangeError with code ERR_INVALID_OPTION; fix the call
 */
import { netErrorNumbers, type NetErrorCode } from './net-error-codes.ts';

export type { NetErrorCode } from './net-error-codes.ts';

/** Codes of errors that are not Chromium's. */
export type SojournErrorCode =
  /** An argument or option has a wrong type, range or form. */
  | 'ERR_INVALID_OPTION'
  /** The session was closed or destroyed before the call. */
  | 'ERR_SESSION_CLOSED'
  /** The call came too early or too late, as setting a header of a request that was sent. */
  | 'ERR_INVALID_STATE'
  /** Something else of the library's was closed before the call. */
  | 'ERR_CLOSED'
  /** A browser is needed, and there is none. */
  | 'ERR_NO_BROWSER'
  /** The store did not answer in time because another process holds it. */
  | 'ERR_STORE_BUSY'
  /** The store's file is not ours or is damaged; it was set aside. */
  | 'ERR_STORE_CORRUPT'
  /** The store's file cannot be written. */
  | 'ERR_STORE_READONLY'
  /** The disk is full. */
  | 'ERR_STORE_FULL'
  /** The store was made by a newer version. */
  | 'ERR_STORE_VERSION'
  /** Any other failure of the store. */
  | 'ERR_STORE_FAILED'
  /** A cookie was refused; the message says why in Chromium's words. */
  | 'ERR_COOKIE_REFUSED'
  /** A text given to `cookies.import` cannot be read; the message names line and column. */
  | 'ERR_IMPORT_MALFORMED'
  /** The body of a response does not match `init.integrity`. */
  | 'ERR_INTEGRITY_MISMATCH';

const brand: unique symbol = Symbol.for('sojourn.error') as never;

/**
 * The root of every error that Sojourn makes for a reason of its own.
 *
 * @example Tell them apart by `code`
 * import { SojournError } from 'sojourn';
 * const error = new SojournError('ERR_CLOSED', 'Cannot read: it is closed');
 * console.assert(SojournError.is(error) && error.code === 'ERR_CLOSED');
 */
export class SojournError extends Error {
  override readonly name: string = 'SojournError';
  readonly code: SojournErrorCode;

  constructor(code: SojournErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
    markAsOurs(this);
  }

  /** Whether `value` is an error of this library, whichever copy of the package made it. */
  static is(value: unknown): value is SojournError | NetError {
    return typeof value === 'object' && value !== null && brand in value;
  }
}

/** The call came at the wrong time, on something closed. */
export class StateError extends SojournError {
  override readonly name = 'StateError';
}

/** A store failed; `cause` is the driver's error. */
export class StoreError extends SojournError {
  override readonly name = 'StoreError';
}

/**
 * The network refused or failed.
 *
 * `code` is Chromium's name without the `net::` prefix, `errno` its negative number.
 *
 * @see Chromium net/base/net_error_list.h
 */
export class NetError extends TypeError {
  override readonly name = 'NetError';
  readonly code: NetErrorCode;
  readonly errno: number;

  constructor(code: NetErrorCode, detail?: string, options?: ErrorOptions) {
    super(detail ? `net::${code}: ${detail}` : `net::${code}`, options);
    this.code = code;
    this.errno = netErrorNumbers[code];
    markAsOurs(this);
  }
}

/** A bad argument: wrong type. */
export function invalidType(message: string): TypeError {
  return Object.assign(new TypeError(message), { code: 'ERR_INVALID_OPTION' as const });
}

/** A bad argument: right type, value out of range. */
export function invalidRange(message: string): RangeError {
  return Object.assign(new RangeError(message), { code: 'ERR_INVALID_OPTION' as const });
}

function markAsOurs(error: Error): void {
  Object.defineProperty(error, brand, { value: true });
}
