import type { IncomingHttpHeaders } from 'node:http';
import type { BodySource, CacheDelivery, Head } from './cache-delivery.ts';
import type { Controller } from './request-job.ts';

/** What a shared body is told. */
export interface SharedBodyOptions {
  readonly upstream: Controller;
  /** Up to here everything is kept, so that a late reader can still begin at the beginning; 0: nothing is kept. */
  readonly keepBytes: number;
  /** The last reader has left before the end. */
  readonly onDeserted: () => void;
}

/** A reader may be this far behind the others before they wait for it. */
const maxLagBytes = 64 * 1024 * 1024;

/**
 * The body of a response that is being received, for one reader or several, each at its own pace. Owned by the exchange.
 *
 * The connection is read while any reader wants more; what a slower one has not had yet is kept for it.
 */
export class SharedBody implements BodySource {
  readonly #options: SharedBodyOptions;
  readonly #readers = new Set<CacheDelivery>();
  /** Pieces from number `#first` on. */
  readonly #pieces: Buffer[] = [];
  #first = 0;
  #bytes = 0;
  #holds = 0;
  #copies = false;
  #latest: Buffer | undefined;
  #keepAll: boolean;
  #upstreamPaused = false;
  #ended = false;
  trailers: IncomingHttpHeaders = {};

  constructor(options: SharedBodyOptions) {
    this.#options = options;
    this.#keepAll = options.keepBytes > 0;
  }

  /** Whether a new reader can still have all of it. */
  get isWhole(): boolean {
    return this.#first === 0;
  }

  /** Adds a reader, which gets the head and everything so far. */
  add(delivery: CacheDelivery, head: Head): void {
    this.#readers.add(delivery);
    delivery.position = 0;
    delivery.respond(head, this);
  }

  /** Takes the next piece; `kept`, a copy of it, is what later readers get copies of. Without one there is one reader only. */
  push(piece: Buffer, kept: Buffer | undefined): void {
    this.#pieces.push(kept ?? piece);
    this.#bytes += piece.byteLength;
    if (this.#bytes > this.#options.keepBytes) this.#keepAll = false;
    this.#latest = kept ? piece : undefined;
    this.#copies = kept !== undefined;
    for (const reader of this.#readers) reader.pump();
    this.#latest = undefined;
    if (!this.#keepAll) this.#dropRead();
    this.#throttle();
  }

  end(trailers: IncomingHttpHeaders): void {
    this.trailers = trailers;
    this.#ended = true;
    for (const reader of this.#readers) reader.pump();
  }

  fail(error: Error): void {
    this.#ended = true;
    for (const reader of this.#readers) reader.fail(error);
    this.#readers.clear();
  }

  /** Has the connection wait until `release`. */
  hold(): void {
    this.#holds++;
    this.#throttle();
  }

  release(): void {
    this.#holds--;
    this.#throttle();
  }

  next(delivery: CacheDelivery): Buffer | 'end' | undefined {
    const index = delivery.position - this.#first;
    const piece = this.#pieces[index];
    if (piece) {
      delivery.position++;
      return this.#copies ? this.#copyOf(piece, index) : piece;
    }
    if (!this.#ended) return undefined;
    this.#readers.delete(delivery);
    return 'end';
  }

  leave(delivery: CacheDelivery): void {
    if (!this.#readers.delete(delivery)) return;
    if (this.#readers.size > 0) this.#throttle();
    else if (!this.#ended) this.#options.onDeserted();
  }

  onPause(): void {
    this.#throttle();
  }

  onResume(): void {
    this.#throttle();
  }

  /** The first reader of the newest piece gets that itself. */
  #copyOf(piece: Buffer, index: number): Buffer {
    const latest = index === this.#pieces.length - 1 ? this.#latest : undefined;
    this.#latest = undefined;
    return latest ?? Buffer.from(piece);
  }

  #dropRead(): void {
    let furthestBehind = this.#first + this.#pieces.length;
    for (const reader of this.#readers) furthestBehind = Math.min(furthestBehind, reader.position);
    for (const piece of this.#pieces.splice(0, furthestBehind - this.#first)) this.#bytes -= piece.byteLength;
    this.#first = furthestBehind;
  }

  #throttle(): void {
    if (this.#ended) return;
    const wait = this.#holds > 0 || !this.#isWanted() || (!this.#keepAll && this.#bytes > maxLagBytes);
    if (wait === this.#upstreamPaused) return;
    this.#upstreamPaused = wait;
    if (wait) this.#options.upstream.pause();
    // In a turn of its own: undici's parser must not be resumed from within another response's callback.
    else queueMicrotask(() => this.#resumeUpstream());
  }

  #resumeUpstream(): void {
    if (!this.#upstreamPaused && !this.#ended) this.#options.upstream.resume();
  }

  #isWanted(): boolean {
    for (const reader of this.#readers) if (!reader.paused) return true;
    return false;
  }
}
