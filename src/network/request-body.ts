import type { Dispatcher } from 'undici';
import { invalidType } from '../util/errors.ts';
import { describe } from '../util/options.ts';
import { encodeFormData } from './form-data-body.ts';

/** What `init.body` may be. */
export type BodyInput =
  | string
  | URLSearchParams
  | FormData
  | Blob
  | ArrayBuffer
  | ArrayBufferView
  | ReadableStream
  | AsyncIterable<Uint8Array | string>
  | null
  | undefined;

/** A request's body, read once at the edge. */
export interface RequestBody {
  /** What undici sends; called once per hop. */
  open(): Dispatcher.DispatchOptions['body'];
  /** Content-Type where the kind of body says one. */
  readonly contentType: string | undefined;
  /** Bytes, where known beforehand and undici cannot tell by itself. */
  readonly contentLength: number | undefined;
  /** Whether it can be sent again, after a redirect or a 401. */
  readonly replayable: boolean;
}

/**
 * Reads `init.body`. Fetch standard, "extract a body".
 *
 * @throws {TypeError} If it is of no kind that can be sent; `code` is `ERR_INVALID_OPTION`.
 */
export function readBody(input: BodyInput): RequestBody | undefined {
  if (input === null || input === undefined) return undefined;
  if (typeof input === 'string') return inMemory(Buffer.from(input), 'text/plain;charset=UTF-8');
  if (input instanceof URLSearchParams) {
    return inMemory(Buffer.from(input.toString()), 'application/x-www-form-urlencoded;charset=UTF-8');
  }
  if (ArrayBuffer.isView(input)) return inMemory(Buffer.from(input.buffer, input.byteOffset, input.byteLength));
  if (input instanceof ArrayBuffer) return inMemory(Buffer.from(input));
  if (input instanceof Blob) {
    return {
      open: () => input.stream() as never,
      contentType: input.type || undefined,
      contentLength: input.size,
      replayable: true,
    };
  }
  if (isFormData(input)) return encodeFormData(input);
  if (typeof input === 'object' && Symbol.asyncIterator in input) return streamed(input as AsyncIterable<Uint8Array>);
  throw invalidType(
    `Cannot fetch: body must be a string, URLSearchParams, FormData, Blob, bytes, a stream or an async iterable, got ${describe(input)}`,
  );
}

function inMemory(bytes: Buffer, contentType?: string): RequestBody {
  return { open: () => bytes, contentType, contentLength: bytes.byteLength, replayable: true };
}

function streamed(source: AsyncIterable<Uint8Array>): RequestBody {
  if (source instanceof ReadableStream && source.locked) {
    throw invalidType('Cannot fetch: body is a stream that is locked or was read before');
  }
  return { open: () => source as never, contentType: undefined, contentLength: undefined, replayable: false };
}

function isFormData(input: unknown): input is FormData {
  return Object.prototype.toString.call(input) === '[object FormData]';
}
