import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';

/**
 * Reads a file that the command line names; `-` is standard input.
 *
 * @throws {Error} That names the file.
 */
export async function readInput(file: string): Promise<Buffer<ArrayBuffer>> {
  return file === '-'
    ? buffer(process.stdin)
    : readFile(file).catch(error => Promise.reject(fileError('read', file, error)));
}

/** What is wrong with a file, in words. */
export function fileError(action: 'read' | 'write', file: string, cause: NodeJS.ErrnoException): Error {
  const reasons: Record<string, string> = {
    ENOENT: action === 'read' ? 'there is no such file' : 'there is no such directory',
    EISDIR: 'it is a directory',
    EACCES: 'it is not allowed',
    ENOSPC: 'the disk is full',
  };
  const reason = reasons[cause.code ?? ''] ?? cause.message;
  return Object.assign(new Error(`Cannot ${action} "${file}": ${reason}`, { cause }), { code: cause.code });
}
