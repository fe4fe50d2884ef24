import { openAsBlob } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { NetError } from '../util/errors.ts';

/** A local file as a response, as Electron's net.fetch gives it. @throws {NetError} ERR_FILE_NOT_FOUND */
export async function fetchFile(url: URL): Promise<Response> {
  try {
    return new Response(await openAsBlob(fileURLToPath(url)));
  } catch (cause) {
    throw new NetError('ERR_FILE_NOT_FOUND', `Cannot read "${url.pathname}"`, { cause });
  }
}
