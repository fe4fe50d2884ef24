import type { Dispatcher } from 'undici';
import { NetError } from '../util/errors.ts';
import { describe } from '../util/options.ts';
import type { RequestBody } from './request-body.ts';

/** Where a streamed body comes from. */
export interface BodySource {
  /** The next chunk, or the end. */
  next(): Promise<{ readonly done?: boolean | undefined; readonly value?: unknown }>;
  cancel(reason: unknown): void;
  /** Whether a chunk may be a string. */
  readonly takesText: boolean;
}

/** A body that is sent as it comes, once. It asks its source for a chunk when the connection has taken the last one. */
export class StreamedBody implements RequestBody {
  readonly contentType = undefined;
  readonly contentLength = undefined;
  readonly replayable = false;
  readonly #source: BodySource;
  #ended: { readonly reason: unknown } | undefined;

  constructor(source: BodySource) {
    this.#source = source;
  }

  open(): Dispatcher.DispatchOptions['body'] {
    // undici takes every async iterable, and says so only of Node's streams.
    return this.#read() as never;
  }

  cancel(reason: unknown): void {
    if (this.#ended) return;
    this.#ended = { reason };
    this.#source.cancel(reason);
  }

  async *#read(): AsyncGenerator<Uint8Array | string> {
    try {
      for (;;) {
        const { done, value } = await this.#next();
        // A source that was cancelled looks as if it had come to its end; what was sent must not look whole.
        if (this.#ended) throw this.#ended.reason;
        if (done) break;
        yield this.#check(value);
      }
      this.#ended = { reason: undefined };
    } finally {
      this.cancel(new DOMException('The rest of the body is not wanted', 'AbortError'));
    }
  }

  async #next(): Promise<{ readonly done?: boolean | undefined; readonly value?: unknown }> {
    try {
      return await this.#source.next();
    } catch (cause) {
      throw new NetError('ERR_FAILED', 'The body of the request could not be read', { cause });
    }
  }

  #check(chunk: unknown): Uint8Array | string {
    if (chunk instanceof Uint8Array || (this.#source.takesText && typeof chunk === 'string')) return chunk;
    throw new NetError('ERR_INVALID_ARGUMENT', `A chunk of the body must be a Uint8Array, got ${describe(chunk)}`);
  }
}

/** The chunks of a web stream. Fetch standard, "transmit-request-body loop": nothing but Uint8Array is sent. */
export function streamSource(reader: ReadableStreamDefaultReader<unknown>): BodySource {
  return {
    takesText: false,
    next: () => reader.read(),
    // A stream that failed refuses to be cancelled; its failure is known by then.
    cancel: reason => void reader.cancel(reason).catch(() => {}),
  };
}

/** The chunks of Node's streams, generators and so on. */
export function iterableSource(iterable: AsyncIterable<unknown> & { destroy?: () => void }): BodySource {
  const iterator = iterable[Symbol.asyncIterator]();
  return {
    takesText: true,
    next: () => iterator.next(),
    cancel() {
      // A stream of Node's that was never read from is not closed by its iterator.
      if (typeof iterable.destroy === 'function') iterable.destroy();
      else iterator.return?.().catch(() => {});
    },
  };
}
