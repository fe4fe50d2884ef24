/**
 * Tells the program's author of something that is not an error, as one process warning.
 *
 * @param code - What it is about, for those who filter warnings: `SOJOURN_UNKNOWN_OPTION`, ...
 */
export function warn(code: string, message: string): void {
  process.emitWarning(message, { type: 'SojournWarning', code });
}
