import type { Socket } from 'node:net';
import type { Clock } from '../util/clock.ts';
import { StateError } from '../util/errors.ts';
import type { Connect } from './connector.ts';

/** How long a WebSocket may take to say goodbye when its session closes. */
const farewellMs = 1000;

/**
 * Every socket that a session has open, also those that left its pools: WebSockets, and the agents' of node:http.
 *
 *   open --close()--> closing --all gone, or a second--> closed
 *
 * Owned by Session; outlives pools and agents.
 */
export class OpenSockets {
  readonly #clock: Clock;
  readonly #sockets = new Set<Socket>();
  #closed = false;
  #onLastGone: (() => void) | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The same connector, with its sockets known here. */
  watch(connect: Connect): Connect {
    return (target, callback) => {
      connect(target, (error, socket) => {
        if (error) return callback(error, null);
        if (this.#closed) return callback(refuse(socket), null);
        this.#sockets.add(socket);
        socket.once('close', () => this.#forget(socket));
        callback(null, socket);
      });
    };
  }

  /** Cuts every socket. */
  destroyAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Waits a second for what is left to end by itself, then cuts it. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#sockets.size === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onLastGone = resolve;
    const timer = this.#clock.setTimeout(() => this.destroyAll(), farewellMs, true);
    await promise;
    timer.cancel();
  }

  #forget(socket: Socket): void {
    this.#sockets.delete(socket);
    if (this.#sockets.size === 0) this.#onLastGone?.();
  }
}

function refuse(socket: Socket): StateError {
  socket.destroy();
  return new StateError('ERR_SESSION_CLOSED', 'Cannot connect: the session is closed');
}
