import { mkdir, open, rm, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { zlib } from '../../util/builtins.ts';
import { StoreError } from '../../util/errors.ts';
import { BlockChecksums } from './body-file.ts';
import type { BodyId } from './body-id.ts';
import { storeFailure } from './store-failure.ts';

/** Above this much waiting for the disk, the caller is asked to wait, too. */
const maxQueuedBytes = 1024 * 1024;

/** Writes one body, with the checksums of its blocks, to a new file. Owned by the BodyWriter that fills it. */
export class BodyFileWriter {
  readonly path: string;
  readonly #checksums = new BlockChecksums();
  readonly #file: Promise<FileHandle>;
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #size = 0;
  #draining: Promise<void> | undefined;
  #failure: StoreError | undefined;

  constructor(path: string) {
    this.path = path;
    this.#file = openNew(path);
    // Met again by whoever drains.
    this.#file.catch(() => {});
  }

  /** Returns a promise when the caller should wait. @throws {StoreError} (the promise) If the disk failed. */
  write(chunk: Buffer): Promise<void> | undefined {
    if (this.#failure) return Promise.reject(this.#failure);
    this.#checksums.add(chunk);
    this.#size += chunk.length;
    this.#enqueue(chunk);
    return this.#queuedBytes > maxQueuedBytes ? this.#draining : undefined;
  }

  /** Writes what is left and closes. @throws {StoreError} If the disk failed; the file is then still to be removed. */
  async finish(): Promise<Pick<BodyId, 'size' | 'checksum'>> {
    const trailer = this.#checksums.finish();
    this.#enqueue(trailer);
    await this.#draining;
    if (this.#failure) throw this.#failure;
    await (await this.#file).close();
    return { size: this.#size, checksum: zlib().crc32(trailer) };
  }

  /** Closes and removes the file; never rejects. */
  async remove(): Promise<void> {
    this.#queue = [];
    this.#failure ??= new StoreError('ERR_STORE_FAILED', 'Cannot write a body: it was given up');
    try {
      await this.#draining?.catch(() => {});
      await (await this.#file).close();
      await rm(this.path, { force: true });
    } catch {
      // The file system's error: it was not made, or it stays for the next sweep.
    }
  }

  #enqueue(chunk: Buffer): void {
    this.#queue.push(chunk);
    this.#queuedBytes += chunk.length;
    if (this.#draining) return;
    this.#draining = this.#drain();
    // Who waits meets it; who does not meets #failure.
    this.#draining.catch(() => {});
  }

  async #drain(): Promise<void> {
    try {
      const file = await this.#file;
      while (this.#queue.length > 0) {
        const chunks = this.#queue;
        this.#queue = [];
        this.#queuedBytes -= await writeAll(file, chunks);
      }
    } catch (error) {
      this.#failure = storeFailure('write a body', error);
      throw this.#failure;
    } finally {
      this.#draining = undefined;
    }
  }
}

/** Returns how many bytes that were. */
async function writeAll(file: FileHandle, chunks: Buffer[]): Promise<number> {
  const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const { bytesWritten } = await file.writev(chunks);
  // A write cut short, as by a disk that is nearly full; what follows tells why, or goes through.
  if (bytesWritten < size) await file.writeFile(Buffer.concat(chunks).subarray(bytesWritten));
  return size;
}

async function openNew(path: string): Promise<FileHandle> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  return open(path, 'wx', 0o600);
}
