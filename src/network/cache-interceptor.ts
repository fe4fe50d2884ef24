import type { CachedResponse } from '../cache/cached-response.ts';
import { cacheKey, type HttpCache } from '../cache/http-cache.ts';
import { isSafeMethod } from '../cache/invalidation.ts';
import { headersOfMode, readRequestRules } from '../cache/request-rules.ts';
import { decideReuse } from '../cache/reuse.ts';
import { selectAnswer } from '../cache/select-answer.ts';
import type { Clock } from '../util/clock.ts';
import { NetError } from '../util/errors.ts';
import { CacheDelivery } from './cache-delivery.ts';
import { CacheExchange, type ExchangeHost } from './cache-exchange.ts';
import { HeadHandler } from './cache-head.ts';
import { PassingHandler } from './cache-passing.ts';
import { serveHit } from './cache-hit.ts';
import { conditionsOf, type ExchangePlan, isPlain, makePlan, type Waiter } from './cache-plan.ts';
import { UnsafeHandler } from './cache-unsafe.ts';
import { type Dispatch, type Handler, type Interceptor, jobUrl, type RequestJob } from './request-job.ts';

/** What the step is made of. */
export interface CacheStepParts {
  readonly cache: HttpCache;
  readonly clock: Clock;
  /**
   * The whole way of a request, for those that the step makes by itself (stale-while-revalidate): their cookies are then
   * sent and stored as everybody's. Default: the way down from here.
   */
  readonly dispatch?: Dispatch;
}

/** Answers from the cache what it may, and stores what comes. RFC 9111. */
export function cacheInterceptor(parts: CacheStepParts): Interceptor {
  return next => {
    const step = new CacheStep(parts, next);
    return (job, handler) => step.dispatch(job, handler);
  };
}

/** How many URLs are remembered whose responses cannot be shared. */
const maxUnshareable = 1024;

/** The step: finds out, for each request, who answers it. Owned by the pipeline. */
class CacheStep implements ExchangeHost {
  readonly cache: HttpCache;
  readonly clock: Clock;
  readonly #next: Dispatch;
  readonly #fromTop: Dispatch;
  /** Exchanges that an identical request may join, by key. */
  readonly #open = new Map<string, CacheExchange>();
  /** Keys whose last response could not be shared: waiting for the next one would be in vain. */
  readonly #unshareable = new Set<string>();

  /** Keys for which a new response is being fetched in the background. */
  readonly #revalidating = new Set<string>();

  constructor({ cache, clock, dispatch }: CacheStepParts, next: Dispatch) {
    this.cache = cache;
    this.clock = clock;
    this.#next = next;
    this.#fromTop = dispatch ?? ((job, handler) => this.dispatch(job, handler));
  }

