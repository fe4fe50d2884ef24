import { readdirSync } from 'node:fs';
import { readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '../../util/clock.ts';
import type { Span } from '../bodies.ts';
import { isBodyFileWhole, readBodyFile } from './body-file.ts';
import { BodyFileWriter } from './body-file-writer.ts';
import { type BodyId, makeBodyId, parseBodyId } from './body-id.ts';
import { storeFailure } from './store-failure.ts';

/** Behind the name of a file that is being written; before it, a name that shows its age. */
const unfinished = '.part';

/** The bodies that are files, named by their ids, in one directory. Owned by SqliteBodies. */
export class BodyFiles {
  readonly #directory: string;
  readonly #clock: Clock;
  readonly #writers = new Set<BodyFileWriter>();
  /** What is still being done. None of them rejects. */
  readonly #tasks = new Set<Promise<unknown>>();

  constructor(directory: string, clock: Clock) {
    this.#directory = directory;
    this.#clock = clock;
  }

  /** Begins a file that nobody can read yet. */
  create(): BodyFileWriter {
    const name = this.#newId({ size: 0, checksum: 0 }) + unfinished;
    const writer = new BodyFileWriter(join(this.#directory, name));
    this.#writers.add(writer);
    return writer;
  }

  /** Gives a file its final name, which is returned. @throws {StoreError} If the disk failed. */
  async commit(writer: BodyFileWriter): Promise<string> {
    try {
      const id = this.#newId(await writer.finish());
      await rename(writer.path, join(this.#directory, id));
      this.#writers.delete(writer);
      return id;
    } catch (error) {
      this.abort(writer);
      throw storeFailure('write a body', error);
    }
  }

  abort(writer: BodyFileWriter): void {
    if (this.#writers.delete(writer)) this.#track(writer.remove());
  }

  isWhole(name: string, id: BodyId): boolean {
    return isBodyFileWhole(join(this.#directory, name), id);
  }

  /** @throws {StoreError} If the file is gone or damaged. */
  async *read(name: string, id: BodyId, span: Span): AsyncIterable<Buffer> {
    try {
      yield* readBodyFile(join(this.#directory, name), id, span);
    } catch (error) {
      throw storeFailure('read a body', error);
    }
  }

  delete(name: string): void {
    // ENOENT, or a disk that fails: what stays is left for the sweep.
    this.#track(rm(join(this.#directory, name)).catch(() => {}));
  }

  /** Deletes the finished files that are there now. */
  clear(): void {
    for (const name of this.#finished()) this.delete(name);
  }

  /** Deletes what was begun before `before` and is not known. Returns how many. */
  async sweep(isKnown: (id: string) => boolean, before: number): Promise<number> {
    const names = await readdir(this.#directory).catch(() => []); // ENOENT: there never was a file
    const orphans = names.filter(name => {
      const id = parseBodyId(name.endsWith(unfinished) ? name.slice(0, -unfinished.length) : name);
      return id !== undefined && id.createdAt < before && !isKnown(name);
    });
    for (const name of orphans) await rm(join(this.#directory, name)).catch(() => {}); // ENOENT: another process was faster
    return orphans.length;
  }

  /** Gives up what is being written, and waits for the disk. */
  async close(): Promise<void> {
    for (const writer of this.#writers) this.abort(writer);
    await Promise.all(this.#tasks);
  }

  #newId(body: Pick<BodyId, 'size' | 'checksum'>): string {
    return makeBodyId({ kind: 'file', createdAt: this.#clock.now(), ...body });
  }

  #finished(): string[] {
    try {
      return readdirSync(this.#directory).filter(name => parseBodyId(name) !== undefined);
    } catch {
      // ENOENT: there never was a file.
      return [];
    }
  }

  #track(task: Promise<unknown>): void {
    this.#tasks.add(task);
    void task.finally(() => this.#tasks.delete(task));
  }
}
