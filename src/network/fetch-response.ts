import type { IncomingHttpHeaders } from 'node:http';
import { Readable } from 'node:stream';
import type { UnderlyingByteSource } from 'node:stream/web';
import type { CacheStatus } from '../cache/cache-usage.ts';
import { invalidType } from '../util/errors.ts';
import type { Coding } from './content-decoding.ts';

/** The bytes of a response, as they came: read once, whole or piece by piece. */
export interface ReceivedBody extends AsyncIterable<Buffer> {
  bytes(): Promise<Buffer>;
  /** Nobody wants the rest. */
  cancel(reason: unknown): void;
  /** Called at once when it has failed or fails. */
  set onFailure(action: (error: unknown) => void);
}

/** What `ses.fetch` gives: a Response, and how the HTTP cache took part. */
export interface FetchResponse extends Response {
  /** `'hit'`, `'revalidated'` or `'miss'`; undefined when the cache was not asked. */
  readonly cacheStatus: CacheStatus | undefined;
}

/** What a response is made of. */
export interface ResponseParts {
  readonly url: string;
  readonly status: number;
  readonly statusText: string;
  readonly rawHeaders: IncomingHttpHeaders;
  readonly redirected: boolean;
  /** null where HTTP says that there is none. */
  readonly body: ReceivedBody | null;
  /** Content codings to take off, in the order in which they were put on. */
  readonly codings: readonly Coding[] | undefined;
  readonly cacheStatus: CacheStatus | undefined;
}

// The accessors below override what lib types call properties of instances; in Node they are the prototype's accessors.
const GlobalResponse: new (body: null) => object = Response;

/**
 * A fetch Response that makes its Headers and its stream only when someone asks for them.
 *
 * It extends the global Response, so it is one to `instanceof`; that class's own constructor is given no body.
 */
export class SessionResponse extends GlobalResponse implements Omit<FetchResponse, 'clone'> {
  readonly #parts: ResponseParts;
  #headers: Headers | undefined;
  #stream: ReadableStream<Uint8Array<ArrayBuffer>> | null | undefined;
  #used = false;

  constructor(parts: ResponseParts) {
    super(null);
    this.#parts = parts;
  }

  get url(): string {
    return this.#parts.url;
  }

  get status(): number {
    return this.#parts.status;
  }

  get statusText(): string {
    return this.#parts.statusText;
  }

  get ok(): boolean {
    return this.#parts.status >= 200 && this.#parts.status <= 299;
  }

  get redirected(): boolean {
    return this.#parts.redirected;
  }

  get type(): 'basic' {
    return 'basic';
  }

  get cacheStatus(): CacheStatus | undefined {
    return this.#parts.cacheStatus;
  }

  get headers(): Headers {
    this.#headers ??= new ReceivedHeaders(this.#parts.rawHeaders) as unknown as Headers;
    return this.#headers;
  }

  get bodyUsed(): boolean {
    return this.#used || (this.#stream ? Readable.isDisturbed(this.#stream as never) : false);
  }

  get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    if (this.#stream === undefined) this.#stream = this.#makeStream();
    return this.#stream;
  }

