import { Readable } from 'node:stream';
import type { IncomingHttpHeaders } from 'node:http';
import { invalidType } from '../util/errors.ts';
import type { Coding } from './content-decoding.ts';

/** Where the bytes of a response come from. */
interface MessageBody extends AsyncIterable<Buffer> {
  cancel(reason: unknown): void;
}

interface MessageParts {
  readonly status: number;
  readonly statusText: string;
  /** Names in lower case; repeated ones as arrays. */
  readonly headers: IncomingHttpHeaders;
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[];
  readonly httpVersionMajor: 1 | 2;
  /** The URLs that led here. */
  readonly urlList: readonly string[];
  /** undefined where HTTP says that there is none. */
  readonly body: MessageBody | undefined;
  readonly codings: readonly Coding[] | undefined;
}

// Node's rule for what may come once only.
const onlyOnce: ReadonlySet<string> = new Set([
  'age',
  'authorization',
  'content-length',
  'content-type',
  'etag',
  'expires',
  'from',
  'host',
  'if-modified-since',
  'if-unmodified-since',
  'last-modified',
  'location',
  'max-forwards',
  'proxy-authorization',
  'referer',
  'retry-after',
  'server',
  'user-agent',
]);

/**
 * The response to a ClientRequest: its head, and its body as a stream, decoded.
 *
 * @see Electron `Class: IncomingMessage`
 */
export class IncomingMessage extends Readable {
  readonly #parts: MessageParts;
  #chunks: AsyncIterator<Buffer> | undefined;
  #headers: Record<string, string | string[]> | undefined;

  constructor(parts: MessageParts) {
    super();
    this.#parts = parts;
  }

  get statusCode(): number {
    return this.#parts.status;
  }

  get statusMessage(): string {
    return this.#parts.statusText;
  }

  /** Names in lower case; repeated headers by Node's rules, `set-cookie` as an array. */
  get headers(): Record<string, string | string[]> {
    this.#headers ??= joinHeaders(this.#parts.headers);
    return this.#headers;
  }

  /** Names and values in turn, as they came. */
  get rawHeaders(): string[] {
    return [...this.#parts.rawHeaders];
  }

  get httpVersion(): string {
    return `${this.httpVersionMajor}.${this.httpVersionMinor}`;
  }

  get httpVersionMajor(): number {
    return this.#parts.httpVersionMajor;
  }

  get httpVersionMinor(): number {
    return this.#parts.httpVersionMajor === 1 ? 1 : 0;
  }

  /** The URLs that led here; one, when there was no redirect. */
  get urlList(): string[] {
    return [...this.#parts.urlList];
  }

  /** @throws {TypeError} Always, as in Electron. */
  get trailers(): never {
    throw invalidType('HTTP trailers are not supported');
  }

  /** @throws {TypeError} Always, as in Electron. */
  get rawTrailers(): never {
    throw invalidType('HTTP trailers are not supported');
  }

  override _read(): void {
    this.#pull().catch((error: Error) => this.destroy(error));
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.#parts.body?.cancel(error ?? new DOMException('The response was destroyed', 'AbortError'));
    callback(error);
  }

  async #pull(): Promise<void> {
    const { body, codings } = this.#parts;
    if (!body) return void this.push(null);
    this.#chunks ??= await openChunks(body, codings);
    let next = await this.#chunks.next();
    // An empty chunk would end the reading.
    while (!next.done && next.value.byteLength === 0) next = await this.#chunks.next();
    this.push(next.done ? null : next.value);
  }
}

async function openChunks(body: MessageBody, codings: readonly Coding[] | undefined): Promise<AsyncIterator<Buffer>> {
  if (!codings) return body[Symbol.asyncIterator]();
  const { decodeStream } = await import('./content-decoding.ts');
  return decodeStream(body, codings)[Symbol.asyncIterator]();
}

function joinHeaders(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  const joined: Record<string, string | string[]> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) continue;
    if (name === 'set-cookie') joined[name] = [value].flat();
    else if (typeof value === 'string') joined[name] = value;
    else joined[name] = onlyOnce.has(name) ? value[0]! : value.join(name === 'cookie' ? '; ' : ', ');
  }
  return joined;
}
