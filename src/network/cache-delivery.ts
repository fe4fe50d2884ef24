import type { IncomingHttpHeaders } from 'node:http';
import type { HeaderFields } from '../cache/header-fields.ts';
import { NetError } from '../util/errors.ts';
import type { Controller, Handler, RequestJob } from './request-job.ts';

type RawHeaders = NonNullable<Controller['rawHeaders']>;

/** Where the body of a delivery comes from. */
export interface BodySource {
  /** The next piece; undefined when there is none yet: the source then calls `pump` when there is; `'end'` after the last. */
  next(delivery: CacheDelivery): Buffer | 'end' | undefined;
  /** The reader wants no more. */
  leave(delivery: CacheDelivery): void;
  /** The reader wants more after a pause. */
  onResume?(delivery: CacheDelivery): void;
  onPause?(delivery: CacheDelivery): void;
  readonly trailers?: IncomingHttpHeaders;
}

/** The head of a response on its way to a caller. */
export interface Head {
  readonly status: number;
  readonly statusText: string;
  readonly fields: HeaderFields;
  /** As they came, for whoever asks for them. */
  readonly raw: RawHeaders | null;
}

/**
 * One caller's side of a response that the cache step hands out: it calls the handler and is its controller.
 *
 * Owned by the source of its body, or by nobody once it has ended.
 */
export class CacheDelivery implements Controller {
  readonly job: RequestJob;
  readonly #handler: Handler;
  #source: BodySource | undefined;
  #head: Head | undefined;
  #started = false;
  #ended = false;
  #pumping = false;
  #paused = false;
  #reason: Error | null = null;
  /** How many pieces it has had; for the source. */
  position = 0;

  constructor(job: RequestJob, handler: Handler) {
    this.job = job;
    this.#handler = handler;
  }

  get aborted(): boolean {
    return this.#reason !== null;
  }

  get reason(): Error | null {
    return this.#reason;
  }

  get paused(): boolean {
    return this.#paused;
  }

  get rawHeaders(): RawHeaders | null {
    return this.#head?.raw ?? null;
  }

  get rawTrailers(): RawHeaders | null {
    return this.#source?.trailers ?? null;
  }

  /** Whether nothing more will be delivered. */
  get isOver(): boolean {
    return this.#ended;
  }

  /** Who is told when the caller leaves before there is a response. */
  set source(source: BodySource) {
    this.#source = source;
  }

  /** The handler knows already that its request is on its way. */
  adopt(): void {
    this.#started = true;
  }

  /** Tells the handler that its request is on its way; once. Returns whether it still wants the answer. */
  start(context?: unknown): boolean {
    if (!this.#started) {
      this.#started = true;
      this.#guard(() => this.#handler.onRequestStart?.(this, context));
    }
    if (this.job.cancelled && !this.#ended) this.abort(this.job.cancelled.reason as Error);
    return !this.#ended;
  }

  /** Hands out a head; by itself only an informational one. */
  head(head: Head): void {
    this.#head = head;
    this.#guard(() =>
      this.#handler.onResponseStart?.(this, head.status, head.fields as IncomingHttpHeaders, head.statusText),
    );
  }

  /** Hands out the head, then as much of the body as there is and as is wanted. */
  respond(head: Head, source: BodySource): void {
    if (!this.start()) return source.leave(this);
    this.#source = source;
    this.head(head);
    this.pump();
  }

  /** Hands out what the source has. */
  pump(): void {
    // The handler may resume from within its own callback: the loop below goes on then.
    if (this.#pumping) return;
    this.#pumping = true;
    this.#guard(() => this.#drain());
    this.#pumping = false;
  }

  onBodySent(chunk: Buffer): void {
    this.#handler.onBodySent?.(chunk);
  }

  onRequestSent(): void {
    this.#handler.onRequestSent?.();
  }

  onResponseStarted(): void {
    this.#handler.onResponseStarted?.();
  }

  fail(error: Error): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#handler.onResponseError?.(this, error);
  }

  pause(): void {
    this.#paused = true;
    this.#source?.onPause?.(this);
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    // In a turn of its own: undici's parser must not be resumed from within another response's callback.
    queueMicrotask(() => {
      if (this.#paused || this.#ended) return;
      this.pump();
      this.#source?.onResume?.(this);
    });
  }

  abort(reason?: Error): void {
    if (this.#ended) return;
    this.#reason = reason ?? new NetError('ERR_ABORTED', 'The request was aborted');
    this.fail(this.#reason);
    this.#source?.leave(this);
  }

  #drain(): void {
    while (!this.#paused && !this.#ended) {
      const piece = this.#source!.next(this);
      if (piece === undefined) return;
      if (piece === 'end') {
        this.#ended = true;
        this.#handler.onResponseEnd?.(this, this.#source!.trailers ?? {});
        return;
      }
      this.#handler.onResponseData?.(this, piece);
    }
  }

  /** What a handler throws ends its own response only, as in undici. */
  #guard(call: () => void): void {
    try {
      call();
    } catch (error) {
      // After its end there is nobody left to tell; undici reports it all the same. It does not count as aborted: a
      // handler that throws to be sent again, as undici's retry does, asks for that.
      this.#ended = false;
      this.fail(error as Error);
      this.#source?.leave(this);
    }
  }
}
