import type { IncomingHttpHeaders } from 'node:http';
import { clearsCache } from '../cache/clear-site-data.ts';
import { fieldLines, type HeaderFields } from '../cache/header-fields.ts';
import { cacheKey, type HttpCache } from '../cache/http-cache.ts';
import { invalidatedUrls } from '../cache/invalidation.ts';
import { type RawHeaders, readRawHeaders } from '../cache/raw-headers.ts';
import { type ResponseRecorder, recordResponse } from '../cache/response-recorder.ts';
import type { Clock } from '../util/clock.ts';
import { ForwardingHandler } from './forwarding-handler.ts';
import { type Controller, type Handler, jobUrl, type RequestJob } from './request-job.ts';

/** What the handler below needs of the step. */
export interface UnsafeHost {
  readonly cache: HttpCache;
  readonly clock: Clock;
  readonly noStore: boolean;
}

/**
 * Sees to what a request with an unsafe method does to the cache: it invalidates, and an answer to POST that says so
 * is stored for later GETs. RFC 9111 4.4, RFC 9110 9.3.3.
 */
export class UnsafeHandler extends ForwardingHandler {
  readonly #host: UnsafeHost;
  readonly #job: RequestJob;
  readonly #request: RawHeaders;
  readonly #generation: string;
  readonly #requestTime: number;
  #recorder: ResponseRecorder | undefined;

  constructor(handler: Handler, host: UnsafeHost, job: RequestJob) {
    super(handler);
    this.#host = host;
    this.#job = job;
    this.#request = [...job.headers];
    this.#generation = host.cache.generation;
    this.#requestTime = host.clock.now();
  }

  override onResponseStart(controller: Controller, status: number, headers: IncomingHttpHeaders, text = ''): void {
    if (status >= 200) this.#update(controller, { status, statusText: text, fields: headers });
    this.handler.onResponseStart?.(controller, status, headers, text);
  }

  override onResponseData(controller: Controller, chunk: Buffer): void {
    // A copy: whoever receives the chunk may write into it.
    if (this.#recorder) void this.#recorder.write(Buffer.from(chunk));
    this.handler.onResponseData?.(controller, chunk);
  }

  override onResponseEnd(controller: Controller, trailers: IncomingHttpHeaders): void {
    void this.#recorder?.end();
    this.handler.onResponseEnd?.(controller, trailers);
  }

  override onResponseError(controller: Controller, error: Error): void {
    this.#recorder?.drop();
    this.handler.onResponseError?.(controller, error);
  }

  #update(controller: Controller, head: { status: number; statusText: string; fields: HeaderFields }): void {
    const { cache, clock } = this.#host;
    const { method, origin, context } = this.#job;
    const { status, fields } = head;
    const url = jobUrl(this.#job);
    if (clearsCache(origin, fields)) cache.deleteWhere(stored => stored === origin);
    for (const target of invalidatedUrls({ url, status, fields }))
      cache.invalidate(cacheKey(context.topLevelSite, target));
    if (method !== 'POST' || status !== 200 || this.#host.noStore || !describesItself(url, fields)) return;
    this.#recorder = recordResponse(cache, cacheKey(context.topLevelSite, url), {
      ...head,
      method,
      raw: () => readRawHeaders(controller.rawHeaders, fields),
      request: this.#request,
      times: { requestTime: this.#requestTime, responseTime: clock.now() },
      generation: this.#generation,
    });
  }
}

/** RFC 9110 9.3.3: Content-Location names the target itself, so the answer is what a GET would get. */
function describesItself(url: string, fields: HeaderFields): boolean {
  const location = fieldLines(fields, 'content-location')[0];
  return location !== undefined && URL.parse(location, url)?.href === url;
}
