import { readFile, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { NetError } from '../util/errors.ts';
import { maskUrl } from '../util/url.ts';

/** What came from a server. */
export interface FetchedBytes {
  readonly status: number;
  /** The `content-type` header; empty when there was none. */
  readonly contentType: string;
  readonly body: Uint8Array;
}

/**
 * Gets an http or https URL without any proxy, following redirects.
 *
 * Rejects with a NetError when the body is longer than `maxBytes`, or when all of it took longer than `timeoutMs`.
 */
export type FetchBytes = (
  url: string,
  limits: { readonly maxBytes: number; readonly timeoutMs: number },
) => Promise<FetchedBytes>;

// Chromium net/proxy_resolution/pac_file_fetcher_impl.cc
const maxBytes = 1024 * 1024;
const timeoutMs = 30_000;

/**
 * Reads the text of a PAC script from an http, https, file or data URL: 1 MiB at most, in 30 s, with status 200 only.
 *
 * @throws {NetError} As the network said, or ERR_PAC_SCRIPT_FAILED, ERR_FILE_NOT_FOUND or ERR_FILE_TOO_BIG.
 */
export async function readPacSource(url: string, fetchBytes: FetchBytes): Promise<string> {
  const protocol = URL.parse(url)?.protocol;
  if (protocol === 'data:') return readData(url);
  if (protocol === 'file:') return decode(await readLocal(url), '');
  const { status, contentType, body } = await fetchBytes(url, { maxBytes, timeoutMs });
  if (status !== 200) throw failed(url, `the server answered with status ${status}`);
  if (body.length > maxBytes) throw tooBig(url);
  return decode(body, contentType);
}

async function readLocal(url: string): Promise<Uint8Array> {
  const file = fileURLToPath(url);
  const found = await stat(file).catch((error: unknown) => {
    throw new NetError('ERR_FILE_NOT_FOUND', `Cannot read the PAC script "${maskUrl(url)}"`, { cause: error });
  });
  // A device or pipe could be without end.
  if (!found.isFile()) throw failed(url, 'it is no file');
  if (found.size > maxBytes) throw tooBig(url);
  return readFile(file);
}

// RFC 2397 3
function readData(url: string): string {
  const parts = /^data:([^,]*),(.*)$/s.exec(url.replace(/#.*$/s, ''));
  if (!parts) throw failed('data:', 'the data URL has no comma');
  const type = parts[1]!;
  const text = percentDecode(parts[2]!);
  const isBase64 = /;\s*base64\s*$/i.test(type);
  const body = isBase64 ? Buffer.from(text.toString('latin1'), 'base64') : text;
  if (body.length > maxBytes) throw tooBig('data:');
  return decode(body, type);
}

/** Bytes of a text in which `%` and two digits stand for a byte. */
function percentDecode(text: string): Buffer {
  const bytes = Buffer.from(text);
  let length = 0;
  for (let at = 0; at < bytes.length; at++, length++) {
    const digits = bytes[at] === 0x25 ? bytes.toString('latin1', at + 1, at + 3) : '';
    const isEscape = /^[\da-f]{2}$/i.test(digits);
    bytes[length] = isEscape ? Number.parseInt(digits, 16) : bytes[at]!;
    if (isEscape) at += 2;
  }
  return bytes.subarray(0, length);
}

/** A byte order mark wins over the charset parameter; without both it is Latin-1, as in Chromium. */
function decode(body: Uint8Array, contentType: string): string {
  const charset = /;\s*charset\s*=\s*"?([^\s;"]+)/i.exec(contentType)?.[1];
  return decoderFor(markedEncoding(body) ?? charset ?? 'latin1').decode(body);
}

function markedEncoding([first, second, third]: Uint8Array): string | undefined {
  if (first === 0xef && second === 0xbb && third === 0xbf) return 'utf-8';
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  return first === 0xfe && second === 0xff ? 'utf-16be' : undefined;
}

function decoderFor(label: string): TextDecoder {
  try {
    return new TextDecoder(label);
  } catch {
    // RangeError: a charset nobody knows.
    return new TextDecoder('latin1');
  }
}

function failed(url: string, why: string): NetError {
  return new NetError('ERR_PAC_SCRIPT_FAILED', `Cannot read the PAC script "${maskUrl(url)}": ${why}`);
}

function tooBig(url: string): NetError {
  return new NetError('ERR_FILE_TOO_BIG', `Cannot read the PAC script "${maskUrl(url)}": it is larger than 1 MiB`);
}
