import type { IncomingHttpHeaders } from 'node:http';
import { NetError } from '../util/errors.ts';
import { readCodings } from './content-decoding.ts';
import {
  type FetchDefaults,
  type FetchInit,
  type FetchRequest,
  isNetworkUrl,
  readFetchRequest,
} from './fetch-request.ts';
import { SessionResponse } from './fetch-response.ts';
import { toNetError } from './net-error.ts';
import { nextRequest } from './redirect.ts';
import type { Controller, Handler, RequestJob } from './request-job.ts';
import { ResponseBody } from './response-body.ts';
import { contextFor, type OriginFactsCache } from './site-context.ts';

/** What fetch needs of its session. */
export interface FetchParts {
  readonly origins: OriginFactsCache;
  readonly dispatch: (job: RequestJob, handler: Handler) => boolean;
  readonly defaults: () => FetchDefaults;
}

/** fetch on the session's pipeline. Fetch standard 5.6. */
export function sessionFetch(parts: FetchParts, input: unknown, init?: FetchInit): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = readFetchRequest(input, init, parts.defaults());
    if (isNetworkUrl(request.url)) new FetchCall(parts, request, { resolve, reject }).start();
    else resolve(fetchLocal(request));
  });
}

/** data:, blob: and file: URLs never touch the network or the session. */
async function fetchLocal(request: FetchRequest): Promise<Response> {
  if (request.url.protocol !== 'file:') return fetch(request.url, { signal: request.signal ?? null });
  const { fetchFile } = await import('./fetch-file.ts');
  return fetchFile(request.url);
}

interface Settle {
  readonly resolve: (response: Response | Promise<Response>) => void;
  readonly reject: (reason: unknown) => void;
}

/** Redirects that are followed; Fetch standard, "HTTP-redirect fetch" step 7. */
const maxRedirects = 20;

/** One call of fetch: a hop, and another one for each redirect. Owned by its hops; ends with the body. */
class FetchCall {
  readonly #parts: FetchParts;
  readonly #settle: Settle;
  #request: FetchRequest;
  #redirects = 0;
  #hop: FetchHop | undefined;
  #onAbort: (() => void) | undefined;

  constructor(parts: FetchParts, request: FetchRequest, settle: Settle) {
    this.#parts = parts;
    this.#request = request;
    this.#settle = settle;
  }

