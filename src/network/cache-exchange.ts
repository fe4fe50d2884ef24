import type { IncomingHttpHeaders } from 'node:http';
import type { CachedResponse } from '../cache/cached-response.ts';
import type { Draft } from '../cache/cache-writer.ts';
import { completeResponse } from '../cache/complete-response.ts';
import { clearsCache } from '../cache/clear-site-data.ts';
import { describesStored } from '../cache/freshen.ts';
import { fieldLines, type HeaderFields } from '../cache/header-fields.ts';
import type { HttpCache } from '../cache/http-cache.ts';
import { isRestOf } from '../cache/partial-content.ts';
import { readRawHeaders } from '../cache/raw-headers.ts';
import { type Received, type ResponseRecorder, recordResponse } from '../cache/response-recorder.ts';
import { decideReuse, type FetchFailure, mayUseAfterFailure } from '../cache/reuse.ts';
import { selectAnswer } from '../cache/select-answer.ts';
import { matchesVariant } from '../cache/vary.ts';
import type { Clock } from '../util/clock.ts';
import { NetError } from '../util/errors.ts';
import { CacheDelivery } from './cache-delivery.ts';
import { failureKind } from './cache-failure.ts';
import { serveHit } from './cache-hit.ts';
import type { ExchangePlan, Waiter } from './cache-plan.ts';
import { SharedBody } from './cache-shared-body.ts';
import { CacheWaiters } from './cache-waiters.ts';
import type { Controller, Handler } from './request-job.ts';

/** What an exchange needs of the step. */
export interface ExchangeHost {
  readonly cache: HttpCache;
  readonly clock: Clock;
  /** Sends the request again, as the caller made it. */
  readonly restart: (delivery: CacheDelivery, plan: ExchangePlan) => void;
  readonly goAlone: (waiter: Waiter) => void;
  /** Nobody can join any more. `shared` false: the response was not one to share. */
  readonly onClosed: (exchange: CacheExchange, shared: boolean) => void;
}

/** What held when a request was sent. */
export interface Begun {
  readonly requestTime: number;
  readonly generation: string;
}

/** The body of an error that is not handed out is read to its end, so that the connection can be used again. */
const maxDrainBytes = 64 * 1024;

const noCookies = { setCookie: undefined };

/**
 * One request to the origin, its storing, and everybody who gets its response.
 *
 * States: waiting (for the head; identical requests may wait with it) -> receiving (the body; identical requests may
 * still join while all of it is in memory) -> over. It goes from waiting to over when what is stored answers in its place.
 */
export class CacheExchange implements Handler {
  readonly #host: ExchangeHost;
  readonly #plan: ExchangePlan;
  readonly #leader: CacheDelivery;
  readonly #generation: string;
  readonly #requestTime: number;
  #state: 'waiting' | 'receiving' | 'over' = 'waiting';
  readonly #waiters: CacheWaiters;
  #upstream: Controller | undefined;
  #body: SharedBody | undefined;
  #recorder: ResponseRecorder | undefined;
  /** Settles when the disk has the response; undefined before its end, and when there was nothing to wait for. */
  #writing: Promise<void> | undefined;
  #drained = 0;
  #isClosed = false;

