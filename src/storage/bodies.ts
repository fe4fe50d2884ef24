/** A body that is being written. Nobody can read it before it is committed. */
export interface BodyWriter {
  /**
   * Takes the next bytes, which must not change afterwards.
   *
   * @returns A promise when the caller should wait for the disk before it gives more.
   * @throws {StoreError} (the promise) If the disk failed; the writer is of no use then.
   */
  write(chunk: Buffer): Promise<void> | undefined;
  /**
   * Makes the body readable under the id that is returned: at once when it is small, and then it is committed together
   * with what else is written to the store in this turn.
   *
   * @throws {StoreError} (the promise) If the disk failed.
   */
  commit(): string | Promise<string>;
  /** Throws the bytes away; does nothing after `commit`. */
  abort(): void;
}

/** A part of a body, in bytes: from `start` up to, not including, `end`. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/**
 * Bodies of stored responses, under ids that are never used twice. Part of a store.
 *
 * Every byte that is handed out was checked. A body may vanish at any time (a disk that fails, another process that
 * deletes it): whoever keeps an id counts with that.
 */
export interface Bodies {
  create(): BodyWriter;
  /**
   * The whole body, when it can be had without waiting; `'later'` when it has to be read piece by piece; undefined when
   * it is gone or damaged.
   */
  readNow(id: string): Buffer | 'later' | undefined;
  /** Reads a part, piece by piece. @throws {StoreError} If the body is gone or damaged. */
  read(id: string, span: Span): AsyncIterable<Buffer>;
  delete(id: string): void;
  /** Deletes all that are committed. */
  clear(): void;
  /**
   * Deletes what nobody knows: left behind by a process that ended between a body and its record. What is younger than an
   * hour is let be, as its record may still be on the way.
   *
   * @returns How many were deleted.
   */
  sweep(isKnown: (id: string) => boolean): Promise<number>;
}
