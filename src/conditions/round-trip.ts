import type { Timer } from '../util/clock.ts';
import { offlineError } from './offline-error.ts';
import type { Shaped, Shaper } from './shaper.ts';

/**
 * Waits until the latency in force has passed since a moment. A change of the conditions is reckoned with at once; an
 * outage ends the wait.
 *
 * @param sinceMs - By the shaper's clock.
 * @returns undefined when there is nothing to wait for. Rejects with `ERR_INTERNET_DISCONNECTED` in an outage.
 */
export function awaitRoundTrip(shaper: Shaper, sinceMs: number): Promise<void> | undefined {
  if (shaper.conditions.latencyMs === 0 && !shaper.conditions.offline) return undefined;
  return new Promise((resolve, reject) => new RoundTrip({ shaper, sinceMs, resolve, reject }).conditionsChanged());
}

interface Wait {
  readonly shaper: Shaper;
  readonly sinceMs: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

class RoundTrip implements Shaped {
  slot = 0;
  readonly #wait: Wait;
  #timer: Timer | undefined;

  constructor(wait: Wait) {
    this.#wait = wait;
    wait.shaper.join(this);
  }

  conditionsChanged(): void {
    const { shaper, sinceMs, reject } = this.#wait;
    const { conditions, clock } = shaper;
    this.#timer?.cancel();
    if (conditions.offline) return this.#end(() => reject(offlineError()));
    const leftMs = sinceMs + conditions.latencyMs - clock.now();
    if (leftMs <= 0) return this.#end(this.#wait.resolve);
    // It keeps the process alive: what waits may be all that the program waits for.
    this.#timer = clock.setTimeout(() => this.#end(this.#wait.resolve), leftMs, true);
    return undefined;
  }

  #end(settle: () => void): void {
    this.#wait.shaper.leave(this);
    settle();
  }
}