  /** @param begun - What held when the request was sent, if that was before now. */
  constructor(host: ExchangeHost, plan: ExchangePlan, leader: CacheDelivery, begun?: Begun) {
    this.#host = host;
    this.#plan = plan;
    this.#leader = leader;
    this.#generation = begun?.generation ?? host.cache.generation;
    this.#requestTime = begun?.requestTime ?? host.clock.now();
    this.#waiters = new CacheWaiters(host.clock, waiters => this.#release(waiters));
    leader.source = { next: () => undefined, leave: () => this.#leaderLeft() };
  }

  get key(): string {
    return this.#plan.key;
  }

  /** Whether another request may come to share the response. */
  get isJoinable(): boolean {
    return this.#state === 'waiting' || (this.#state === 'receiving' && this.#recorder !== undefined);
  }

  /** Has another request share the response; false when it cannot. */
  join(waiter: Waiter): boolean {
    if (this.#state === 'waiting') {
      this.#waiters.add(waiter);
      return true;
    }
    if (!this.#recorder || !this.#isGoodFor(waiter)) return false;
    if (this.#body?.isWhole) this.#share(waiter);
    // Too large for memory, and the disk is about to have it.
    else if (this.#writing) void this.#writing.then(() => this.#host.goAlone(waiter));
    else return false;
    return true;
  }

  onRequestStart(controller: Controller, context: unknown): void {
    this.#upstream = controller;
    if (!this.#leader.start(context) && this.#waiters.isEmpty) this.#abandon();
  }

  onBodySent(chunk: Buffer): void {
    this.#leader.onBodySent(chunk);
  }

  onRequestSent(): void {
    this.#leader.onRequestSent();
  }

  onResponseStarted(): void {
    this.#leader.onResponseStarted();
  }

  onResponseStart(controller: Controller, status: number, fields: IncomingHttpHeaders, statusText = ''): void {
    if (this.#state !== 'waiting') return;
    this.#upstream = controller;
    if (status < 200) {
      this.#leader.head({ status, statusText, fields: fields, raw: controller.rawHeaders ?? null });
      return;
    }
    const response = this.#received(status, statusText, fields);
    this.#clearIfAsked(response.fields);
    if (!this.#answerFromStored(response)) this.#receive(response, this.#plan.stored);
  }

  onResponseData(_controller: Controller, chunk: Buffer): void {
    if (this.#body && this.#state === 'receiving') {
      // A copy to keep: whoever receives a chunk may write into it.
      const kept = this.#recorder ? Buffer.from(chunk) : undefined;
      const waits = kept && this.#recorder!.write(kept);
      if (waits) this.#holdUntil(waits);
      this.#body.push(chunk, kept);
    } else if ((this.#drained += chunk.byteLength) > maxDrainBytes) this.#abortUpstream();
  }

  onResponseEnd(_controller: Controller, trailers: IncomingHttpHeaders): void {
    if (this.#state !== 'receiving') return;
    this.#writing = this.#recorder?.end();
    // Those who come while the disk is busy still join, so there is no moment at which they would have to fetch again.
    if (this.#writing) void this.#writing.then(() => this.#close());
    else this.#close();
    this.#body!.end(trailers);
  }

  onResponseError(_controller: Controller, error: Error): void {
    if (this.#state === 'receiving') {
      void this.#recorder?.breakOff();
      this.#close();
      this.#body!.fail(error);
    } else if (this.#state === 'waiting') this.#failed(error);
  }

  #received(status: number, statusText: string, fields: HeaderFields): Received {
    return {
      method: this.#leader.job.method,
      status,
      statusText,
      fields,
      raw: () => readRawHeaders(this.#upstream!.rawHeaders, fields),
      request: this.#plan.request,
      times: { requestTime: this.#requestTime, responseTime: this.#host.clock.now() },
      generation: this.#generation,
    };
  }

  #clearIfAsked(fields: HeaderFields): void {
    const { origin } = this.#leader.job;
    if (clearsCache(origin, fields)) this.#host.cache.deleteWhere(stored => stored === origin);
  }

  /** Tries to do without the body that comes: by a validation, by leave to be stale, or by what it completes. */
  #answerFromStored(response: Received): boolean {
    const { stored, purpose } = this.#plan;
    if (!stored) return false;
    const { status, fields, request, times } = response;
    // A clear, here or in another process, has overtaken the request: what it was about is gone.
    const isGone = stored.stored.generation !== this.#host.cache.generation;
    // RFC 9111 4.3.4: the caller's own condition may validate what is stored here, too.
    if (purpose === 'fetch' && status === 304 && !isGone && describesStored(fields, stored.fields, undefined)) {
      this.#host.cache.freshen(this.#plan.key, stored, { headers: response.raw(), request, times });
    }
    if (purpose === 'validate' && status === 304) return this.#validated(stored, response, isGone);
    // RFC 5861 4: the statuses that count as an error.
    const isError = status === 500 || status === 502 || status === 503 || status === 504;
    if (isError && !isGone && this.#serveStale(stored, 'error-status')) return true;
    if (purpose !== 'complete' || (status !== 206 && status !== 416)) return false;
    if (status === 206 && !isGone && isRestOf(stored, fields)) this.#complete(stored, response);
    else this.#restart();
    return true;
  }

  #validated(stored: CachedResponse, response: Received, isGone: boolean): true {
    const { cache, clock } = this.#host;
    const { key, request } = this.#plan;
    const validated = isGone
      ? undefined
      : cache.freshen(key, stored, { headers: response.raw(), request, times: response.times });
    const answer = validated && selectAnswer('GET', request, validated);
    if (!validated || !answer || cache.bodyNow(key, validated) === undefined) {
      this.#restart();
      return true;
    }
    this.#state = 'over';
    const setCookie = fieldLines(response.fields, 'set-cookie');
    const now = clock.now();
    const hit = { key, response: validated, now };
    const waiters = this.#waiters.take();
    serveHit(cache, this.#leader, {
      ...hit,
      answer,
      validatedBy: { setCookie: setCookie.length > 0 ? setCookie : undefined },
      onGone: () => this.#host.restart(this.#leader, this.#plan),
    });
    for (const waiter of waiters) {
      const own = this.#fits(waiter, validated) ? selectAnswer('GET', waiter.job.headers, validated) : undefined;
      const delivery = new CacheDelivery(waiter.job, waiter.handler);
      const onGone = (): void => this.#host.goAlone(waiter);
      if (!own || !serveHit(cache, delivery, { ...hit, answer: own, validatedBy: noCookies, onGone })) onGone();
    }
    this.#close();
    return true;
  }

  #serveStale(stored: CachedResponse, kind: FetchFailure): boolean {
    const { cache, clock } = this.#host;
    const { key, request, rules } = this.#plan;
    const now = clock.now();
    if (!mayUseAfterFailure(stored.freshness, rules, { now, kind })) return false;
    const answer = selectAnswer('GET', request, stored);
    const onGone = (): void => this.#host.restart(this.#leader, this.#plan);
    if (!answer || !serveHit(cache, this.#leader, { key, response: stored, answer, now, onGone })) return false;
    this.#state = 'over';
    for (const waiter of this.#waiters.take()) this.#host.goAlone(waiter);
    this.#close(false);
    return true;
  }

  /** A stored beginning and the rest that has just come are one response. RFC 9111 3.4, RFC 9110 15.3.7.3. */
  #complete(stored: CachedResponse, response: Received): void {
    const { cache } = this.#host;
    const { key } = this.#plan;
    const beginning = cache.bodyNow(key, stored);
    if (beginning === undefined) return this.#restart();
    this.#receive(completeResponse(stored, response), undefined);
    const body = this.#body!;
    const feed = (piece: Buffer): void => {
      void this.#recorder?.write(piece);
      body.push(Buffer.from(piece), piece);
    };
    if (beginning !== 'later') return feed(beginning);
    body.hold();
    void this.#readBeginning(stored, feed).then(
      () => body.release(),
      cause => this.#fail(new NetError('ERR_CACHE_READ_FAILURE', 'A stored response cannot be read', { cause })),
    );
  }

  async #readBeginning(stored: CachedResponse, feed: (piece: Buffer) => void): Promise<void> {
    const pieces = this.#host.cache.readBody(this.#plan.key, stored, { start: 0, end: stored.stored.size });
    for await (const piece of pieces) feed(piece);
  }

  #receive(response: Received, stored: CachedResponse | undefined): void {
    const { cache } = this.#host;
    const { key, rules } = this.#plan;
    const { status, statusText, fields } = response;
    this.#state = 'receiving';
    this.#recorder = rules.noStore ? undefined : recordResponse(cache, key, response, stored);
    // RFC 9111 4: what the origin has replaced by something that may not be stored is not its answer any more.
    if (!this.#recorder && stored && status < 400 && status !== 206 && status !== 304) cache.remove(key, stored);
    this.#body = new SharedBody({
      upstream: this.#upstream!,
      keepBytes: this.#recorder ? cache.maxMemoryBodyBytes : 0,
      onDeserted: () => this.#abandon(),
    });
    const waiters = this.#waiters.take();
    const sharers = this.#recorder ? waiters.filter(waiter => this.#isGoodFor(waiter)) : [];
    const { job } = this.#leader;
    job.cacheStatus = 'miss';
    cache.count('miss');
    if (this.#leader.isOver && sharers.length === 0) this.#abandon();
    else {
      const raw = this.#plan.purpose === 'complete' ? [...response.raw()] : (this.#upstream!.rawHeaders ?? null);
      if (!this.#leader.isOver) this.#body.add(this.#leader, { status, statusText, fields, raw });
      for (const waiter of sharers) this.#share(waiter);
    }
    for (const waiter of waiters) if (!sharers.includes(waiter)) this.#host.goAlone(waiter);
    if (!this.#recorder) this.#close(false);
  }

  /** Whether the response that is being received answers another request, too. */
  #isGoodFor(waiter: Waiter): boolean {
    const { freshness, fields, draft } = this.#recorder!;
    return draft.status !== 206 && this.#fits(waiter, { freshness, fields, stored: draft });
  }

  /** RFC 9111 4: to a request that came later, it is a stored response as any other. */
  #fits({ job, rules }: Waiter, response: Pick<CachedResponse, 'freshness' | 'fields'> & { stored: Draft }): boolean {
    if (!matchesVariant(response.stored.variant, job.headers, response.fields)) return false;
    return decideReuse(response.freshness, rules, this.#host.clock.now()) === 'use';
  }

  #share({ job, handler }: Waiter): void {
    const { fields, draft } = this.#recorder!;
    job.cacheStatus = 'hit';
    this.#host.cache.count('hit');
    const { status, statusText } = draft;
    this.#body!.add(new CacheDelivery(job, handler), {
      status,
      statusText,
      fields: { ...fields },
      raw: [...draft.headers],
    });
  }

  #failed(error: Error): void {
    const { stored } = this.#plan;
    const isThere = stored?.stored.generation === this.#host.cache.generation;
    if (!stored || !isThere || !this.#serveStale(stored, failureKind(error))) this.#fail(error);
  }

  #fail(error: Error): void {
    const isReceiving = this.#state === 'receiving';
    this.#state = 'over';
    this.#recorder?.drop();
    const waiters = this.#waiters.take();
    this.#close(false);
    if (isReceiving) {
      this.#body!.fail(error);
      this.#abortUpstream();
    } else this.#leader.fail(error);
    for (const { job, handler } of waiters) new CacheDelivery(job, handler).fail(error);
  }

  #restart(): void {
    this.#state = 'over';
    const waiters = this.#waiters.take();
    this.#close(false);
    this.#abortUpstream();
    if (!this.#leader.isOver) this.#host.restart(this.#leader, this.#plan);
    for (const waiter of waiters) this.#host.goAlone(waiter);
  }

  #leaderLeft(): void {
    if (this.#state === 'waiting' && this.#waiters.isEmpty) this.#abandon();
  }

  /** Nobody is left who wants the response. */
  #abandon(): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    void this.#recorder?.breakOff();
    this.#close();
    this.#abortUpstream();
  }

  #abortUpstream(): void {
    this.#upstream?.abort(this.#leader.reason ?? new NetError('ERR_ABORTED', 'The response is not wanted any more'));
  }

  #release(waiters: readonly Waiter[]): void {
    for (const waiter of waiters) this.#host.goAlone(waiter);
    if (this.#leader.isOver) this.#abandon();
  }

  #holdUntil(waits: Promise<void>): void {
    const body = this.#body!;
    body.hold();
    void waits.then(() => body.release());
  }

  /** The first word counts: a response that was not to be shared does not become so by its end. */
  #close(shared = true): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#host.onClosed(this, shared);
  }
}
