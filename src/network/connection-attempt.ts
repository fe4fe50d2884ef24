import type { Socket } from 'node:net';
import { offlineError } from '../conditions/offline-error.ts';
import { awaitRoundTrip } from '../conditions/round-trip.ts';
import type { Shaped, Shaper } from '../conditions/shaper.ts';
import type { Timer } from '../util/clock.ts';
import { NetError } from '../util/errors.ts';

/** How long a connection may take to be ready: look-up, proxy and TLS included, but not the program's own answers. */
const connectTimeoutMs = 30_000;

/** One attempt to connect: ends the socket that is being waited for when time is up, or in an emulated outage. */
export class ConnectionAttempt implements Shaped {
  slot = 0;
  readonly #shaper: Shaper;
  readonly #begunAt: number;
  #timer: Timer;
  #socket: Socket | undefined;
  #outage: NetError | undefined;
  #onOutage = (_error: NetError): void => {};

  constructor(shaper: Shaper) {
    this.#shaper = shaper;
    this.#begunAt = shaper.clock.now();
    this.#timer = this.#startTimer();
    shaper.join(this);
  }

  /** Gives what `open` opens. Settles in an outage at once. Called once. */
  async run(open: () => Promise<Socket>): Promise<Socket> {
    try {
      const outage = new Promise<never>((_, reject) => (this.#onOutage = reject));
      this.conditionsChanged();
      const socket = await (this.#outage ? outage : Promise.race([open(), outage]));
      return socket.off('error', ignore);
    } finally {
      this.#shaper.leave(this);
      this.#timer.cancel();
    }
  }

  conditionsChanged(): void {
    if (this.#shaper.conditions.offline) this.cut(offlineError());
  }

  /** Ends it at once. */
  cut(error: NetError): void {
    this.#outage = error;
    this.#socket?.destroy(error);
    this.#onOutage(error);
  }

  /** Names the socket to end. Its errors are no longer nobody's, whoever is being waited for. */
  watch<S extends Socket>(socket: S): S {
    if (this.#socket !== socket) socket.on('error', ignore);
    this.#socket = socket;
    if (this.#outage) socket.destroy(this.#outage);
    return socket;
  }

  /** Waits for `event`; a socket that fails or closes before it is destroyed. */
  ready<S extends Socket>(socket: S, event: string): Promise<S> {
    this.watch(socket);
    return new Promise((resolve, reject) => {
      const settle = (error?: Error): void => {
        socket.off(event, onReady).off('error', settle).off('close', onClose);
        if (!error) return resolve(socket);
        socket.destroy();
        reject(error);
      };
      const onReady = (): void => settle();
      const onClose = (): void => settle(closedByOther());
      socket.once(event, onReady).once('error', settle).once('close', onClose);
    });
  }

  /** Waits until the attempt has taken as long as the latency in force. */
  async roundTrip(): Promise<void> {
    const wait = awaitRoundTrip(this.#shaper, this.#begunAt);
    if (!wait) return;
    await this.untimed(wait);
    if (this.#socket?.destroyed) throw closedByOther();
  }

  /** Waits for what has its own time: the program's answer. */
  async untimed<T>(answer: T | Promise<T>): Promise<T> {
    if (!(answer instanceof Promise)) return answer;
    this.#timer.cancel();
    try {
      return await answer;
    } finally {
      this.#timer = this.#startTimer();
    }
  }

  #startTimer(): Timer {
    return this.#shaper.clock.setTimeout(() => {
      const seconds = connectTimeoutMs / 1000;
      this.#socket?.destroy(new NetError('ERR_CONNECTION_TIMED_OUT', `No connection within ${seconds} seconds`));
    }, connectTimeoutMs);
  }
}

function closedByOther(): NetError {
  return new NetError('ERR_CONNECTION_CLOSED', 'The other side closed the connection');
}

function ignore(): void {}