  dispatch(job: RequestJob, handler: Handler): boolean {
    const isGet = job.method === 'GET';
    if (job.upgrade || (!isGet && job.method !== 'HEAD' && isSafeMethod(job.method))) return this.#next(job, handler);
    const rules = readRequestRules(job.cacheMode, job.headers);
    if (job.cacheMode !== 'default') job.headers.push(...headersOfMode(job.cacheMode, job.headers));
    if (!isGet && job.method !== 'HEAD')
      return this.#next(
        job,
        new UnsafeHandler(handler, { cache: this.cache, clock: this.clock, noStore: rules.noStore }, job),
      );
    this.#answer({ job, handler, rules }, false);
    return true;
  }

  readonly goAlone = (waiter: Waiter): void => this.#answer(waiter, true);

  readonly restart = (delivery: CacheDelivery, { key, rules, request }: ExchangePlan): void => {
    this.#send(delivery, { key, rules, request, stored: undefined, purpose: 'fetch' });
  };

  readonly onClosed = (exchange: CacheExchange, shared: boolean): void => {
    const { key } = exchange;
    if (this.#open.get(key) === exchange) this.#open.delete(key);
    if (shared) this.#unshareable.delete(key);
    else this.#unshareable.add(key);
    if (this.#unshareable.size > maxUnshareable)
      for (const oldest of this.#unshareable) return void this.#unshareable.delete(oldest);
  };

  #answer(request: Waiter, alone: boolean): void {
    const { job, handler, rules } = request;
    const key = cacheKey(job.context.topLevelSite, jobUrl(job));
    const stored = this.cache.find(key, job.headers);
    if (stored && this.#answerFromStored(key, stored, request)) return;
    if (rules.onlyIfCached) return this.#refuse(job, handler);
    if (job.method === 'HEAD') {
      const host = { cache: this.cache, clock: this.clock, key, request: [...job.headers] };
      this.#next(job, new HeadHandler(handler, host));
      return;
    }
    const isShareable = rules.mode === 'default' && isPlain(job.headers) && !rules.noStore && !rules.noCache;
    const isKnownUnshareable = this.#unshareable.has(key);
    if (isShareable && !stored && isKnownUnshareable) {
      this.#next(job, new PassingHandler(handler, this, { job, plan: makePlan(key, request, undefined) }));
      return;
    }
    if (isShareable && !alone && !isKnownUnshareable && this.#open.get(key)?.join(request)) return;
    const exchange = this.#send(new CacheDelivery(job, handler), makePlan(key, request, stored));
    if (isShareable && exchange.isJoinable && !this.#open.has(key)) this.#open.set(key, exchange);
  }

  #answerFromStored(key: string, response: CachedResponse, request: Waiter): boolean {
    const { job, handler, rules } = request;
    const now = this.clock.now();
    const reuse = decideReuse(response.freshness, rules, now);
    if (reuse !== 'use' && reuse !== 'use-and-revalidate') return false;
    const answer = selectAnswer(job.method, job.headers, response);
    const onGone = (): void => this.#answer(request, false);
    if (!answer || !serveHit(this.cache, new CacheDelivery(job, handler), { key, response, answer, now, onGone }))
      return false;
    if (reuse === 'use-and-revalidate') this.#revalidate(key, job);
    return true;
  }

  /** RFC 5861 3: gets a new response for those who come later. */
  #revalidate(key: string, job: RequestJob): void {
    if (this.#revalidating.has(key)) return;
    this.#revalidating.add(key);
    const done = (): void => void this.#revalidating.delete(key);
    const headers = job.headers.filter((_, i) => !isOfThisRequest(job, job.headers[i - (i % 2)]!.toLowerCase()));
    const own: RequestJob = { ...job, method: 'GET', headers, cacheMode: 'no-cache', cancelled: undefined };
    this.#fromTop(own, { onRequestStart: () => undefined, onResponseEnd: done, onResponseError: done });
  }

  #send(delivery: CacheDelivery, plan: ExchangePlan): CacheExchange {
    const exchange = new CacheExchange(this, plan, delivery);
    const { job } = delivery;
    job.headers = [...plan.request, ...conditionsOf(plan)];
    this.#next(job, exchange);
    return exchange;
  }

  /** RFC 9111 5.2.1.7 for the directive; Fetch "HTTP-network-or-cache fetch" step 10 for the mode. */
  #refuse(job: RequestJob, handler: Handler): void {
    const delivery = new CacheDelivery(job, handler);
    if (job.cacheMode === 'only-if-cached') {
      delivery.fail(
        new NetError('ERR_CACHE_MISS', 'Nothing is stored for this request, and cache is "only-if-cached"'),
      );
      return;
    }
    const source = { next: () => 'end' as const, leave: () => undefined };
    delivery.respond(
      { status: 504, statusText: 'Gateway Timeout', fields: { 'content-length': '0' }, raw: null },
      source,
    );
  }
}

/** Whether a header is the caller's own business, not the next reader's: its range, its conditions, and what the steps above added. */
function isOfThisRequest(job: RequestJob, name: string): boolean {
  if (name === 'cookie') return !job.ownCookieHeader;
  return name === 'range' || name === 'if-range' || name === 'if-none-match' || name === 'if-modified-since';
}
