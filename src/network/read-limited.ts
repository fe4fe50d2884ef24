import { NetError } from '../util/errors.ts';

/** A response's body, if it is no longer than `maxBytes`. @throws {NetError} ERR_FILE_TOO_BIG */
export async function readLimited(response: Response, maxBytes: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk);
    size += chunk.byteLength;
    if (size > maxBytes) throw new NetError('ERR_FILE_TOO_BIG', `The response is longer than ${maxBytes} bytes`);
  }
  return Buffer.concat(chunks);
}
