import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { fileError } from './read-input.ts';

/**
 * A file that is there when it is complete, and not before: what was at its place stays until then.
 *
 * Written under the name `FILE.PID.part`, then renamed. A device or pipe is written at once.
 */
export class OutputFile {
  readonly #file: string;
  readonly #target: string;
  readonly #part: string | undefined;
  readonly #handle: FileHandle;
  #bytes = 0;
  #isOver = false;

  private constructor(file: string, { target, part, handle }: Opened) {
    this.#file = file;
    this.#target = target;
    this.#part = part;
    this.#handle = handle;
  }

  /** @param mode - Its permissions. Default: those of what was there, else those of any new file. */
  static async open(file: string, mode?: number): Promise<OutputFile> {
    try {
      return new OutputFile(file, await openTarget(file, mode));
    } catch (error) {
      throw fileError('write', file, error as NodeJS.ErrnoException);
    }
  }

  /** How many bytes were written. */
  get bytes(): number {
    return this.#bytes;
  }

  async write(chunk: Uint8Array): Promise<void> {
    for (let written = 0; written < chunk.byteLength; ) {
      const { bytesWritten } = await this.#handle.write(chunk, written).catch(error => {
        throw fileError('write', this.#file, error as NodeJS.ErrnoException);
      });
      written += bytesWritten;
    }
    this.#bytes += chunk.byteLength;
  }

  /** It is complete. */
  async commit(): Promise<void> {
    this.#isOver = true;
    await this.#handle.close();
    if (this.#part !== undefined) await rename(this.#part, this.#target);
  }

  /** It will not be complete, unless it is already: nothing stays of it. */
  async discard(): Promise<void> {
    if (this.#isOver) return;
    this.#isOver = true;
    await this.#handle.close();
    if (this.#part !== undefined) await rm(this.#part, { force: true });
  }
}

interface Opened {
  /** Where it is in the end. */
  readonly target: string;
  /** Where it is until then; undefined when that is the same. */
  readonly part: string | undefined;
  readonly handle: FileHandle;
}

async function openTarget(file: string, mode: number | undefined): Promise<Opened> {
  // Through links, so that a link stays one.
  const target = await realpath(file).catch(() => file);
  const existing = await stat(target).catch(() => undefined);
  if (existing && !existing.isFile()) return { target, part: undefined, handle: await open(target, 'w') };
  const part = `${target}.${process.pid}.part`;
  return { target, part, handle: await open(part, 'w', mode ?? (existing ? existing.mode & 0o777 : 0o666)) };
}
