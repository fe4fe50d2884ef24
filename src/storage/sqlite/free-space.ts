import type { Clock, Timer } from '../../util/clock.ts';
import type { Database } from './database.ts';

/** One step takes about 10 ms. */
const pagesPerStep = 512;
const stepEveryMs = 200;

/** What is given back, and when. */
export interface FreeSpaceOptions {
  readonly clock: Clock;
  /** The file that is open now, if any. */
  readonly database: () => Database | undefined;
}

/**
 * Gives the room of what was deleted back to the file system, a little at a time: all at once would hold up the program
 * for seconds. Owned by SqliteStore.
 */
export class FreeSpace {
  readonly #options: FreeSpaceOptions;
  #timer: Timer | undefined;

  constructor(options: FreeSpaceOptions) {
    this.#options = options;
  }

  /** Much was deleted. */
  giveBack(): void {
    this.#timer ??= this.#options.clock.setTimeout(() => {
      this.#timer = undefined;
      this.#step();
    }, stepEveryMs);
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #step(): void {
    try {
      if (this.#options.database()?.shrink(pagesPerStep)) this.giveBack();
    } catch {
      // The driver's error: another process writes, or the disk fails. The room stays with the file, which will use it.
    }
  }
}
