import { Duplex } from 'node:stream';
import { Transfer } from './link.ts';
import { offlineError } from './offline-error.ts';
import type { Shaped, Shaper } from './shaper.ts';

type Done = (error?: Error | null) => void;

/** What a socket has beyond a stream, as far as HTTP and WebSocket clients call it. */
interface SocketManners extends Duplex {
  setNoDelay?(noDelay?: boolean): unknown;
  setKeepAlive?(enable?: boolean, initialDelay?: number): unknown;
  address?(): unknown;
  ref?(): unknown;
  unref?(): unknown;
}

/**
 * A raw stream (a tunnel, a WebSocket, a connection of an agent) under the session's conditions, those in force and those
 * to come: its bytes take their share of the links, and an outage ends it with `ERR_INTERNET_DISCONNECTED`.
 *
 * Owns the stream that it wraps.
 */
export class ShapedStream extends Duplex implements Shaped {
  slot = 0;
  readonly #inner: SocketManners;
  readonly #shaper: Shaper;
  readonly #down: Transfer;
  readonly #up: Transfer;
  /** Somebody reads, and what came last is through. */
  #wantsMore = false;
  #isReceiving = false;
  #innerEnded = false;
  #innerClosed = false;

  constructor(inner: Duplex, shaper: Shaper) {
    super({ allowHalfOpen: inner.allowHalfOpen });
    this.#inner = inner;
    this.#shaper = shaper;
    this.#down = new Transfer(shaper.down);
    this.#up = new Transfer(shaper.up);
    inner.on('readable', () => this.#receive());
    inner.on('end', () => {
      this.#innerEnded = true;
      this.#receive();
    });
    inner.on('error', error => this.destroy(error));
    inner.on('close', () => {
      this.#innerClosed = true;
      this.#receive();
    });
    shaper.join(this);
    this.conditionsChanged();
  }

  conditionsChanged(): void {
    if (this.#shaper.conditions.offline) this.destroy(offlineError());
  }

  #receive(): void {
    if (this.#isReceiving || this.destroyed) return;
    const chunk = this.#wantsMore ? (this.#inner.read() as Buffer | null) : null;
    if (chunk === null) {
      if (this.#innerEnded) this.push(null);
      else if (this.#innerClosed) this.destroy();
      return;
    }
    this.#isReceiving = true;
    let at = 0;
    this.#down.send(chunk.byteLength, bytes => {
      this.#shaper.bytesDown += bytes;
      this.#wantsMore = this.push(chunk.subarray(at, at + bytes));
      at += bytes;
      if (at < chunk.byteLength) return;
      this.#isReceiving = false;
      this.#receive();
    });
  }

  override _read(): void {
    this.#wantsMore = true;
    this.#receive();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: Done): void {
    if (chunk.byteLength === 0) return done();
    let at = 0;
    return this.#up.send(chunk.byteLength, bytes => {
      this.#shaper.bytesUp += bytes;
      const isFlushed = this.#inner.write(chunk.subarray(at, at + bytes));
      at += bytes;
      if (at < chunk.byteLength) return;
      if (isFlushed) done();
      else this.#inner.once('drain', () => done());
    });
  }

  override _final(done: Done): void {
    this.#inner.end(done);
  }

  override _destroy(error: Error | null, done: Done): void {
    this.#shaper.leave(this);
    this.#down.stop();
    this.#up.stop();
    this.#inner.destroy();
    done(error);
  }

  setNoDelay(noDelay?: boolean): this {
    this.#inner.setNoDelay?.(noDelay);
    return this;
  }

  setKeepAlive(enable?: boolean, initialDelay?: number): this {
    this.#inner.setKeepAlive?.(enable, initialDelay);
    return this;
  }

  address(): unknown {
    return this.#inner.address?.() ?? {};
  }

  ref(): this {
    this.#inner.ref?.();
    return this;
  }

  unref(): this {
    this.#inner.unref?.();
    return this;
  }
}
