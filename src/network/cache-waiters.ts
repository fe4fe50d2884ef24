import type { Clock, Timer } from '../util/clock.ts';
import type { Waiter } from './cache-plan.ts';

/** Nobody waits longer than this for the head of somebody else's response. */
const maxWaitMs = 5_000;

/** Requests that wait to see whether another one's response will do. Owned by the exchange that they wait for. */
export class CacheWaiters {
  readonly #clock: Clock;
  readonly #onTimeout: (waiters: readonly Waiter[]) => void;
  #waiters: Waiter[] = [];
  #timer: Timer | undefined;

  constructor(clock: Clock, onTimeout: (waiters: readonly Waiter[]) => void) {
    this.#clock = clock;
    this.#onTimeout = onTimeout;
  }

  get isEmpty(): boolean {
    return this.#waiters.length === 0;
  }

  add(waiter: Waiter): void {
    this.#waiters.push(waiter);
    this.#timer ??= this.#clock.setTimeout(() => this.#onTimeout(this.take()), maxWaitMs);
  }

  /** Hands all of them over. */
  take(): readonly Waiter[] {
    this.#timer?.cancel();
    this.#timer = undefined;
    return this.#waiters.splice(0);
  }
}
