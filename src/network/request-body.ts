import { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { invalidType } from '../util/errors.ts';
import { describe } from '../util/options.ts';
import { encodeFormData } from './form-data-body.ts';
import { iterableSource, StreamedBody, streamSource } from './streamed-body.ts';

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
  /** No more of it is wanted. */
  cancel(reason: unknown): void;
}

/**
 * Reads `init.body`. Fetch standard, "extract a body".
 *
 * @throws {TypeError} If it is of no kind that can be sent; `code` is `ERR_INVALID_OPTION`.
 */
export function readBody(input: BodyInput): RequestBody | undefined {
  if (input === null || input === undefined) return undefined;
  if (typeof input === 'string') return bufferedBody(Buffer.from(input), 'text/plain;charset=UTF-8');
  if (input instanceof URLSearchParams) {
    return bufferedBody(Buffer.from(input.toString()), 'application/x-www-form-urlencoded;charset=UTF-8');
  }
  // Copies: what the caller does with its buffer afterwards is not sent.
  if (ArrayBuffer.isView(input)) {
    return bufferedBody(Buffer.copyBytesFrom(new Uint8Array(input.buffer, input.byteOffset, input.byteLength)));
  }
  if (input instanceof ArrayBuffer) return bufferedBody(Buffer.from(input.slice()));
  if (input instanceof Blob) return ofBlob(input);
  if (isFormData(input)) return encodeFormData(input);
  if (input instanceof ReadableStream) return ofStream(input);
  if (typeof input === 'object' && Symbol.asyncIterator in input) return new StreamedBody(iterableSource(input));
  throw invalidType(
    `Cannot fetch: body must be a string, URLSearchParams, FormData, Blob, bytes, a stream or an async iterable, got ${describe(input)}`,
  );
}

/** A body whose bytes are here. */
export function bufferedBody(bytes: Buffer, contentType?: string): RequestBody {
  return { open: () => bytes, contentType, contentLength: bytes.byteLength, replayable: true, cancel() {} };
}

function ofBlob(blob: Blob): RequestBody {
  return {
    // The type does not know that undici takes the platform's streams.
    open: () => (blob.size === 0 ? Buffer.alloc(0) : (blob.stream() as never)),
    contentType: blob.type || undefined,
    contentLength: blob.size,
    replayable: true,
    cancel() {},
  };
}

function ofStream(stream: ReadableStream): RequestBody {
  if (stream.locked || Readable.isDisturbed(stream as never)) {
    throw invalidType('Cannot fetch: body is a stream that is locked or was read before');
  }
  return new StreamedBody(streamSource(stream.getReader()));
}

function isFormData(input: unknown): input is FormData {
  return Object.prototype.toString.call(input) === '[object FormData]';
}
