import { NetError } from '../util/errors.ts';
import type { ActiveRequests } from './active-requests.ts';
import { BufferedBody } from './buffered-body.ts';
import { readCodings } from './content-decoding.ts';
import { makeFetchJob } from './fetch-job.ts';
import {
  type FetchDefaults,
  type FetchInit,
  type FetchRequest,
  isNetworkUrl,
  readFetchRequest,
  withBody,
} from './fetch-request.ts';
import { type ResponseParts, SessionResponse } from './fetch-response.ts';
import { Hop, type HopOwner, type ResponseHead } from './hop.ts';
import { locationOf, nextRequest } from './redirect.ts';
import type { Handler, RequestJob } from './request-job.ts';
import type { OriginFactsCache } from './site-context.ts';

/** What fetch needs of its session. */
export interface FetchParts {
  readonly origins: OriginFactsCache;
  readonly dispatch: (job: RequestJob, handler: Handler) => boolean;
  readonly defaults: () => FetchDefaults;
  readonly active: ActiveRequests;
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
  request.signal?.throwIfAborted();
  const { fetchFile } = await import('./fetch-file.ts');
  return fetchFile(request.url);
}

interface Settle {
  readonly resolve: (response: Response | Promise<Response>) => void;
  readonly reject: (reason: unknown) => void;
}

/** Redirects that are followed; Fetch standard, "HTTP-redirect fetch" step 7. */
const maxRedirects = 20;

/**
 * One call of fetch: a hop, and another one for each redirect. Owned by its hops.
 *
 *   sending --respond()--> following --#send()--> sending
 *   sending --respond()--> receiving --the last byte--> finished
 *   each of them --fail() or the signal--> finished
 */
class FetchCall implements HopOwner {
  readonly #parts: FetchParts;
  readonly #settle: Settle;
  #request: FetchRequest;
  #redirects = 0;
  #hop: Hop | undefined;
  /** Hops that redirected, whose bodies may still be coming. */
  #left: Hop[] | undefined;
  #onAbort: (() => void) | undefined;
  #finished = false;

  constructor(parts: FetchParts, request: FetchRequest, settle: Settle) {
    this.#parts = parts;
    this.#request = request;
    this.#settle = settle;
  }

  start(): void {
    const { signal, bodyOfRequest } = this.#request;
    this.#parts.active.enter();
    if (signal?.aborted) return this.#abort(signal.reason);
    if (signal) {
      this.#onAbort = () => this.#abort(signal.reason);
      signal.addEventListener('abort', this.#onAbort, { once: true });
    }
    if (bodyOfRequest) void this.#gather(bodyOfRequest);
    else this.#send();
  }

  /** The headers of the current hop have come. */
  respond(hop: Hop, head: ResponseHead): void {
    const manual = this.#request.redirect === 'manual';
    const location = manual ? undefined : locationOf(head.status, head.headers);
    if (location !== undefined) return this.#follow(hop, location, head.status);
    const body = hop.hasBody(head.status) ? hop.openBody(this.#parts.active.stalled) : null;
    const parts: ResponseParts = {
      url: hop.url,
      status: head.status,
      statusText: head.statusText,
      rawHeaders: head.headers,
      redirected: this.#redirects > 0,
      body,
      codings: readCodings(head.headers['content-encoding']),
      cacheStatus: hop.job.cacheStatus,
    };
    const response = new SessionResponse(parts);
    if (body) body.owner = response;
    this.#settle.resolve(this.#request.integrity === '' ? response : this.#verify(response, parts));
    if (!body) this.finish();
  }

  fail(error: unknown): void {
    this.finish();
    this.#request.body?.cancel(error);
    this.#settle.reject(error);
  }

  /** Nothing more can happen; lets the signal go. */
  finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    if (this.#onAbort) this.#request.signal?.removeEventListener('abort', this.#onAbort);
    this.#onAbort = undefined;
    this.#left?.forEach(hop => hop.stopDraining());
    this.#parts.active.leave();
  }

  #send(): void {
    const hop = new Hop(this, makeFetchJob(this.#request, this.#parts.origins));
    this.#hop = hop;
    this.#parts.dispatch(hop.job, hop);
  }

  async #gather(stream: ReadableStream<Uint8Array>): Promise<void> {
    try {
      const { gatherBody } = await import('./gather-body.ts');
      const body = await gatherBody(stream);
      if (this.#finished) return body.cancel(this.#request.signal?.reason);
      this.#request = withBody(this.#request, body);
    } catch (cause) {
      return this.fail(new NetError('ERR_FAILED', 'The body of the request could not be read', { cause }));
    }
    this.#send();
  }

  #follow(hop: Hop, location: string | readonly string[], status: number): void {
    hop.drain();
    (this.#left ??= []).push(hop);
    try {
      if (this.#request.redirect === 'error') {
        throw new NetError('ERR_FAILED', "Attempted to redirect, but redirect policy was 'error'");
      }
      if (++this.#redirects > maxRedirects)
        throw new NetError('ERR_TOO_MANY_REDIRECTS', `More than ${maxRedirects} redirects`);
      const before = this.#request;
      this.#request = nextRequest(before, { from: hop.url, location, status });
      if (this.#request.body !== before.body) before.body?.cancel(undefined);
    } catch (error) {
      return this.fail(error);
    }
    this.#send();
  }

  #abort(reason: unknown): void {
    this.#settle.reject(reason);
    this.#hop?.abort(reason);
    this.#request.body?.cancel(reason);
    // One that is being gathered is locked; `#gather` cancels it.
    this.#request.bodyOfRequest?.cancel(reason).catch(() => {});
    this.finish();
  }

  /** Fetch standard, "main fetch" step 22: the caller gets no response before its body is known to be right. */
  async #verify(response: SessionResponse, parts: ResponseParts): Promise<Response> {
    const [{ matchesIntegrity }, bytes] = await Promise.all([import('./integrity.ts'), response.bytes()]);
    // A response without a body has nothing to be right.
    if (parts.body && matchesIntegrity(bytes, this.#request.integrity)) {
      return new SessionResponse({ ...parts, body: new BufferedBody(bytes), codings: undefined });
    }
    throw Object.assign(new TypeError('Cannot fetch: the body does not match "integrity"'), {
      code: 'ERR_INTEGRITY_MISMATCH' as const,
    });
  }
}
