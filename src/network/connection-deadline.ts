import type { Socket } from 'node:net';
import type { Clock, Timer } from '../util/clock.ts';
import { NetError } from '../util/errors.ts';

/** How long a connection may take to be ready: look-up, proxy and TLS included. */
const connectTimeoutMs = 30_000;

/** One attempt to connect: ends the socket that is being waited for when time is up. */
export class ConnectionDeadline {
  readonly #timer: Timer;
  #socket: Socket | undefined;

  constructor(clock: Clock) {
    this.#timer = clock.setTimeout(() => {
      const seconds = connectTimeoutMs / 1000;
      this.#socket?.destroy(new NetError('ERR_CONNECTION_TIMED_OUT', `No connection within ${seconds} seconds`));
    }, connectTimeoutMs);
  }

  /** Names the socket to end. */
  watch<S extends Socket>(socket: S): S {
    this.#socket = socket;
    return socket;
  }

  /** Waits for `event`; a socket that fails or closes before it is destroyed. */
  ready<S extends Socket>(socket: S, event: string): Promise<S> {
    this.watch(socket);
    return new Promise((resolve, reject) => {
      const settle = (error?: Error): void => {
        socket.off(event, onReady).off('error', settle).off('close', onClose);
        if (!error) return resolve(socket);
        socket.on('error', ignore).destroy();
        reject(error);
      };
      const onReady = (): void => settle();
      const onClose = (): void => settle(new NetError('ERR_CONNECTION_CLOSED', 'The other side closed the connection'));
      socket.once(event, onReady).once('error', settle).once('close', onClose);
    });
  }

  cancel(): void {
    this.#timer.cancel();
  }
}

function ignore(): void {}
