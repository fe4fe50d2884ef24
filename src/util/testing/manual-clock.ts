import type { Clock, Timer } from '../clock.ts';

interface Pending {
  readonly at: number;
  readonly order: number;
  readonly action: () => void;
}

/** A clock that stands still until a test moves it; timers fire in order while it moves. */
export class ManualClock implements Clock {
  #now: number;
  #order = 0;
  readonly #pending = new Set<Pending>();

  constructor(now: number = Date.UTC(2026, 0, 1)) {
    this.#now = now;
  }

  /** Timers that have neither fired nor been cancelled. */
  get pendingTimers(): number {
    return this.#pending.size;
  }

  now(): number {
    return this.#now;
  }

  setTimeout(action: () => void, delayMs: number): Timer {
    const timer: Pending = { at: this.#now + Math.max(0, delayMs), order: this.#order++, action };
    this.#pending.add(timer);
    return { cancel: () => void this.#pending.delete(timer) };
  }

  /** Moves on by `byMs`, firing what falls due, each at its own time. */
  advance(byMs: number): void {
    const until = this.#now + byMs;
    for (let next = this.#earliest(until); next; next = this.#earliest(until)) {
      this.#pending.delete(next);
      this.#now = next.at;
      next.action();
    }
    this.#now = until;
  }

  #earliest(until: number): Pending | undefined {
    let first: Pending | undefined;
    for (const timer of this.#pending) {
      if (timer.at > until) continue;
      if (!first || timer.at < first.at || (timer.at === first.at && timer.order < first.order)) first = timer;
    }
    return first;
  }
}
