/** Where time comes from. Given at the root and passed down, so that tests move it instead of waiting. */
export interface Clock {
  /** Milliseconds since the UNIX epoch. */
  now(): number;
  /** Calls `action` after `delayMs`. The timer does not keep the process alive unless `keepAlive` is true. */
  setTimeout(action: () => void, delayMs: number, keepAlive?: boolean): Timer;
}

/** A timer that has not fired yet. */
export interface Timer {
  cancel(): void;
}

/** The machine's own clock. */
export const systemClock: Clock = {
  now: Date.now,
  setTimeout(action, delayMs, keepAlive = false) {
    const timer = setTimeout(action, delayMs);
    if (!keepAlive) timer.unref();
    return { cancel: () => clearTimeout(timer) };
  },
};
