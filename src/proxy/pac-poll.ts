import type { Clock, Timer } from '../util/clock.ts';

// Chromium net/proxy_resolution/configured_proxy_resolution_service.cc, DefaultPollPolicy
const afterFailureMs = [8_000, 32_000, 120_000, 4 * 3_600_000] as const;
const afterSuccessMs = 12 * 3_600_000;

/**
 * Says when a PAC script is to be fetched again: 8 s after a failure by a timer, then 32 s, 2 min and 4 h, and 12 h after
 * a success, each of these not before there is something to resolve.
 *
 * Owned by PacProxies.
 */
export class PacPoll {
  readonly #clock: Clock;
  readonly #fetchAgain: () => void;
  #failures = 0;
  #dueAt = Number.POSITIVE_INFINITY;
  #timer: Timer | undefined;

  constructor(clock: Clock, fetchAgain: () => void) {
    this.#clock = clock;
    this.#fetchAgain = fetchAgain;
  }

  /** A fetch succeeded. */
  succeeded(): void {
    this.#failures = 0;
    this.#schedule(afterSuccessMs);
  }

  /** A fetch failed. */
  failed(): void {
    const delayMs = afterFailureMs[Math.min(this.#failures, afterFailureMs.length - 1)]!;
    this.#failures++;
    this.#schedule(delayMs);
    if (this.#failures === 1) this.#timer = this.#clock.setTimeout(() => this.activity(), delayMs);
  }

  /** A fetch was cut off by an emulated outage, which is no failure: the next activity tries again. */
  interrupted(): void {
    this.#schedule(0);
  }

  /** Something is to be resolved: the time to fetch what is due. */
  activity(): void {
    if (this.#clock.now() < this.#dueAt) return;
    this.stop();
    this.#fetchAgain();
  }

  /** Forgets what was due. */
  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#dueAt = Number.POSITIVE_INFINITY;
  }

  #schedule(delayMs: number): void {
    this.stop();
    this.#dueAt = this.#clock.now() + delayMs;
  }
}
