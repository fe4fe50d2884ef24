import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import { offlineError } from '../conditions/offline-error.ts';
import { Transfer } from '../conditions/link.ts';
import { ShapedStream } from '../conditions/shaped-stream.ts';
import type { Shaped, Shaper } from '../conditions/shaper.ts';
import type { Timer } from '../util/clock.ts';
import { NetError } from '../util/errors.ts';
import { ForwardingHandler } from './forwarding-handler.ts';
import type { Controller, Handler } from './request-job.ts';
import type { ShapedBody } from './shaped-body.ts';

/** A response is read no further while this much of it waits for the link; from half of it on, it is read again. */
const maxWaitingBytes = 64 * 1024;

/**
 * One request under the session's conditions, those in force and those to come. While there are none, everything passes
 * straight on.
 *
 * It is the controller of the steps above, because it reads ahead of them and holds back what they are to get: the head
 * until the latency is over, then the body as the downlink carries it, then the end.
 */
export class ShapedExchange extends ForwardingHandler implements Controller, Shaped {
  slot = 0;
  readonly #shaper: Shaper;
  readonly #body: ShapedBody | undefined;
  #controller: Controller | undefined;
  /** Made when the body first has to wait for the link. */
  #down: Transfer | undefined;
  /** When the request was sent, or when the conditions changed after that. Unknown while there was no latency. */
  #sentAt: number | undefined;
  /** Hands over the head; there while it is held back. */
  #giveHead: (() => void) | undefined;
  #headTimer: Timer | undefined;
  readonly #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #isCarrying = false;
  /** Hands over the end; there from when it came. */
  #giveEnd: (() => void) | undefined;
  #isSourcePaused = false;
  #isPaused = false;
  #isOver = false;
  #failure: Error | null = null;

  /** @param body - The request's body, to be stopped when the request fails. */
  constructor(handler: Handler, shaper: Shaper, body: ShapedBody | undefined) {
    super(handler);
    this.#shaper = shaper;
    this.#body = body;
    shaper.join(this);
  }

