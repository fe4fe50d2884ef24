import { Readable } from 'node:stream';
import { Transfer } from '../conditions/link.ts';
import type { Shaper } from '../conditions/shaper.ts';
import type { RequestJob } from './request-job.ts';

/** What a request's body may be: undici's, and what it takes besides. */
type Body = RequestJob['body'] | ArrayBuffer | Blob | AsyncIterable<unknown> | Iterable<unknown>;

/** A body on its way through the uplink. */
export interface ShapedBody {
  readonly body: AsyncIterable<Uint8Array>;
  /** Bytes, where the body itself says so. */
  readonly length: number | undefined;
  /** Ends it, whatever it waits for. */
  stop(): void;
}

/**
 * Makes a body take its share of the uplink. Bytes in memory are left as they are while nothing slows them; a stream is
 * taken over in any case, so that it is slowed when conditions are turned on while it runs.
 *
 * @returns undefined for a body that stays as it is.
 */
export function shapeBody(body: Body | undefined, shaper: Shaper): ShapedBody | undefined {
  if (body === null || body === undefined || isFormData(body)) return undefined;
  if (body instanceof Blob) return pace(body.stream(), body.size, shaper);
  const bytes = bytesOf(body);
  if (bytes === undefined) return pace(body as AsyncIterable<unknown>, undefined, shaper);
  return shaper.conditions.upBytesPerSecond > 0 && bytes.byteLength > 0
    ? pace([bytes], bytes.byteLength, shaper)
    : undefined;
}

// undici encodes its own FormData itself; those of callers were encoded above.
function isFormData(body: object | string): boolean {
  return typeof body === 'object' && Symbol.toStringTag in body && body[Symbol.toStringTag] === 'FormData';
}

function bytesOf(body: unknown): Uint8Array | undefined {
  if (typeof body === 'string') return Buffer.from(body);
  if (body instanceof ArrayBuffer) return new Uint8Array(body);
  if (ArrayBuffer.isView(body)) return new Uint8Array(body.buffer, body.byteOffset, body.byteLength);
  return undefined;
}

function pace(
  source: AsyncIterable<unknown> | Iterable<unknown>,
  length: number | undefined,
  shaper: Shaper,
): ShapedBody {
  const transfer = new Transfer(shaper.up);
  let isStopped = false;
  let wake = (): void => {};

  async function* paced(): AsyncGenerator<Uint8Array> {
    for await (const chunk of source) {
      const bytes = bytesOf(chunk);
      // Left for undici to refuse.
      if (bytes === undefined) yield chunk as Uint8Array;
      else yield* parts(bytes);
      if (isStopped) return;
    }
  }

  async function* parts(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
    if (bytes.byteLength === 0) return;
    let [through, taken] = [0, 0];
    try {
      transfer.send(bytes.byteLength, count => {
        through += count;
        wake();
      });
      while (taken < bytes.byteLength && !isStopped) {
        if (taken === through) await new Promise<void>(resolve => (wake = resolve));
        const part = bytes.subarray(taken, through);
        taken = through;
        if (part.byteLength > 0) yield part;
      }
    } finally {
      // The reader may leave before the end.
      transfer.stop();
    }
  }

  const stop = (): void => {
    isStopped = true;
    wake();
    if (source instanceof Readable) source.destroy();
  };
  return { body: paced(), length, stop };
}
