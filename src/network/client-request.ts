import { PassThrough, Writable } from 'node:stream';
import type { AuthInfo, LoginDetails } from '../auth/authenticator.ts';
import type { Credentials } from '../auth/credentials.ts';
import { invalidType, StateError } from '../util/errors.ts';
import { ClientExchange, type ExchangeOwner, type RedirectDetails } from './client-exchange.ts';
import { type ClientRequestSettings, readHeader } from './client-request-options.ts';
import type { FetchParts } from './fetch.ts';
import type { IncomingMessage } from './incoming-message.ts';
import { bufferedBody, readBody, type RequestBody } from './request-body.ts';

/** Events of a ClientRequest, besides those of a Writable. */
export interface ClientRequestEvents {
  response: [response: IncomingMessage];
  /** Credentials are asked for; without them the response is what the server said. */
  login: [authInfo: AuthInfo, callback: (username?: string, password?: string) => void];
  redirect: [status: number, method: string, url: string, headers: Record<string, string[]>];
  abort: [];
}

/** How much of the body was sent. */
export interface UploadProgress {
  active: boolean;
  started: boolean;
  /** Bytes sent. */
  current: number;
  /** Bytes to send; 0 when the length is not known. */
  total: number;
}

/**
 * A request in Electron's shape: written to, ended, and answered by `response`.
 *
 *   new --the first chunk of a chunked body, or end()--> started --> redirect* --> response --the last byte--> closed
 *   each of them --abort() or a failure--> closed
 *
 * `close` is the last event. Made by `net.request`; owned by the program.
 *
 * @see Electron `Class: ClientRequest`
 */
export class ClientRequest extends Writable {
  readonly #parts: FetchParts;
  readonly #settings: ClientRequestSettings;
  #exchange: ClientExchange | undefined;
  #response: IncomingMessage | undefined;
  /** The body, while it is gathered. */
  #chunks: Buffer[] = [];
  /** The body, when it is sent as it is written. */
  #upload: PassThrough | undefined;
  #chunked: boolean | undefined;
  #written = false;
  #aborted = false;
  #onFollow: (() => void) | undefined;
  #sent = 0;
  #total = 0;

  constructor(parts: FetchParts, settings: ClientRequestSettings) {
    // It is closed by its response, not by its own end.
    super({ autoDestroy: false });
    this.#parts = parts;
    this.#settings = settings;
  }

  /** Whether the body is sent as it is written, in chunks. Default false: it is gathered and sent by `end`. */
  get chunkedEncoding(): boolean {
    return this.#chunked ?? false;
  }

  /** @throws {StateError} If it was set before, or the request has started. */
  set chunkedEncoding(value: boolean) {
    if (this.#exchange) throw wrongTime('chunkedEncoding can only be set before the request is started');
    if (this.#chunked !== undefined) throw wrongTime('chunkedEncoding can only be set once');
    this.#chunked = value;
  }

  /** @throws {TypeError | StateError} If the header cannot be sent, or the headers were. */
  setHeader(name: string, value: unknown): void {
    this.#requireUnsent("Can't set headers after they are sent");
    const header = readHeader(name, value);
    this.#settings.headers.set(header.name.toLowerCase(), header);
  }

  /** The header as it was set; undefined when it was not. */
  getHeader(name: string): unknown {
    return this.#settings.headers.get(readName(name, 'getHeader'))?.value;
  }

  /** @throws {TypeError | StateError} If there is no name, or the headers were sent. */
  removeHeader(name: string): void {
    const lower = readName(name, 'removeHeader');
    this.#requireUnsent("Can't remove headers after they are sent");
    this.#settings.headers.delete(lower);
  }

  /** Goes on with a redirect; to be called by a listener of `redirect`, before it returns. */
  followRedirect(): void {
    if (!this.#onFollow) throw wrongTime('followRedirect() called, but was not waiting for a redirect');
    this.#onFollow();
  }

  /** Stops the request, and its response. Has no effect once `close` was emitted. */
  abort(): void {
    if (this.closed) return;
    if (!this.#aborted) process.nextTick(() => this.emit('abort'));
    this.#aborted = true;
    if (this.#response && !this.#response.destroyed) this.#response.emit('aborted');
    this.destroy();
  }

  getUploadProgress(): UploadProgress {
    const started = this.#exchange !== undefined;
    return { active: started && !this.closed, started, current: this.#sent, total: this.#total };
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, callback: (error?: Error | null) => void): void {
    this.#written = true;
    if (this.chunkedEncoding) {
      this.#startChunked().write(chunk, callback);
    } else {
      this.#chunks.push(chunk);
      callback();
    }
  }

  override _final(callback: (error?: Error | null) => void): void {
    if (this.chunkedEncoding) this.#startChunked().end();
    else if (this.#written) this.#start(bufferedBody(Buffer.concat(this.#chunks)));
    else this.#start(undefined);
    callback();
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    const reason = error ?? new DOMException('The request was aborted', 'AbortError');
    this.#exchange?.abort(reason);
    this.#response?.destroy(error ?? undefined);
    callback(error);
  }

  #startChunked(): PassThrough {
    if (this.#upload) return this.#upload;
    this.#upload = new PassThrough();
    // Its failure is that of the request.
    this.#upload.on('error', () => {});
    this.#start(readBody(this.#upload));
    return this.#upload;
  }

  #start(body: RequestBody | undefined): void {
    this.#chunks = [];
    this.#total = body?.contentLength ?? 0;
    try {
      this.#exchange = new ClientExchange({
        parts: this.#parts,
        settings: this.#settings,
        body,
        owner: this.#asOwner(),
      });
      this.#exchange.start();
    } catch (error) {
      this.destroy(error as Error);
    }
  }

  #asOwner(): ExchangeOwner {
    return {
      onResponse: response => this.#respond(response),
      onRedirect: details => this.#redirect(details),
      hasLogin: () => this.listenerCount('login') > 0,
      onLogin: details => this.#login(details),
      onUpload: bytes => void (this.#sent += bytes),
      onError: error => void this.destroy(error),
    };
  }

  #respond(response: IncomingMessage): void {
    this.#response = response;
    response.once('close', () => {
      const { errored } = response;
      // Electron tells both; here, nobody need listen to both.
      this.destroy(errored && this.listenerCount('error') > 0 ? errored : undefined);
    });
    // Nobody will ever read it.
    if (!this.emit('response', response)) response.resume();
  }

  #redirect({ status, method, url, headers }: RedirectDetails): boolean {
    let follow = this.#settings.redirect === 'follow';
    this.#onFollow = () => void (follow = true);
    try {
      this.emit('redirect', status, method, url, headers);
    } finally {
      this.#onFollow = undefined;
    }
    return follow;
  }

  #login({ authInfo }: LoginDetails): Promise<Credentials | undefined> {
    return new Promise(resolve => {
      const answer = (username?: string, password?: string): void => {
        const given = typeof username === 'string' && typeof password === 'string';
        resolve(given ? { username, password } : undefined);
      };
      if (!this.emit('login', { ...authInfo }, answer)) resolve(undefined);
    });
  }

  #requireUnsent(message: string): void {
    if (this.#exchange || this.#written) throw wrongTime(message);
  }
}

function readName(name: unknown, method: string): string {
  if (name === undefined || name === null) throw invalidType(`\`name\` is required for ${method}(name)`);
  return (name as string).toLowerCase();
}

function wrongTime(message: string): StateError {
  return new StateError('ERR_INVALID_STATE', message);
}