  start(): void {
    const { signal } = this.#request;
    if (signal?.aborted) return this.#settle.reject(signal.reason);
    if (signal) {
      this.#onAbort = () => this.#abort(signal.reason);
      signal.addEventListener('abort', this.#onAbort, { once: true });
    }
    this.#send();
  }

  /** The headers of the current hop have come. */
  respond(hop: FetchHop, head: ResponseHead): void {
    const location =
      head.status >= 301 && head.status <= 308 ? (head.headers['location'] as string | undefined) : undefined;
    if (location !== undefined && isRedirect(head.status) && this.#request.redirect !== 'manual') {
      this.#follow(hop, location, head.status);
      return;
    }
    const body = hop.hasBody(head.status) ? hop.openBody() : null;
    const response = new SessionResponse({
      url: hop.url,
      status: head.status,
      statusText: head.statusText,
      rawHeaders: head.headers,
      redirected: this.#redirects > 0,
      body,
      codings: readCodings(head.headers['content-encoding']),
    });
    if (body && this.#request.integrity) this.#settle.resolve(this.#verify(response));
    else this.#settle.resolve(response);
    if (!body) this.finish();
  }

  fail(error: unknown): void {
    this.finish();
    this.#settle.reject(error);
  }

  /** Nothing more can happen; lets the signal go. */
  finish(): void {
    if (this.#onAbort) this.#request.signal?.removeEventListener('abort', this.#onAbort);
    this.#onAbort = undefined;
  }

  #send(): void {
    const hop = new FetchHop(this, makeJob(this.#request, this.#parts.origins));
    this.#hop = hop;
    this.#parts.dispatch(hop.job, hop);
  }

  #follow(hop: FetchHop, location: string, status: number): void {
    hop.drain();
    try {
      if (this.#request.redirect === 'error') {
        throw new NetError('ERR_FAILED', "Attempted to redirect, but redirect policy was 'error'");
      }
      if (++this.#redirects > maxRedirects)
        throw new NetError('ERR_TOO_MANY_REDIRECTS', `More than ${maxRedirects} redirects`);
      this.#request = nextRequest(this.#request, { from: hop.url, location, status });
    } catch (error) {
      return this.fail(error);
    }
    this.#send();
  }

  #abort(reason: unknown): void {
    this.#settle.reject(reason);
    this.#hop?.abort(reason);
    this.finish();
  }

  /** Fetch standard, "main fetch" step 22: the caller gets no response before its body is known to be right. */
  async #verify(response: SessionResponse): Promise<Response> {
    const { matchesIntegrity } = await import('./integrity.ts');
    const copy = response.clone();
    if (matchesIntegrity(await copy.bytes(), this.#request.integrity)) return response;
    throw Object.assign(new TypeError('Cannot fetch: the body does not match "integrity"'), {
      code: 'ERR_INTEGRITY_MISMATCH',
    });
  }
}

interface ResponseHead {
  readonly status: number;
  readonly statusText: string;
  readonly headers: IncomingHttpHeaders;
}

/** A redirect's body is read to its end, so that the connection can be used again, but no further than this. */
const maxDrainBytes = 64 * 1024;

/** The handler of one hop. */
class FetchHop implements Handler {
  readonly job: RequestJob;
  readonly #call: FetchCall;
  #controller: Controller | undefined;
  #body: ResponseBody | undefined;
  #started = false;
  #drained = -1;

  constructor(call: FetchCall, job: RequestJob) {
    this.#call = call;
    this.job = job;
  }

  get url(): string {
    return this.job.origin + this.job.path;
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    if (this.job.cancelled) controller.abort(this.job.cancelled.reason as Error);
  }

  onResponseStart(controller: Controller, status: number, headers: IncomingHttpHeaders, statusText = ''): void {
    if (status < 200) return;
    this.#controller = controller;
    this.#started = true;
    this.#call.respond(this, { status, headers, statusText });
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (this.#body) this.#body.push(chunk);
    else if (this.#drained >= 0 && (this.#drained += chunk.byteLength) > maxDrainBytes) controller.abort(drainStopped);
  }

  onResponseEnd(): void {
    this.#body?.end();
    if (this.#drained < 0) this.#call.finish();
  }

  onResponseError(_controller: Controller, error: Error): void {
    if (this.#drained >= 0) return;
    const named = toNetError(error, this.#started ? 'in-body' : 'before-response');
    if (this.#body) {
      this.#body.fail(named);
      this.#call.finish();
    } else this.#call.fail(named);
  }

  /** Fetch standard, "null body status"; RFC 9110 9.3.2 for HEAD. */
  hasBody(status: number): boolean {
    return this.job.method !== 'HEAD' && status !== 204 && status !== 205 && status !== 304;
  }

  openBody(): ResponseBody {
    this.#body = new ResponseBody(this.#controller!);
    return this.#body;
  }

  /** Throws the body away. */
  drain(): void {
    this.#drained = 0;
  }

  abort(reason: unknown): void {
    this.job.cancelled = { reason };
    this.#body?.fail(reason);
    this.#controller?.abort(reason as Error);
  }
}

const drainStopped = new NetError('ERR_ABORTED', 'The body of a redirect is not wanted');

function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

function makeJob(request: FetchRequest, origins: OriginFactsCache): RequestJob {
  const { url } = request;
  const facts = origins.ofUrl(url);
  const owned = request.initiator !== undefined || request.topLevelSite !== undefined;
  return {
    origin: facts.origin,
    path: url.pathname + url.search,
    method: request.method,
    headers: [...request.headers.pairs],
    body: request.body?.open() ?? null,
    upgrade: null,
    headersTimeout: null,
    bodyTimeout: null,
    expectContinue: false,
    allowH2: true,
    protocol: facts.protocol,
    hostname: facts.hostname,
    ownCookieHeader: request.headers.hasCookie,
    credentials: mayUseCredentials(request),
    context: owned ? contextFor(url, request) : facts.ownContext,
    cacheMode: request.cache,
    cancelled: undefined,
  };
}

/** `same-origin` without an initiator acts as `include`: a request of Node's own has no other origin to be foreign to. */
function mayUseCredentials(request: FetchRequest): boolean {
  if (request.credentials === 'same-origin')
    return !request.initiator || request.initiator.origin === request.url.origin;
  return request.credentials === 'include';
}
