import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a directory that only its user can enter, and those above it that are missing.
 *
 * Level by level: Node's own recursive way never returns where a parent refuses with ENOENT, as below /proc.
 */
export function makePrivateDirectory(path: string): void {
  const parent = dirname(path);
  if (make(path) || parent === path) return;
  makePrivateDirectory(parent);
  mkdirUnlessThere(path);
}

/** Whether the directory is there now; false when its parent is missing. */
function make(path: string): boolean {
  try {
    mkdirUnlessThere(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** Another process may be making it at the same moment. */
function mkdirUnlessThere(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
}
