import { invalidType, NetError } from './errors.ts';
import { netErrorNumbers } from './net-error-codes.ts';
import { describe } from './options.ts';

/** What a callback of the v0.36 API is called with. */
export interface Outcome<T, A extends unknown[]> {
  readonly ok: (value: T) => A;
  readonly failed: (error: Error) => A;
}

/**
 * Joins the two eras of Electron's API: runs `action`, returns its promise, and calls `callback` when one was given.
 *
 * `action` checks its arguments before it returns: what it throws is thrown at once when there is a callback, and rejects
 * otherwise. The callback runs once, never in the caller's turn; an exception in it is the program's own.
 */
export function settle<T, A extends unknown[]>(
  callback: ((...args: A) => void) | undefined,
  outcome: Outcome<T, A>,
  action: () => Promise<T>,
): Promise<T> {
  let promise: Promise<T>;
  try {
    promise = action();
  } catch (error) {
    if (callback) throw error;
    return Promise.reject(error);
  }
  if (!callback) return promise;
  promise.then(
    value => process.nextTick(callback, ...outcome.ok(value)),
    error => process.nextTick(callback, ...outcome.failed(error as Error)),
  );
  return promise;
}

/** Reads a trailing callback. @throws {TypeError} If it is given and no function. */
export function readCallback<C extends (...args: never[]) => unknown>(action: string, input: unknown): C | undefined {
  if (input === undefined || typeof input === 'function') return input as C | undefined;
  throw invalidType(`Cannot ${action}: callback must be a function, got ${describe(input)}`);
}

/** The outcome of most calls: `callback(error)` on failure, `callback()` on success. */
export const errorOnly: Outcome<unknown, [error?: Error]> = { ok: () => [], failed: error => [error] };

/** The outcome of calls that tell a number: 0, or that of the network error. */
export const errorNumber: Outcome<unknown, [result: number]> = {
  ok: () => [0],
  failed: error => [error instanceof NetError ? error.errno : netErrorNumbers.ERR_FAILED],
};
