import { StateError } from '../util/errors.ts';
import type { ReceivedBody } from './fetch-response.ts';
import type { Controller } from './request-job.ts';
import type { StalledBodies } from './stalled-bodies.ts';

/** Beyond this many bytes that nobody has asked for, the connection is held back. */
const highWaterBytes = 128 * 1024;

/** The same while the session closes, when a body that nobody reads must not keep it from that. */
const drainBytes = 16 * 1024 * 1024;

/** What a chunk takes besides its bytes, so that many small ones count for what they are. */
const chunkBytes = 128;

/**
 * The bytes of a response on their way to whoever asks for them: all at once, or piece by piece.
 *
 *   buffering --bytes()--> collecting
 *   buffering --[Symbol.asyncIterator]()--> iterating
 *   buffering --drain()--> draining, which is buffering with more room
 *   each of them --end()--> ended, --fail() or cancel()--> failed
 *
 * Owned by the Response; holds back the connection while it is full.
 */
export class ResponseBody implements ReceivedBody {
  readonly #controller: Controller;
  readonly #stalled: StalledBodies;
  #state: 'buffering' | 'draining' | 'collecting' | 'iterating' = 'buffering';
  #outcome: 'ended' | 'failed' | undefined;
  #error: unknown;
  #chunks: Buffer[] = [];
  #size = 0;
  #owner: object | undefined;
  #wake: (() => void) | undefined;
  #onFailure: ((error: unknown) => void) | undefined;

  constructor(controller: Controller, stalled: StalledBodies) {
    this.#controller = controller;
    this.#stalled = stalled;
  }

  /** The Response; let go as soon as it may be garbage while the connection is held back. */
  set owner(owner: object) {
    this.#owner = owner;
  }

  /** Called at once when it has failed or fails, whether or not anybody is waiting for bytes. */
  set onFailure(action: (error: unknown) => void) {
    if (this.#outcome === 'failed') action(this.#error);
    else this.#onFailure = action;
  }

  /** Takes bytes from the connection. */
  push(chunk: Buffer): void {
    if (this.#outcome) return;
    this.#chunks.push(chunk);
    if (this.#state === 'collecting') return;
    this.#size += chunk.byteLength + chunkBytes;
    if (this.#size > highWaterBytes) this.#holdBack();
    this.#notify();
  }

  /** The last byte has come. */
  end(): void {
    this.#settle('ended');
  }

  /** No more bytes will come, because of `error`; what came before is dropped, as fetch does. */
  fail(error: unknown): void {
    if (this.#outcome) return;
    this.#error = error;
    this.#chunks = [];
    this.#settle('failed');
    this.#onFailure?.(error);
  }

  /** All of it. */
  bytes(): Promise<Buffer> {
    if (!this.#outcome) this.#goOn('collecting');
    // Going on may have brought the rest in this very turn.
    if (this.#outcome === 'ended') return Promise.resolve(this.#take());
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        if (this.#outcome === 'failed') reject(this.#error);
        else resolve(this.#take());
      };
      if (this.#outcome) settle();
      else this.#wake = settle;
    });
  }

  /** Nobody wants the rest. */
  cancel(reason: unknown): void {
    if (this.#outcome) return;
    this.fail(reason);
    this.#controller.abort(reason as Error);
  }

  /** The session closes: makes room for the rest, unless somebody is reading, who will get on with it. */
  drain(): void {
    if (this.#state === 'buffering' && !this.#outcome) this.#goOn('draining');
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Buffer> {
    this.#state = 'iterating';
    try {
      for (;;) {
        const chunk = this.#chunks.shift();
        if (chunk) {
          this.#size -= chunk.byteLength + chunkBytes;
          if (this.#size <= highWaterBytes / 2) this.#resume();
          yield chunk;
        } else if (this.#outcome === 'failed') throw this.#error;
        else if (this.#outcome === 'ended') return;
        else await new Promise<void>(resolve => (this.#wake = resolve));
      }
    } finally {
      this.cancel(new DOMException('The body was cancelled', 'AbortError'));
    }
  }

  #holdBack(): void {
    if (this.#state === 'draining') {
      if (this.#size <= drainBytes) return;
      this.cancel(new StateError('ERR_SESSION_CLOSED', 'Cannot read the body: the session was closed before'));
      return;
    }
    this.#controller.pause();
    if (!this.#owner) return;
    const owner = this.#owner;
    this.#owner = undefined;
    this.#stalled.add(this, owner);
  }

  #goOn(state: 'collecting' | 'draining'): void {
    this.#state = state;
    if (state === 'collecting') this.#stalled.delete(this);
    this.#resume();
  }

  /** May bring more bytes, and the end, before it returns. */
  #resume(): void {
    if (!this.#outcome && this.#controller.paused) this.#controller.resume();
  }

  #settle(outcome: 'ended' | 'failed'): void {
    this.#outcome = outcome;
    this.#owner = undefined;
    this.#stalled.delete(this);
    this.#notify();
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
