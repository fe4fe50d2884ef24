import { chmodSync, closeSync, openSync, statSync } from 'node:fs';

/** Makes an empty file that only the user may read; a file that exists is left alone. */
export function createPrivateFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}

/** Takes others' rights to a file away, if it exists and they have any. */
export function makePrivate(path: string): void {
  if (process.platform === 'win32') return;
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat && (stat.mode & 0o077) !== 0) chmodSync(path, 0o600);
}

/** The inode of the file at `path`; undefined when there is none. */
export function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}
