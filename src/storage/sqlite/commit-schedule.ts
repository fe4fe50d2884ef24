import type { Clock, Timer } from '../../util/clock.ts';
import type { StoreError } from '../../util/errors.ts';
import { storeFailure } from './store-failure.ts';

/** How long a commit waits for other processes before it fails; nothing is lost, it is tried again. */
const busyTimeoutMs = 10_000;
const firstBusyRetryMs = 10;
const longestBusyRetryMs = 320;
const firstRetryMs = 1_000;
const longestRetryMs = 30_000;
/** After an attempt that failed and took this long, the disk is left alone for ten times as long. */
const dearAttemptMs = 20;

/** What a schedule is given by its owner. */
export interface CommitScheduleOptions {
  readonly clock: Clock;
  /** Commits all that is pending. @throws {Error} If that failed; it will be called again. */
  readonly commit: () => void;
  /** The first failure after a success; those that wait are told each time. */
  readonly onFailing: (error: StoreError) => void;
}

/**
 * When commits happen, and who is told. Owned by SqliteStore.
 *
 *   clean --request--> due --commit--> clean
 *                      due --busy--> due (10 ms later, doubling up to 320 ms), for 10 s, then failing
 *                      due --failure--> failing
 *   failing --request, committed, or a timer (1 s, doubling up to 30 s)--> due
 *
 * What waits is told at each passage from due to clean or failing.
 */
export class CommitSchedule {
  readonly #options: CommitScheduleOptions;
  #state: 'clean' | 'due' | 'failing' = 'clean';
  #waiting: PromiseWithResolvers<void> | undefined;
  #busySince: number | undefined;
  #busyRetryMs = firstBusyRetryMs;
  #failure: StoreError | undefined;
  #pausedUntil = 0;
  #retry: Timer | undefined;
  #retryMs = firstRetryMs;

  constructor(options: CommitScheduleOptions) {
    this.#options = options;
  }

  /** The disk is known to fail, and the owner was told. */
  expectFailure(failure: StoreError): void {
    this.#failure = failure;
  }

  /** Something is to be committed at the end of this turn. */
  request(): void {
    if (this.#state === 'due') return;
    this.#state = 'due';
    setImmediate(this.#attempt);
  }

  /** Settles when all that was requested is committed, or could not be; undefined when it is. */
  committed(): Promise<void> | undefined {
    if (this.#state === 'clean') return undefined;
    this.request();
    this.#waiting ??= Promise.withResolvers();
    return this.#waiting.promise;
  }

  /** As `committed`, and a disk that just failed is tried again at once. */
  async finish(): Promise<void> {
    this.#pausedUntil = 0;
    await this.committed();
  }

  /** Nothing is tried after this. */
  stop(): void {
    this.#retry?.cancel();
  }

  readonly #attempt = (): void => {
    const { clock, commit } = this.#options;
    const began = clock.now();
    if (this.#failure && began < this.#pausedUntil) {
      this.#fail(this.#failure);
      return;
    }
    try {
      commit();
      this.#succeed();
    } catch (error) {
      this.#afterFailure(storeFailure('write the store', error), began);
    }
  };

  #afterFailure(failure: StoreError, began: number): void {
    const { clock, onFailing } = this.#options;
    const now = clock.now();
    if (failure.code === 'ERR_STORE_BUSY') {
      this.#busySince ??= began;
      if (now - this.#busySince < busyTimeoutMs) {
        clock.setTimeout(this.#attempt, this.#busyRetryMs, true);
        this.#busyRetryMs = Math.min(2 * this.#busyRetryMs, longestBusyRetryMs);
        return;
      }
    }
    this.#endBusy();
    if (now - began >= dearAttemptMs) this.#pausedUntil = now + (now - began) * 10;
    if (!this.#failure) onFailing(failure);
    this.#fail(failure);
  }

  #succeed(): void {
    this.#state = 'clean';
    this.#failure = undefined;
    this.#endBusy();
    this.#retry?.cancel();
    this.#retry = undefined;
    this.#retryMs = firstRetryMs;
    this.#waiting?.resolve();
    this.#waiting = undefined;
  }

  #endBusy(): void {
    this.#busySince = undefined;
    this.#busyRetryMs = firstBusyRetryMs;
  }

  #fail(failure: StoreError): void {
    this.#state = 'failing';
    this.#failure = failure;
    this.#retry ??= this.#options.clock.setTimeout(() => {
      this.#retry = undefined;
      this.#retryMs = Math.min(2 * this.#retryMs, longestRetryMs);
      this.request();
    }, this.#retryMs);
    this.#waiting?.reject(failure);
    this.#waiting = undefined;
  }
}
