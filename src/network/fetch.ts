import { NetError } from '../util/errors.ts';
import { readCodings } from './content-decoding.ts';
import { makeFetchJob } from './fetch-job.ts';
import {
  type FetchDefaults,
  type FetchInit,
  type FetchRequest,
  isNetworkUrl,
  readFetchRequest,
} from './fetch-request.ts';
import { SessionResponse } from './fetch-response.ts';
import { Hop, type HopOwner, type ResponseHead } from './hop.ts';
import { isRedirect, nextRequest } from './redirect.ts';
import type { Handler, RequestJob } from './request-job.ts';
import type { OriginFactsCache } from './site-context.ts';

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
class FetchCall implements HopOwner {
  readonly #parts: FetchParts;
  readonly #settle: Settle;
  #request: FetchRequest;
  #redirects = 0;
  #hop: Hop | undefined;
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
  respond(hop: Hop, head: ResponseHead): void {
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
    const hop = new Hop(this, makeFetchJob(this.#request, this.#parts.origins));
    this.#hop = hop;
    this.#parts.dispatch(hop.job, hop);
  }

  #follow(hop: Hop, location: string, status: number): void {
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
