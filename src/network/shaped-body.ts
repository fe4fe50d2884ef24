import { Readable } from 'node:stream';
import { Transfer } from '../conditions/link.ts';
import type { Shaper } from '../conditions/shaper.ts';

type Source = AsyncIterable<unknown> | Iterable<unknown>;

/** A request's body on its way through the uplink. */
export class ShapedBody implements AsyncIterable<Uint8Array> {
  /** Bytes, where the body itself says so. */
  readonly length: number | undefined;
  readonly #source: Source;
  readonly #transfer: Transfer;
  #isStopped = false;
  #wake = (): void => {};

  constructor(source: Source, length: number | undefined, shaper: Shaper) {
    this.#source = source;
    this.length = length;
    this.#transfer = new Transfer(shaper.up);
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    for await (const chunk of this.#source) {
      const bytes = bytesOf(chunk);
      // What is no bytes is left for undici to refuse.
      if (bytes === undefined) yield chunk as Uint8Array;
      else if (bytes.byteLength > 0) yield* this.#parts(bytes);
      if (this.#isStopped) return;
    }
  }

  /** Ends the body, whatever it waits for. */
  stop(): void {
    this.#isStopped = true;
    this.#wake();
    if (this.#source instanceof Readable) this.#source.destroy();
  }

  async *#parts(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
    let [through, taken] = [0, 0];
    try {
      this.#transfer.send(bytes.byteLength, count => {
        through += count;
        this.#wake();
      });
      while (taken < bytes.byteLength && !this.#isStopped) {
        if (taken === through) {
          await new Promise<void>(resolve => {
            this.#wake = resolve;
          });
        }
        const part = bytes.subarray(taken, through);
        taken = through;
        if (part.byteLength > 0) yield part;
      }
    } finally {
      // The reader may leave before the end.
      this.#transfer.stop();
    }
  }
}

/**
 * Makes a request's body take its share of the uplink. Bytes in memory are left as they are while nothing slows them; a
 * stream is taken over in any case, so that conditions turned on while it runs slow the rest of it.
 *
 * @returns undefined for a body that stays as it is.
 */
export function shapeBody(body: unknown, shaper: Shaper): ShapedBody | undefined {
  if (body === null || body === undefined || isFormData(body)) return undefined;
  if (body instanceof Blob) return new ShapedBody(body.stream(), body.size, shaper);
  const bytes = bytesOf(body);
  if (bytes === undefined) return new ShapedBody(body as Source, undefined, shaper);
  const isSlowed = shaper.conditions.upBytesPerSecond > 0 && bytes.byteLength > 0;
  return isSlowed ? new ShapedBody([bytes], bytes.byteLength, shaper) : undefined;
}

// undici encodes its own FormData itself; those of callers were encoded above.
function isFormData(body: {}): boolean {
  return Object.prototype.toString.call(body) === '[object FormData]';
}

function bytesOf(body: unknown): Uint8Array | undefined {
  if (typeof body === 'string') return Buffer.from(body);
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  return undefined;
}
