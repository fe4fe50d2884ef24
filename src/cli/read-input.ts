import { createReadStream } from 'node:fs';

/**
 * Reads a file that the command line names; `-` is standard input.
 *
 * @param maxBytes - Default: no limit.
 * @throws {Error} That names the file.
 */
export async function readInput(
  file: string,
  maxBytes: number = Number.POSITIVE_INFINITY,
): Promise<Buffer<ArrayBuffer>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of file === '-' ? process.stdin : createReadStream(file)) {
      chunks.push(chunk as Buffer);
      bytes += (chunk as Buffer).byteLength;
      if (bytes > maxBytes) throw new Error(`it has more than ${maxBytes} bytes`);
    }
  } catch (error) {
    throw fileError('read', file === '-' ? 'standard input' : file, error as NodeJS.ErrnoException);
  }
  return Buffer.concat(chunks);
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
