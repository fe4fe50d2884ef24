import type { Clock } from '../util/clock.ts';
import { Link } from './link.ts';
import { type NetworkConditions, noEmulation } from './network-conditions.ts';

/** A request or stream that the conditions bear upon. */
export interface Shaped {
  /** Its place among what is running; the Shaper's own. */
  slot: number;
  /** The conditions have changed: an outage ends it, a latency that it waits for is reckoned anew. */
  conditionsChanged(): void;
}

/**
 * A session's emulated network: one link for each direction, shared by all of its requests and streams.
 *
 * Owned by Session; outlives every request.
 */
export class Shaper {
  readonly clock: Clock;
  readonly down: Link;
  readonly up: Link;
  /** Bytes of bodies and streams received so far, with and without emulation. */
  bytesDown = 0;
  /** Bytes of bodies and streams sent so far, with and without emulation. */
  bytesUp = 0;
  // An array, because every request comes and goes: a Set costs ten times as much.
  readonly #running: Shaped[] = [];
  #conditions: NetworkConditions = noEmulation;

  constructor(clock: Clock) {
    this.clock = clock;
    this.down = new Link(clock);
    this.up = new Link(clock);
  }

  /** What is in force. */
  get conditions(): NetworkConditions {
    return this.#conditions;
  }

  /** Changes the conditions, at once also for what is running. */
  set conditions(conditions: NetworkConditions) {
    this.#conditions = conditions;
    // An outage ends what is running; it lets nothing through any more.
    if (conditions.offline) for (const shaped of this.#running.slice()) shaped.conditionsChanged();
    this.down.setRate(conditions.downBytesPerSecond);
    this.up.setRate(conditions.upBytesPerSecond);
    if (!conditions.offline) for (const shaped of this.#running.slice()) shaped.conditionsChanged();
  }

  /** Once for each, before `leave`. */
  join(shaped: Shaped): void {
    shaped.slot = this.#running.push(shaped) - 1;
  }

  /** Once for each. */
  leave(shaped: Shaped): void {
    const last = this.#running.pop()!;
    if (last === shaped) return;
    this.#running[shaped.slot] = last;
    last.slot = shaped.slot;
  }
}
