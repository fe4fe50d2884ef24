import type { IncomingHttpHeaders } from 'node:http';
import { CacheDelivery } from './cache-delivery.ts';
import { type Begun, CacheExchange, type ExchangeHost } from './cache-exchange.ts';
import type { ExchangePlan } from './cache-plan.ts';
import { ForwardingHandler } from './forwarding-handler.ts';
import type { Controller, Handler, RequestJob } from './request-job.ts';

interface Passing {
  readonly job: RequestJob;
  readonly plan: ExchangePlan;
}

/** What a response must have at least one of to be stored, or to say something to the cache. */
const telling = ['cache-control', 'expires', 'etag', 'last-modified', 'clear-site-data'] as const;

/**
 * A request of a URL whose last response was of no use to the cache, as those of most APIs: it is passed on as it is, at
 * next to no cost. Should the response be of use this time, an exchange takes over when its head comes.
 */
export class PassingHandler extends ForwardingHandler {
  readonly #host: ExchangeHost;
  readonly #passing: Passing;
  readonly #begun: Begun;
  #exchange: CacheExchange | undefined;

  constructor(handler: Handler, host: ExchangeHost, passing: Passing) {
    super(handler);
    this.#host = host;
    this.#passing = passing;
    this.#begun = { requestTime: host.clock.now(), generation: host.cache.generation };
  }

  override onResponseStart(controller: Controller, status: number, fields: IncomingHttpHeaders, text?: string): void {
    if (status < 200) return super.onResponseStart(controller, status, fields, text);
    const { job, plan } = this.#passing;
    if (isOfNoUse(status, fields)) {
      job.cacheStatus = 'miss';
      this.#host.cache.count('miss');
      return super.onResponseStart(controller, status, fields, text);
    }
    const delivery = new CacheDelivery(job, this.handler);
    delivery.adopt();
    this.#exchange = new CacheExchange(this.#host, plan, delivery, this.#begun);
    this.#exchange.onRequestStart(controller, undefined);
    this.#exchange.onResponseStart(controller, status, fields, text);
  }

  override onResponseData(controller: Controller, chunk: Buffer): void {
    if (this.#exchange) this.#exchange.onResponseData(controller, chunk);
    else super.onResponseData(controller, chunk);
  }

  override onResponseEnd(controller: Controller, trailers: IncomingHttpHeaders): void {
    if (this.#exchange) this.#exchange.onResponseEnd(controller, trailers);
    else super.onResponseEnd(controller, trailers);
  }

  override onResponseError(controller: Controller, error: Error): void {
    if (this.#exchange) this.#exchange.onResponseError(controller, error);
    else super.onResponseError(controller, error);
  }
}

function isOfNoUse(status: number, fields: IncomingHttpHeaders): boolean {
  return status !== 301 && status !== 308 && telling.every(name => fields[name] === undefined);
}
