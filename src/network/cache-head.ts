import type { IncomingHttpHeaders } from 'node:http';
import { describesStored } from '../cache/freshen.ts';
import type { HeaderFields } from '../cache/header-fields.ts';
import type { HttpCache } from '../cache/http-cache.ts';
import { type RawHeaders, readRawHeaders } from '../cache/raw-headers.ts';
import type { Clock } from '../util/clock.ts';
import { ForwardingHandler } from './forwarding-handler.ts';
import type { Controller, Handler } from './request-job.ts';

/** What the handler below needs of the step. */
export interface HeadHost {
  readonly cache: HttpCache;
  readonly clock: Clock;
  readonly key: string;
  readonly request: RawHeaders;
}

/** Updates what is stored by the answer to a HEAD, or deletes it when that shows it to be another one. RFC 9111 4.3.5. */
export class HeadHandler extends ForwardingHandler {
  readonly #host: HeadHost;
  readonly #requestTime: number;

  constructor(handler: Handler, host: HeadHost) {
    super(handler);
    this.#host = host;
    this.#requestTime = host.clock.now();
  }

  override onResponseStart(controller: Controller, status: number, headers: IncomingHttpHeaders, text?: string): void {
    if (status === 200) this.#update(readRawHeaders(controller.rawHeaders, headers), headers);
    this.handler.onResponseStart?.(controller, status, headers, text);
  }

  #update(headers: RawHeaders, fields: HeaderFields): void {
    const { cache, clock, key, request } = this.#host;
    const stored = cache.find(key, request);
    if (!stored) return;
    const { span, size } = stored.stored;
    const times = { requestTime: this.#requestTime, responseTime: clock.now() };
    if (describesStored(fields, stored.fields, span ? span.total : size))
      cache.freshen(key, stored, { headers, request, times });
    else cache.remove(key, stored);
  }
}
