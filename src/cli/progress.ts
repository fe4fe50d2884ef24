import type { CliStreams } from './cli-context.ts';

/** Transfers shorter than this are done before anyone wonders. */
const quietMs = 1000;
const intervalMs = 200;

/** One line about a transfer, on a terminal's standard error, from its second second on. */
export class Progress {
  readonly #stderr: CliStreams['stderr'];
  readonly #total: number | undefined;
  readonly #startedAt = performance.now();
  #shownAt = 0;
  #bytes = 0;

  /** @param total - Bytes to come, where known. */
  constructor(stderr: CliStreams['stderr'], total: number | undefined) {
    this.#stderr = stderr;
    this.#total = total;
  }

  add(bytes: number): void {
    this.#bytes += bytes;
    const now = performance.now();
    if (!this.#stderr.isTTY || now - this.#startedAt < quietMs || now - this.#shownAt < intervalMs) return;
    this.#shownAt = now;
    const perSecond = this.#bytes / ((now - this.#startedAt) / 1000);
    const of = this.#total === undefined ? '' : ` of ${formatBytes(this.#total)}`;
    const left = this.#total === undefined ? '' : `, ${Math.ceil((this.#total - this.#bytes) / perSecond)} s left`;
    this.#stderr.write(`\r\u001b[K${formatBytes(this.#bytes)}${of}, ${formatBytes(perSecond)}/s${left}`);
  }

  /** Takes the line away. */
  end(): void {
    if (this.#shownAt > 0) this.#stderr.write('\r\u001b[K');
  }
}

/** As `1.4 MB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let [value, unit] = [bytes, 0];
  while (value >= 1000 && unit < units.length - 1) [value, unit] = [value / 1000, unit + 1];
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}
