import { statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { zlib } from '../../util/builtins.ts';
import { StoreError } from '../../util/errors.ts';
import type { Span } from '../bodies.ts';
import type { BodyId } from './body-id.ts';

/*
 * A body in a file: its bytes, then the CRC-32 of each block of them (little endian). The id holds the CRC-32 of those.
 * So a part can be read, and every block is checked before it is handed out.
 */

/** Bytes of a block. */
export const blockBytes: number = 256 * 1024;
const checksumBytes = 4;
/** How much is read in one go: whole blocks. */
const readBytes = 4 * blockBytes;

/** The checksums of the blocks of a body that comes in pieces of any size. */
export class BlockChecksums {
  readonly #done: number[] = [];
  #current = 0;
  #filled = 0;

  add(bytes: Buffer): void {
    for (let at = 0; at < bytes.length; ) {
      const part = bytes.subarray(at, at + blockBytes - this.#filled);
      this.#current = zlib().crc32(part, this.#current);
      this.#filled += part.length;
      at += part.length;
      if (this.#filled === blockBytes) this.#endBlock();
    }
  }

  /** What goes behind the body. */
  finish(): Buffer {
    if (this.#filled > 0) this.#endBlock();
    const trailer = Buffer.alloc(this.#done.length * checksumBytes);
    for (const [i, checksum] of this.#done.entries()) trailer.writeUInt32LE(checksum, i * checksumBytes);
    return trailer;
  }

  #endBlock(): void {
    this.#done.push(this.#current);
    this.#current = 0;
    this.#filled = 0;
  }
}

/** Whether the file is there in its full length. */
export function isBodyFileWhole(path: string, { size }: BodyId): boolean {
  return statSync(path, { throwIfNoEntry: false })?.size === size + trailerBytes(size);
}

/** Reads a part, block by block. @throws {StoreError} If the file is gone, cannot be read, or is damaged. */
export async function* readBodyFile(path: string, id: BodyId, { start, end }: Span): AsyncIterable<Buffer> {
  const file = await open(path, 'r');
  try {
    const trailer = await readExactly(file, id.size, trailerBytes(id.size));
    if (zlib().crc32(trailer) !== id.checksum) throw damaged();
    const last = Math.min(end, id.size);
    for (let at = start - (start % readBytes); at < last; at += readBytes) {
      const bytes = await readExactly(file, at, Math.min(readBytes, id.size - at));
      checkBlocks(bytes, trailer, at / blockBytes);
      yield bytes.subarray(Math.max(0, start - at), last - at);
    }
  } finally {
    await file.close();
  }
}

async function readExactly(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  const { bytesRead } = await file.read(bytes, 0, length, position);
  if (bytesRead !== length) throw damaged();
  return bytes;
}

function checkBlocks(bytes: Buffer, trailer: Buffer, firstBlock: number): void {
  for (let at = 0, block = firstBlock; at < bytes.length; at += blockBytes, block++) {
    const expected = trailer.readUInt32LE(block * checksumBytes);
    if (zlib().crc32(bytes.subarray(at, at + blockBytes)) !== expected) throw damaged();
  }
}

function trailerBytes(size: number): number {
  return Math.ceil(size / blockBytes) * checksumBytes;
}

function damaged(): StoreError {
  return new StoreError('ERR_STORE_CORRUPT', 'Cannot read a body: its file is damaged');
}