  async text(): Promise<string> {
    return decodeUtf8(await this.#consume());
  }

  textStream(): ReadableStream<string> {
    const bytes = this.body ?? new ReadableStream({ start: controller => controller.close() });
    return bytes.pipeThrough(new TextDecoderStream());
  }

  async json(): Promise<unknown> {
    return JSON.parse(decodeUtf8(await this.#consume()));
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    const bytes = await this.#consume();
    // The caller may do with the buffer as it likes, so that it gets none that it shares.
    const whole = bytes.buffer.byteLength === bytes.byteLength && bytes.buffer instanceof ArrayBuffer;
    return whole ? new Uint8Array(bytes.buffer) : new Uint8Array(bytes);
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.bytes()).buffer;
  }

  async blob(): Promise<Blob> {
    return this.#typed(await this.bytes()).blob();
  }

  async formData(): Promise<FormData> {
    return this.#typed(await this.bytes()).formData();
  }

  clone(): SessionResponse {
    if (this.bodyUsed || this.#stream?.locked) throw unusable();
    const copy = new SessionResponse(this.#parts);
    const stream = this.body;
    if (stream) [this.#stream, copy.#stream] = stream.tee();
    return copy;
  }

  /** The whole body, decoded, once. Goes past the stream unless someone made one. */
  async #consume(): Promise<Buffer> {
    if (this.bodyUsed || this.#stream?.locked) throw unusable();
    const { body, codings } = this.#parts;
    if (!body) return Buffer.alloc(0);
    this.#used = true;
    if (this.#stream) return readAll(this.#stream);
    const bytes = await body.bytes();
    if (!codings) return bytes;
    const { decodeWhole } = await import('./content-decoding.ts');
    return decodeWhole(bytes, codings);
  }

  /** For the readers that depend on Content-Type: the platform's own response knows their rules. */
  #typed(bytes: Uint8Array<ArrayBuffer>): Response {
    const type = this.headers.get('content-type');
    return new Response(bytes, type === null ? {} : { headers: { 'content-type': type } });
  }

  #makeStream(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    const { body, codings } = this.#parts;
    if (!body) return null;
    return this.#used ? spentStream() : toStream(body, { codings, owner: this });
  }
}

function unusable(): TypeError {
  return invalidType('Cannot read the body: it was read before, or is being read');
}

/** What `body` is after a reader that went past it: read, and locked. */
function spentStream(): ReadableStream<Uint8Array<ArrayBuffer>> {
  const stream = new ReadableStream({ type: 'bytes', start: controller => controller.close() });
  void stream.getReader().read();
  return stream;
}

interface StreamOrigin {
  readonly codings: readonly Coding[] | undefined;
  /** The Response: as long as the stream may be read, it is not garbage. */
  readonly owner: object;
}

function toStream(body: ReceivedBody, { codings, owner }: StreamOrigin): ReadableStream<Uint8Array<ArrayBuffer>> {
  let chunks: AsyncIterator<Buffer> | undefined;
  const source: UnderlyingByteSource & { owner: object } = {
    owner,
    type: 'bytes',
    start(controller) {
      // An abort is felt at once, not at the next read. The body must not keep the stream, and with it the Response.
      const stream = new WeakRef(controller);
      body.onFailure = error => stream.deref()?.error(error);
    },
    async pull(controller) {
      chunks ??= await openChunks(body, codings);
      const next = await nextChunk(chunks, body);
      // A copy: the byte controller takes the buffer away, and chunks share theirs.
      if (next) return controller.enqueue(new Uint8Array(next));
      controller.close();
      controller.byobRequest?.respond(0);
    },
    async cancel(reason) {
      // First, because an iterator that waits for bytes returns only when it has got an answer.
      body.cancel(reason ?? new DOMException('The body was cancelled', 'AbortError'));
      await chunks?.return?.();
    },
  };
  return new ReadableStream(source, { highWaterMark: 0 });
}

/** The next chunk that is not empty; undefined at the end. What cannot be decoded is not received any further. */
async function nextChunk(chunks: AsyncIterator<Buffer>, body: ReceivedBody): Promise<Buffer | undefined> {
  try {
    let next = await chunks.next();
    while (!next.done && next.value.byteLength === 0) next = await chunks.next();
    return next.done ? undefined : next.value;
  } catch (error) {
    body.cancel(error);
    throw error;
  }
}

async function readAll(stream: ReadableStream<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function openChunks(body: ReceivedBody, codings: readonly Coding[] | undefined): Promise<AsyncIterator<Buffer>> {
  if (!codings) return body[Symbol.asyncIterator]();
  const { decodeStream } = await import('./content-decoding.ts');
  return decodeStream(body, codings)[Symbol.asyncIterator]();
}

const GlobalHeaders: new () => Changes = Headers;

interface Changes {
  append(name: string, value: string): void;
  set(name: string, value: string): void;
  delete(name: string): void;
}

/** Fetch standard: the guard of the headers that came with a response is "immutable". */
class ReceivedHeaders extends GlobalHeaders {
  constructor(raw: IncomingHttpHeaders) {
    super();
    for (const name in raw) {
      const value = raw[name];
      if (Array.isArray(value)) for (const one of value) super.append(name, one);
      else if (value !== undefined) super.append(name, value);
    }
  }

  override append(): never {
    throw immutable();
  }

  override set(): never {
    throw immutable();
  }

  override delete(): never {
    throw immutable();
  }
}

function immutable(): TypeError {
  return invalidType('Cannot change the headers of a response that was fetched; make a new Headers of them');
}

/** Encoding standard, "UTF-8 decode": a byte order mark is dropped. */
function decodeUtf8(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}
