import { invalidType } from './errors.ts';
import { describe } from './options.ts';

/** A callback of the v0.36 API. */
export type Callback<T extends unknown[]> = (...args: T) => void;

/**
 * Joins the two eras of Electron's API: returns the promise, and calls `callback` when one was given.
 *
 * The callback runs once, never in the caller's turn; an exception in it is the program's own and is not caught. With a
 * callback the returned promise never rejects unhandled.
 */
export function withCallback<T, A extends unknown[]>(
  promise: Promise<T>,
  callback: Callback<A> | undefined,
  outcome: { readonly ok: (value: T) => A; readonly failed: (error: Error) => A },
): Promise<T> {
  if (!callback) return promise;
  promise.then(
    value => process.nextTick(callback, ...outcome.ok(value)),
    error => process.nextTick(callback, ...outcome.failed(error as Error)),
  );
  return promise;
}

/** Checks a trailing callback argument. @throws {TypeError} If it is given and no function. */
export function readCallback<C extends (...args: never[]) => unknown>(action: string, input: unknown): C | undefined {
  if (input === undefined || typeof input === 'function') return input as C | undefined;
  throw invalidType(`Cannot ${action}: callback must be a function, got ${describe(input)}`);
}

/** The outcome of most calls: `callback(error)` on failure, `callback()` on success. */
export const errorOnly: { ok: () => []; failed: (error: Error) => [Error] } = {
  ok: () => [],
  failed: error => [error],
};