  conditionsChanged(): void {
    if (this.#isOver) return;
    this.#sentAt ??= this.#shaper.clock.now();
    if (this.#shaper.conditions.offline) this.#fail(offlineError());
    else if (this.#giveHead) this.#awaitLatency();
  }

  // The controller of the steps above.

  get aborted(): boolean {
    return this.#failure !== null || this.#controller?.aborted === true;
  }

  get reason(): Error | null {
    return this.#failure ?? this.#controller?.reason ?? null;
  }

  get paused(): boolean {
    return this.#isPaused;
  }

  get rawHeaders(): NonNullable<Controller['rawHeaders']> | null {
    return this.#controller?.rawHeaders ?? null;
  }

  get rawTrailers(): NonNullable<Controller['rawTrailers']> | null {
    return this.#controller?.rawTrailers ?? null;
  }

  abort(reason: Error): void {
    this.#fail(reason);
  }

  pause(): void {
    this.#isPaused = true;
    this.#pauseSource();
    if (!this.#isCarrying) return;
    this.#isCarrying = false;
    this.#down?.stop();
  }

  resume(): void {
    // Streams resume before every read.
    if (!this.#isPaused) return;
    this.#isPaused = false;
    this.#deliver();
    this.#resumeSource();
  }

  // The handler of the steps below.

  override onRequestStart(controller: Controller, context: unknown): void {
    this.#controller = controller;
    if (this.#failure) controller.abort(this.#failure);
    else this.handler.onRequestStart?.(this, context);
  }

  override onBodySent(chunk: Buffer): void {
    this.#shaper.bytesUp += chunk.byteLength;
    this.handler.onBodySent?.(chunk);
  }

  override onRequestSent(): void {
    if (this.#shaper.conditions.latencyMs > 0) this.#sentAt = this.#shaper.clock.now();
    this.handler.onRequestSent?.();
  }

  override onResponseStart(_: Controller, status: number, headers: IncomingHttpHeaders, statusText?: string): void {
    if (this.#isOver) return;
    if (status < 200 || this.#latencyLeft() <= 0) {
      this.handler.onResponseStart?.(this, status, headers, statusText);
      return;
    }
    this.#giveHead = () => this.handler.onResponseStart?.(this, status, headers, statusText);
    this.#awaitLatency();
  }

  override onResponseData(_: Controller, chunk: Buffer): void {
    if (this.#isOver) return;
    if (this.#isIdle() && this.#shaper.conditions.downBytesPerSecond === 0) {
      this.#shaper.bytesDown += chunk.byteLength;
      this.handler.onResponseData?.(this, chunk);
      return;
    }
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk.byteLength;
    this.#deliver();
    if (this.#waitingBytes >= maxWaitingBytes) this.#pauseSource();
  }

  override onResponseEnd(_: Controller, trailers: IncomingHttpHeaders): void {
    if (this.#isOver) return;
    if (this.#isIdle()) this.#endWith(trailers);
    else this.#giveEnd = () => this.#endWith(trailers);
  }

  override onResponseError(_: Controller, error: Error): void {
    if (this.#isOver) return;
    const isAllGiven = !this.#giveHead && this.#waitingBytes === 0;
    // What came before the failure is handed over first.
    if (isAllGiven || this.#controller?.aborted !== false) this.#passOn(error);
    else this.#giveEnd = () => this.#passOn(error);
  }

  override onRequestUpgrade(_: Controller, status: number, headers: IncomingHttpHeaders, socket: Duplex): void {
    const stream = new ShapedStream(socket, this.#shaper);
    // Until somebody has it, an outage is told by the exchange.
    stream.on('error', () => {});
    if (this.#isOver) {
      stream.destroy();
      return;
    }
    this.#giveHead = () => {
      this.#finish();
      if (stream.destroyed)
        this.handler.onResponseError?.(this, stream.errored ?? new NetError('ERR_CONNECTION_CLOSED'));
      else this.handler.onRequestUpgrade?.(this, status, headers, stream);
    };
    this.#awaitLatency();
  }

  /** Whether nothing is held back. */
  #isIdle(): boolean {
    return this.#waitingBytes === 0 && !this.#giveHead && !this.#isPaused;
  }

  #latencyLeft(): number {
    const { clock, conditions } = this.#shaper;
    if (conditions.latencyMs === 0) return 0;
    const now = clock.now();
    // A response may begin before the request is sent.
    return (this.#sentAt ?? now) + conditions.latencyMs - now;
  }

  #awaitLatency(): void {
    this.#headTimer?.cancel();
    const leftMs = this.#latencyLeft();
    if (leftMs <= 0) {
      this.#releaseHead();
      return;
    }
    this.#pauseSource();
    const release = (): void => this.#guarded(() => this.#releaseHead());
    this.#headTimer = this.#shaper.clock.setTimeout(release, leftMs, true);
  }

  #releaseHead(): void {
    const give = this.#giveHead!;
    this.#giveHead = undefined;
    give();
    this.#deliver();
    this.#resumeSource();
  }

  #deliver(): void {
    if (this.#giveHead || this.#isCarrying || this.#isPaused || this.#isOver) return;
    const chunk = this.#waiting[0];
    if (chunk) {
      this.#isCarrying = true;
      this.#down ??= new Transfer(this.#shaper.down);
      this.#down.send(chunk.byteLength, bytes => this.#guarded(() => this.#carried(bytes)));
    } else {
      this.#giveEnd?.();
    }
  }

  #carried(bytes: number): void {
    const chunk = this.#waiting[0]!;
    if (bytes < chunk.byteLength) {
      this.#waiting[0] = chunk.subarray(bytes);
    } else {
      this.#waiting.shift();
      this.#isCarrying = false;
    }
    this.#waitingBytes -= bytes;
    this.#shaper.bytesDown += bytes;
    this.handler.onResponseData?.(this, bytes < chunk.byteLength ? chunk.subarray(0, bytes) : chunk);
    this.#deliver();
    this.#resumeSource();
  }

  #endWith(trailers: IncomingHttpHeaders): void {
    this.#finish();
    try {
      this.handler.onResponseEnd?.(this, trailers);
    } catch (error) {
      // As in undici: a handler that throws at the end is told of its own error, and may ask for another try.
      this.handler.onResponseError?.(this, error as Error);
    }
  }

  /** A failure of the connection. It is no abort: a caller that tries again must see the difference. */
  #passOn(error: Error): void {
    this.#finish();
    this.#body?.stop();
    this.handler.onResponseError?.(this, error);
  }

  #pauseSource(): void {
    if (this.#isSourcePaused || this.#giveEnd) return;
    this.#isSourcePaused = true;
    this.#controller?.pause();
  }

  #resumeSource(): void {
    const isHeld = this.#isPaused || this.#giveHead || this.#waitingBytes > maxWaitingBytes / 2;
    // After the end the connection may be another request's already.
    if (!this.#isSourcePaused || isHeld || this.#giveEnd || this.#isOver) return;
    this.#isSourcePaused = false;
    this.#controller?.resume();
  }

  /** A handler that throws ends its request, as in undici; the link and the timers are not its callers' to break. */
  #guarded(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#fail(error as Error);
    }
  }

  #fail(error: Error): void {
    if (this.#isOver) return;
    this.#failure = error;
    this.#finish();
    this.#body?.stop();
    this.#controller?.abort(error);
    this.handler.onResponseError?.(this, error);
  }

  #finish(): void {
    this.#isOver = true;
    this.#shaper.leave(this);
    this.#headTimer?.cancel();
    this.#down?.stop();
    this.#waiting.length = 0;
  }
}
