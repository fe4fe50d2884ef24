import { createPrivateFile } from './private-file.ts';

/**
 * Runs `action` while no other process, and no other store of this one, runs one under the same lock.
 *
 * The lock is SQLite's own on a file that stays empty: the kernel lets go of it when the process ends, however it ends.
 *
 * @throws {Error} The driver's, when the lock is not free within `timeoutMs`.
 */
export function withFileLock<R>(path: string, timeoutMs: number, action: () => R): R {
  createPrivateFile(path);
  const { DatabaseSync } = process.getBuiltinModule('node:sqlite');
  const lock = new DatabaseSync(path, { timeout: timeoutMs });
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return action();
  } finally {
    lock.close();
  }
}
