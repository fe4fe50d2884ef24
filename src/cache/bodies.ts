/** A body that is being written. Nobody can read it before it is committed. */
export interface BodyWriter {
  /** Takes the next bytes; a promise when the caller should wait for it before it gives more. */
  write(chunk: Buffer): Promise<void> | undefined;
  /** Makes the body readable under the id that is returned, at once when it is small. */
  commit(): string | Promise<string>;
  /** Throws the bytes away. */
  abort(): void;
}

/** Where the bodies of stored responses are kept. */
export interface Bodies {
  create(): BodyWriter;
  /**
   * The whole body, when it can be had without waiting; `'later'` when it has to be read piece by piece; undefined when
   * it is gone or damaged.
   */
  readNow(id: string): Buffer | 'later' | undefined;
  /** Reads bytes `start` up to `end`. @throws {StoreError} If the body is gone or damaged. */
  read(id: string, span: { readonly start: number; readonly end: number }): AsyncIterable<Buffer>;
  delete(id: string): void;
  clear(): void;
}

/** Bodies that end with the process. */
export class MemoryBodies implements Bodies {
  readonly #bodies = new Map<string, Buffer>();
  #next = 0;

  create(): BodyWriter {
    let chunks: Buffer[] = [];
    return {
      write: chunk => void chunks.push(chunk),
      commit: () => {
        const id = String(this.#next++);
        this.#bodies.set(id, Buffer.concat(chunks));
        return id;
      },
      abort: () => {
        chunks = [];
      },
    };
  }

  readNow(id: string): Buffer | undefined {
    return this.#bodies.get(id);
  }

  async *read(id: string, span: { readonly start: number; readonly end: number }): AsyncIterable<Buffer> {
    const body = this.#bodies.get(id);
    if (body) yield body.subarray(span.start, span.end);
  }

  delete(id: string): void {
    this.#bodies.delete(id);
  }

  clear(): void {
    this.#bodies.clear();
  }
}
