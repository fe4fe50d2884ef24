import { StoreError } from '../../util/errors.ts';
import type { Bodies, BodyWriter, Span } from '../bodies.ts';

/** Bodies that end with the process. Owned by MemoryStore. */
export class MemoryBodies implements Bodies {
  readonly #assertOpen: () => void;
  readonly #bodies = new Map<string, Buffer>();
  #next = 0;

  constructor(assertOpen: () => void) {
    this.#assertOpen = assertOpen;
  }

  create(): BodyWriter {
    this.#assertOpen();
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
    this.#assertOpen();
    return this.#bodies.get(id);
  }

  async *read(id: string, { start, end }: Span): AsyncIterable<Buffer> {
    this.#assertOpen();
    const body = this.#bodies.get(id);
    if (!body) throw new StoreError('ERR_STORE_FAILED', 'Cannot read a body: it is gone');
    yield body.subarray(start, end);
  }

  delete(id: string): void {
    this.#assertOpen();
    this.#bodies.delete(id);
  }

  clear(): void {
    this.#assertOpen();
    this.#bodies.clear();
  }

  /** Nothing is left behind: there is one process, and it keeps body and record alike. */
  async sweep(): Promise<number> {
    this.#assertOpen();
    return 0;
  }
}
