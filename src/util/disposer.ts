type Close = () => void | Promise<void>;

/** Closes what an owner made, in reverse order of making, whatever fails on the way. */
export class Disposer {
  readonly #closers: Close[] = [];
  #closed: Promise<void> | undefined;

  /** Adds something to close later, and returns it. */
  own<T>(child: T, close: (child: T) => void | Promise<void>): T {
    this.#closers.push(() => close(child));
    return child;
  }

  /** Closes everything once; later calls return the same promise. Rejects with the first failure, after all are closed. */
  close(): Promise<void> {
    this.#closed ??= this.#closeAll();
    return this.#closed;
  }

  async #closeAll(): Promise<void> {
    const failures: unknown[] = [];
    for (let close = this.#closers.pop(); close; close = this.#closers.pop()) {
      try {
        await close();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}
