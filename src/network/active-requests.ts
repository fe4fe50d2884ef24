import { StateError } from '../util/errors.ts';
import { StalledBodies } from './stalled-bodies.ts';

/**
 * Counts the requests of a session that are under way, from its doors' point of view: redirects, and answers to a 401,
 * belong to the request that led to them. Owned by SessionNetwork.
 *
 *   open --close()--> closing --the last one leaves, or cutOff()--> drained
 */
export class ActiveRequests {
  /** Those of their responses' bodies that nobody reads. */
  readonly stalled: StalledBodies = new StalledBodies();
  #count = 0;
  #closed: StateError | undefined;
  #onDrained: (() => void) | undefined;

  /** Set once the session takes no new requests: the error that they get. */
  get closed(): StateError | undefined {
    return this.#closed;
  }

  /** A request has begun. */
  enter(): void {
    this.#count++;
  }

  /** It has ended, body and all. */
  leave(): void {
    if (--this.#count === 0) this.#onDrained?.();
  }

  /** Refuses new requests. Settles when there is none left. */
  close(): Promise<void> {
    this.#closed ??= new StateError('ERR_SESSION_CLOSED', 'Cannot send a request: the session is closed');
    if (this.#count === 0) return Promise.resolve();
    this.stalled.drain();
    return new Promise(resolve => (this.#onDrained = resolve));
  }

  /** Waits no longer: what is left has lost its connections, or will get none. */
  cutOff(): void {
    this.#onDrained?.();
  }
}
