import type { Bodies, BodyWriter } from '../storage/bodies.ts';
import { CachedResponse, type Reading } from './cached-response.ts';
import type { StoredResponse } from './stored-response.ts';

/** A response that is about to be stored; its body is still to come. */
export type Draft = Omit<StoredResponse, 'size' | 'body' | 'usedAt'>;

/** What a writer needs of the cache. */
export interface WriterHost {
  readonly bodies: Bodies;
  /** A body larger than this is not stored. */
  readonly maxBodyBytes: number;
  /** A body up to this size stays in memory, too. */
  readonly maxMemoryBodyBytes: number;
  /** The body is safe. */
  readonly onWritten: (writer: CacheWriter, response: CachedResponse) => void;
  /** The writer will not store anything. */
  readonly onDropped: (writer: CacheWriter) => void;
}

/**
 * Stores one response while it is being received. Owned by HttpCache until it was written or dropped.
 *
 * A failure of the disk is no failure of the response: the writer drops itself.
 */
export class CacheWriter {
  readonly draft: Draft;
  /** What the headers of the draft say. */
  readonly known: Reading;
  readonly #host: WriterHost;
  readonly #chunks: Buffer[] = [];
  readonly #body: BodyWriter;
  #size = 0;
  #state: 'open' | 'finishing' | 'closed' = 'open';
  #finishing: Promise<void> | undefined;

  constructor(host: WriterHost, draft: Draft, known: Reading) {
    this.#host = host;
    this.draft = draft;
    this.known = known;
    this.#body = host.bodies.create();
  }

  /** Bytes so far. */
  get size(): number {
    return this.#size;
  }

  /** Takes the next bytes; a promise when the caller should wait for the disk. */
  write(chunk: Buffer): Promise<void> | undefined {
    if (this.#state !== 'open') return undefined;
    this.#size += chunk.byteLength;
    if (this.#size > this.#host.maxBodyBytes) {
      this.drop();
      return undefined;
    }
    if (this.#size <= this.#host.maxMemoryBodyBytes) this.#chunks.push(chunk);
    else this.#chunks.length = 0;
    const waits = this.#body.write(chunk);
    return waits?.catch(() => this.drop());
  }

  /**
   * The body is here. `changes` are what only its end has shown: above all, which part of the representation it is.
   * Returns a promise while the disk is busy; it never rejects.
   */
  finish(changes: Partial<Draft>): Promise<void> | undefined {
    if (this.#state !== 'open') return undefined;
    this.#state = 'finishing';
    const body = this.#size <= this.#host.maxMemoryBodyBytes ? joined(this.#chunks) : undefined;
    const id = this.#size > 0 ? this.#body.commit() : undefined;
    const done = (name: string | undefined): void => this.#written(name, { ...this.draft, ...changes }, body);
    if (typeof id === 'object') this.#finishing = id.then(done).catch(() => this.drop());
    else done(id);
    return this.#finishing;
  }

  /** Finishes what has come to its end, and drops what has not. */
  async close(): Promise<void> {
    if (this.#state === 'finishing') await this.#finishing;
    else this.drop();
  }

  /** Stores nothing, whatever came so far. */
  drop(): void {
    if (this.#state === 'closed') return;
    if (this.#state === 'open') this.#body.abort();
    this.#state = 'closed';
    this.#chunks.length = 0;
    this.#host.onDropped(this);
  }

  #written(body: string | undefined, draft: Draft, bytes: Buffer | undefined): void {
    // Dropped while the disk was busy: by a clear, or because the URL was invalidated.
    if (this.#state === 'closed') {
      if (body !== undefined) this.#host.bodies.delete(body);
      return;
    }
    this.#state = 'closed';
    this.#chunks.length = 0;
    const stored = { ...draft, size: this.#size, body, usedAt: draft.responseTime };
    const known = draft.headers === this.draft.headers ? this.known : undefined;
    this.#host.onWritten(this, new CachedResponse(stored, bytes, known));
  }
}

function joined(chunks: readonly Buffer[]): Buffer {
  return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
}
