import type { Transform } from 'node:stream';
import {
  brotliDecompress,
  constants,
  createBrotliDecompress,
  createGunzip,
  createInflate,
  createInflateRaw,
  createZstdDecompress,
  gunzip,
  gunzipSync,
  inflate,
  inflateRaw,
  zstdDecompress,
} from 'node:zlib';
import { promisify } from 'node:util';
import { NetError } from '../util/errors.ts';

/** A content coding that is decoded here. */
export type Coding = 'gzip' | 'deflate' | 'br' | 'zstd';

/** What is asked of servers. */
export const acceptEncoding = 'gzip, deflate, br, zstd';

const codings: Readonly<Record<string, Coding>> = {
  gzip: 'gzip',
  'x-gzip': 'gzip',
  deflate: 'deflate',
  br: 'br',
  zstd: 'zstd',
};

/** What a body may grow to when it is decoded whole; as a stream it has no limit. No browser makes a longer buffer. */
const maxOutputLength = 2 ** 31 - 1;

// Browsers take a compressed body that stops before its trailer.
const lenient = { flush: constants.Z_SYNC_FLUSH, finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength } as const;
const lenientBrotli = {
  flush: constants.BROTLI_OPERATION_FLUSH,
  finishFlush: constants.BROTLI_OPERATION_FLUSH,
  maxOutputLength,
} as const;

/** Below this a body is decoded in the caller's turn: a round trip through the thread pool costs more than the work. */
const maxSyncBytes = 4 * 1024;

/**
 * The codings of a response in the order they were applied; undefined when there is nothing to decode, or one that is
 * not known: then the bytes stay as they are, as in browsers.
 */
export function readCodings(header: string | string[] | undefined): readonly Coding[] | undefined {
  if (header === undefined) return undefined;
  const names = String(header)
    .toLowerCase()
    .split(',')
    .map(name => name.trim())
    .filter(name => name !== '' && name !== 'identity');
  const known = names.map(name => codings[name]);
  return known.length > 0 && known.length <= 5 && known.every(coding => coding !== undefined) ? known : undefined;
}

/** Decodes a whole body. @throws {NetError} ERR_CONTENT_DECODING_FAILED */
export async function decodeWhole(bytes: Buffer, applied: readonly Coding[]): Promise<Buffer> {
  let decoded = bytes;
  try {
    for (const coding of applied.toReversed()) decoded = await decodeOnce(decoded, coding);
  } catch (error) {
    throw decodingFailed(error);
  }
  return decoded;
}

/** Decodes a body as it streams. Failures are NetError ERR_CONTENT_DECODING_FAILED. */
export function decodeStream(source: AsyncIterable<Buffer>, applied: readonly Coding[]): AsyncIterable<Buffer> {
  return applied
    .toReversed()
    .reduce<AsyncIterable<Buffer>>((stream, coding) => decodeStreamOnce(stream, coding), source);
}

async function decodeOnce(bytes: Buffer, coding: Coding): Promise<Buffer> {
  if (bytes.byteLength === 0) return bytes;
  switch (coding) {
    case 'gzip':
      return bytes.byteLength <= maxSyncBytes ? gunzipSync(bytes, lenient) : promisify(gunzip)(bytes, lenient);
    case 'deflate':
      return promisify(isRawDeflate(bytes) ? inflateRaw : inflate)(bytes, lenient);
    case 'br':
      return promisify(brotliDecompress)(bytes, lenientBrotli);
    case 'zstd':
      return promisify(zstdDecompress)(bytes, { maxOutputLength });
  }
}

async function* decodeStreamOnce(source: AsyncIterable<Buffer>, coding: Coding): AsyncIterable<Buffer> {
  const input = source[Symbol.asyncIterator]();
  const first = await input.next();
  if (first.done) return;
  const decoder = createDecoder(coding, first.value);
  let lost: { readonly error: unknown } | undefined;
  feed(decoder, first.value, input).catch((error: unknown) => {
    lost = { error };
    decoder.destroy();
  });
  try {
    for await (const chunk of decoder) yield chunk as Buffer;
  } catch (error) {
    if (!lost) throw decodingFailed(error);
  } finally {
    decoder.destroy();
    // Not waited for: an iterator that waits for bytes returns only when they come.
    void input.return?.();
  }
  if (lost) throw lost.error;
}

/** Gives the decoder what comes, as fast as it takes it. */
async function feed(decoder: Transform, first: Buffer, rest: AsyncIterator<Buffer>): Promise<void> {
  let next: IteratorResult<Buffer> = { value: first };
  for (; !next.done && !decoder.destroyed; next = await rest.next()) {
    if (!decoder.write(next.value)) await drained(decoder);
  }
  if (!decoder.destroyed) decoder.end();
}

function drained(decoder: Transform): Promise<void> {
  return new Promise(resolve => decoder.once('drain', resolve).once('close', resolve));
}

function createDecoder(coding: Coding, first: Buffer): Transform {
  switch (coding) {
    case 'gzip':
      return createGunzip(lenient);
    case 'deflate':
      return isRawDeflate(first) ? createInflateRaw(lenient) : createInflate(lenient);
    case 'br':
      return createBrotliDecompress(lenientBrotli);
    case 'zstd':
      return createZstdDecompress();
  }
}

// RFC 9110 8.4.1.2 says zlib; some servers send the bare stream, and every browser takes it.
function isRawDeflate(bytes: Buffer): boolean {
  return (bytes[0]! & 0x0f) !== 0x08;
}

function decodingFailed(cause: unknown): NetError {
  return new NetError('ERR_CONTENT_DECODING_FAILED', 'the body does not fit its Content-Encoding', { cause });
}
