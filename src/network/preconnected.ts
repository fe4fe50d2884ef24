import type { Socket } from 'node:net';
import type { Clock, Timer } from '../util/clock.ts';
import type { Connect, ConnectTarget } from './connector.ts';

// Chromium net/socket/client_socket_pool.cc, kUnusedIdleSocketTimeout
const maxIdleMs = 10_000;

interface PreconnectedParts {
  readonly connect: Connect;
  readonly clock: Clock;
  /** Changes when connections opened before are not to be used for requests. */
  readonly rulesVersion: () => number;
}

interface Idle {
  readonly socket: Socket;
  readonly timer: Timer;
  /** The version of the rules under which it was asked for. */
  readonly version: number;
}

/** Connections opened ahead of the requests that will use them. Owned by Session; wraps its connector. */
export class Preconnected {
  readonly #parts: PreconnectedParts;
  readonly #idle = new Map<string, Idle[]>();
  #generation = 0;

  constructor(parts: PreconnectedParts) {
    this.#parts = parts;
  }

  /** The connector to use: hands out what was opened ahead, else opens a connection. */
  readonly connect: Connect = (target, callback) => {
    const ready = this.#take(target);
    if (ready) queueMicrotask(() => callback(null, ready));
    else this.#parts.connect(target, callback);
  };

  /** Opens connections and keeps each until a request takes it, for 10 s at most. Failures are the request's to meet. */
  open(target: ConnectTarget, count: number): void {
    const generation = this.#generation;
    const version = this.#parts.rulesVersion();
    for (let i = 0; i < count; i++) {
      this.#parts.connect(target, (_error, socket) => {
        if (socket && generation === this.#generation) this.#keep(keyOf(target), socket, version);
        else socket?.destroy();
      });
    }
  }

  /** Closes those that are open, and those that are being opened. */
  close(): void {
    this.#generation++;
    for (const idle of this.#idle.values()) for (const { socket } of idle) socket.destroy();
  }

  #keep(key: string, socket: Socket, version: number): void {
    const timer = this.#parts.clock.setTimeout(() => socket.destroy(), maxIdleMs);
    const entry = { socket, timer, version };
    this.#idle.set(key, [...(this.#idle.get(key) ?? []), entry]);
    // Reading is left to whoever takes the socket; an end or error before that only removes it.
    socket.on('error', ignore);
    socket.once('close', () => this.#forget(key, entry));
  }

  #take(target: ConnectTarget): Socket | undefined {
    const key = keyOf(target);
    const current = this.#parts.rulesVersion();
    const old = this.#idle.get(key)?.filter(({ version }) => version !== current) ?? [];
    for (const { socket } of old) socket.destroy();
    const entry = this.#idle
      .get(key)
      ?.find(({ socket, version }) => version === current && !socket.destroyed && socket.readyState === 'open');
    if (!entry) return undefined;
    this.#forget(key, entry);
    entry.socket.off('error', ignore);
    return entry.socket;
  }

  #forget(key: string, entry: Idle): void {
    entry.timer.cancel();
    const rest = this.#idle.get(key)?.filter(other => other !== entry) ?? [];
    if (rest.length > 0) this.#idle.set(key, rest);
    else this.#idle.delete(key);
  }
}

function ignore(): void {}

function keyOf({ protocol, hostname, port, allowH2 }: ConnectTarget): string {
  return `${protocol}//${hostname}:${port || (protocol === 'https:' ? '443' : '80')} ${allowH2 !== false}`;
}
