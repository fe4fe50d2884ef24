import type { IncomingHttpHeaders } from 'node:http';
import type { Coding } from './content-decoding.ts';
import type { ResponseBody } from './response-body.ts';

/** What a response is made of. */
export interface ResponseParts {
  readonly url: string;
  readonly status: number;
  readonly statusText: string;
  readonly rawHeaders: IncomingHttpHeaders;
  readonly redirected: boolean;
  /** null where HTTP says that there is none. */
  readonly body: ResponseBody | null;
  /** Content codings to take off, in the order in which they were put on. */
  readonly codings: readonly Coding[] | undefined;
}

const invalidBodyMessage = 'Body is unusable: it was read before';

// The accessors below override what lib types call properties of instances; in Node they are the prototype's accessors.
const GlobalResponse: new (body: null) => object = Response as never;

/**
 * A fetch Response that makes its Headers and its stream only when someone asks for them.
 *
 * It extends the global Response, so it is one to `instanceof`; that class's own constructor is given no body.
 */
export class SessionResponse extends GlobalResponse implements Omit<Response, 'clone'> {
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

  get headers(): Headers {
    this.#headers ??= toHeaders(this.#parts.rawHeaders);
    return this.#headers;
  }

  get bodyUsed(): boolean {
    return this.#used || (this.#stream ? isDisturbed(this.#stream) : false);
  }

  get body(): ReadableStream<Uint8Array<ArrayBuffer>> | null {
    if (this.#stream === undefined) this.#stream = this.#parts.body && toStream(this.#parts.body, this.#parts.codings);
    return this.#stream;
  }

  async text(): Promise<string> {
    return decodeUtf8(await this.#consume());
  }

  textStream(): ReadableStream<string> {
    const bytes = this.body ?? new ReadableStream({ start: controller => controller.close() });
    return bytes.pipeThrough(new TextDecoderStream() as never);
  }

  async json(): Promise<unknown> {
    return JSON.parse(decodeUtf8(await this.#consume()));
  }

  async bytes(): Promise<Uint8Array<ArrayBuffer>> {
    // A copy of its own: the chunks lie in buffers that are shared.
    return new Uint8Array(await this.#consume());
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return (await this.bytes()).buffer;
  }

  async blob(): Promise<Blob> {
    return new Blob([await this.bytes()], { type: this.headers.get('content-type') ?? '' });
  }

  async formData(): Promise<FormData> {
    const type = this.headers.get('content-type');
    return new Response(await this.bytes(), type ? { headers: { 'content-type': type } } : {}).formData();
  }

  clone(): SessionResponse {
    if (this.bodyUsed || this.#stream?.locked) throw new TypeError(invalidBodyMessage);
    const copy = new SessionResponse(this.#parts);
    const stream = this.body;
    if (stream) [this.#stream, copy.#stream] = stream.tee() as [typeof stream, typeof stream];
    return copy;
  }

  /** The whole body, decoded, once. Goes past the stream unless someone made one. */
  async #consume(): Promise<Buffer> {
    if (this.bodyUsed || this.#stream?.locked) throw new TypeError(invalidBodyMessage);
    this.#used = true;
    const { body, codings } = this.#parts;
    if (!body) return Buffer.alloc(0);
    if (this.#stream) return readAll(this.#stream);
    const bytes = await body.bytes();
    if (!codings) return bytes;
    const { decodeWhole } = await import('./content-decoding.ts');
    return decodeWhole(bytes, codings);
  }
}

function isDisturbed(stream: ReadableStream): boolean {
  return disturbed.has(stream) || stream.locked;
}

/** Streams of ours that were read from or cancelled. */
const disturbed = new WeakSet<ReadableStream>();

function toStream(body: ResponseBody, codings: readonly Coding[] | undefined): ReadableStream<Uint8Array<ArrayBuffer>> {
  let chunks: AsyncIterator<Buffer> | undefined;
  const stream: ReadableStream<Uint8Array<ArrayBuffer>> = new ReadableStream(
    {
      type: 'bytes',
      async pull(controller: ReadableByteStreamController) {
        disturbed.add(stream);
        chunks ??= await openChunks(body, codings);
        let next = await chunks.next();
        while (!next.done && next.value.byteLength === 0) next = await chunks.next();
        // A copy: the byte controller takes the buffer away, and chunks share theirs.
        if (!next.done) return controller.enqueue(new Uint8Array(next.value));
        controller.close();
        controller.byobRequest?.respond(0);
      },
      async cancel(reason) {
        disturbed.add(stream);
        await chunks?.return?.();
        body.cancel(reason ?? new DOMException('The body was cancelled', 'AbortError'));
      },
    },
    { highWaterMark: 0 },
  );
  return stream;
}

async function readAll(stream: ReadableStream<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function openChunks(body: ResponseBody, codings: readonly Coding[] | undefined): Promise<AsyncIterator<Buffer>> {
  if (!codings) return body[Symbol.asyncIterator]();
  const { decodeStream } = await import('./content-decoding.ts');
  return decodeStream(body, codings)[Symbol.asyncIterator]();
}

function toHeaders(raw: IncomingHttpHeaders): Headers {
  const headers = new Headers();
  for (const name in raw) {
    const value = raw[name];
    if (Array.isArray(value)) for (const one of value) headers.append(name, one);
    else if (value !== undefined) headers.append(name, value);
  }
  return headers;
}

/** Encoding standard, "UTF-8 decode": a byte order mark is dropped. */
function decodeUtf8(bytes: Buffer): string {
  const text = bytes.toString('utf8');
  return text.charCodeAt(0) === 0xfeff ? text.slice(1) : text;
}
