import type { Controller } from './request-job.ts';

/** Beyond this many bytes that nobody has asked for, the connection is held back. */
const highWaterBytes = 128 * 1024;

/**
 * The bytes of a response on their way to whoever asks for them: all at once, or piece by piece.
 *
 *   buffering --bytes()--> collecting --end()--> settled
 *   buffering --[Symbol.asyncIterator]()--> iterating --end() or return()--> settled
 *
 * Owned by the Response; holds back the connection while it is full.
 */
export class ResponseBody implements AsyncIterable<Buffer> {
  readonly #controller: Controller;
  #chunks: Buffer[] = [];
  #size = 0;
  #ended = false;
  #error: unknown;
  #failed = false;
  #collecting = false;
  #wake: (() => void) | undefined;

  constructor(controller: Controller) {
    this.#controller = controller;
  }

  /** Takes bytes from the connection. */
  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.byteLength;
    if (!this.#collecting && this.#size > highWaterBytes) this.#controller.pause();
    if (!this.#collecting) this.#notify();
  }

  /** The last byte has come. */
  end(): void {
    this.#ended = true;
    this.#notify();
  }

  /** No more bytes will come, because of `error`; what came before is dropped, as fetch does. */
  fail(error: unknown): void {
    if (this.#ended || this.#failed) return;
    this.#failed = true;
    this.#error = error;
    this.#chunks = [];
    this.#notify();
  }

  /** All of it. */
  bytes(): Promise<Buffer> {
    if (this.#ended) return Promise.resolve(this.#take());
    this.#collecting = true;
    if (this.#controller.paused) this.#controller.resume();
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        if (this.#failed) reject(this.#error as Error);
        else resolve(this.#take());
      };
      if (this.#failed) settle();
      else this.#wake = settle;
    });
  }

  /** Nobody wants the rest. */
  cancel(reason: unknown): void {
    if (this.#ended || this.#failed) return;
    this.fail(reason);
    this.#controller.abort(reason as Error);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    try {
      for (;;) {
        const chunk = this.#chunks.shift();
        if (chunk) {
          this.#size -= chunk.byteLength;
          if (this.#controller.paused && this.#size <= highWaterBytes / 2) this.#controller.resume();
          yield chunk;
        } else if (this.#failed) throw this.#error;
        else if (this.#ended) return;
        else await new Promise<void>(resolve => (this.#wake = resolve));
      }
    } finally {
      this.cancel(new DOMException('The body was cancelled', 'AbortError'));
    }
  }

  #notify(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  #take(): Buffer {
    const chunks = this.#chunks;
    this.#chunks = [];
    return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks);
  }
}
