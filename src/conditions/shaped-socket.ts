import type { Socket } from 'node:net';
import { Transfer } from './link.ts';
import { offlineError } from './offline-error.ts';
import type { Shaped, Shaper } from './shaper.ts';

type Done = (error?: Error | null) => void;
type Chunk = Buffer | string;

/** From here on the socket is read no further, until half of it has gone through the link. */
const maxWaitingBytes = 64 * 1024;

/**
 * Puts a socket under the session's conditions, those in force and those to come: its bytes take their share of the
 * links, and an outage ends it with `ERR_INTERNET_DISCONNECTED`.
 *
 * It stays the socket that it is, for those who ask it for its certificate or its address, and costs nothing while there
 * are no conditions: what the stream calls on itself when bytes come and go is put in between.
 */
export function shapeSocket(socket: Socket, shaper: Shaper): void {
  const shaped = new ShapedSocket(socket, shaper);
  socket.once('close', () => shaped.stop());
}

class ShapedSocket implements Shaped {
  slot = 0;
  readonly #socket: Socket;
  readonly #shaper: Shaper;
  readonly #push: Socket['push'];
  readonly #write: Socket['_write'];
  readonly #down: Transfer;
  readonly #up: Transfer;
  /** What waits for the downlink; null is the end. */
  readonly #waiting: (Buffer | null)[] = [];
  #waitingBytes = 0;
  #isCarrying = false;
  /** The socket's reader takes more. */
  #wantsMore = true;
  /** The socket was to be read further, and is not. */
  #readOn: (() => void) | undefined;

  constructor(socket: Socket, shaper: Shaper) {
    this.#socket = socket;
    this.#shaper = shaper;
    this.#push = socket.push.bind(socket);
    this.#write = socket._write.bind(socket);
    this.#down = new Transfer(shaper.down);
    this.#up = new Transfer(shaper.up);
    const read = socket._read.bind(socket);
    const writev = socket._writev!.bind(socket);
    socket.push = (chunk: Buffer | null) => this.#receive(chunk);
    socket._read = size => this.#read(() => read(size));
    socket._write = (chunk: Chunk, encoding, done) => {
      if (this.#isUnlimited()) this.#sendAll([chunk], () => this.#write(chunk, encoding, done));
      else this.#send(bytesOf(chunk, encoding), done);
    };
    socket._writev = (chunks, done) => {
      const parts = chunks as { chunk: Chunk; encoding: BufferEncoding }[];
      const sent = parts.map(({ chunk }) => chunk);
      if (this.#isUnlimited()) this.#sendAll(sent, () => writev(chunks, done));
      else this.#send(Buffer.concat(parts.map(({ chunk, encoding }) => bytesOf(chunk, encoding))), done);
    };
    shaper.join(this);
    this.conditionsChanged();
  }

  conditionsChanged(): void {
    if (this.#shaper.conditions.offline) this.#socket.destroy(offlineError());
  }

  stop(): void {
    this.#shaper.leave(this);
    this.#down.stop();
    this.#up.stop();
    this.#waiting.length = 0;
  }

  #receive(chunk: Buffer | null): boolean {
    if (this.#waiting.length === 0 && this.#shaper.conditions.downBytesPerSecond === 0) {
      this.#shaper.bytesDown += chunk?.byteLength ?? 0;
      this.#wantsMore = this.#push(chunk);
      return this.#wantsMore;
    }
    this.#waiting.push(chunk);
    this.#waitingBytes += chunk?.byteLength ?? 0;
    this.#deliver();
    return this.#waitingBytes < maxWaitingBytes;
  }

  #read(readOn: () => void): void {
    this.#wantsMore = true;
    if (this.#waitingBytes < maxWaitingBytes / 2) readOn();
    else this.#readOn = readOn;
    this.#deliver();
  }

  #deliver(): void {
    if (this.#isCarrying || !this.#wantsMore) return;
    const [chunk] = this.#waiting;
    if (chunk) {
      this.#isCarrying = true;
      this.#down.send(chunk.byteLength, bytes => this.#carried(bytes));
    } else if (chunk === null) {
      this.#waiting.length = 0;
      this.#push(null);
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
    this.#isAlive();
    const readOn = this.#waitingBytes < maxWaitingBytes / 2 ? this.#readOn : undefined;
    if (readOn) this.#readOn = undefined;
    this.#wantsMore = this.#push(bytes < chunk.byteLength ? chunk.subarray(0, bytes) : chunk);
    readOn?.();
    this.#deliver();
  }

  #isUnlimited(): boolean {
    return this.#shaper.conditions.upBytesPerSecond === 0;
  }

  #sendAll(chunks: readonly Chunk[], send: () => void): void {
    for (const chunk of chunks) this.#shaper.bytesUp += Buffer.byteLength(chunk);
    send();
  }

  #send(bytes: Buffer, done: Done): void {
    if (bytes.byteLength === 0) return done();
    let [at, written] = [0, 0];
    const onWritten = (part: number, error: Error | null | undefined): void => {
      written += part;
      if (error || written === bytes.byteLength) done(error);
    };
    return this.#up.send(bytes.byteLength, part => {
      this.#shaper.bytesUp += part;
      this.#isAlive();
      const from = at;
      at += part;
      this.#write(bytes.subarray(from, at), 'buffer' as BufferEncoding, error => onWritten(part, error));
    });
  }

  /** Bytes on the emulated link are no silence, whatever the real one does: the socket's own timeout begins anew. */
  #isAlive(): void {
    const { timeout } = this.#socket;
    if (timeout) this.#socket.setTimeout(timeout);
  }
}

function bytesOf(chunk: Chunk, encoding: BufferEncoding): Buffer {
  return typeof chunk === 'string' ? Buffer.from(chunk, encoding) : chunk;
}
