import { type Clock, systemClock } from '../util/clock.ts';
import type { StoreError } from '../util/errors.ts';
import { MemoryStore } from './memory/memory-store.ts';
import { SqliteStore } from './sqlite/sqlite-store.ts';
import type { Store } from './store.ts';

/** Where a store is to live. */
export interface OpenStoreOptions {
  /** Made when it is not there, readable by the user alone. undefined: in memory. */
  readonly directory: string | undefined;
  readonly clock?: Clock;
  /**
   * Told, never in the caller's turn, of what no caller is told otherwise: a file that was set aside (the message names
   * it), a disk that began to fail, records that could not be read.
   */
  readonly onProblem: (error: StoreError) => void;
}

/**
 * Opens the store of a session, in the moment: at a million records as at none.
 *
 * @throws {StoreError} If the file was made by a newer version; `code` is `ERR_STORE_VERSION`.
 */
export function openStore({ directory, clock = systemClock, onProblem }: OpenStoreOptions): Store {
  return directory === undefined ? new MemoryStore() : new SqliteStore({ directory, clock, onProblem });
}
