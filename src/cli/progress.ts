import type { Clock } from '../util/clock.ts';
import type { CliStreams } from './cli-context.ts';
import { formatBytes } from './format-bytes.ts';

/** A transfer that is done sooner is done before anyone wonders. */
const quietMs = 1000;
const intervalMs = 200;

interface Transfer {
  /** Where it is told, if that is a terminal. */
  readonly stderr: CliStreams['stderr'];
  /** Bytes to come; undefined when that is not known. */
  readonly total: number | undefined;
  readonly clock: Clock;
}

/** One line about a transfer on a terminal, from its second second on. */
export class Progress {
  readonly #transfer: Transfer;
  readonly #startedAt: number;
  #shownAt = 0;
  #bytes = 0;

  constructor(transfer: Transfer) {
    this.#transfer = transfer;
    this.#startedAt = transfer.clock.now();
  }

  add(bytes: number): void {
    this.#bytes += bytes;
    const { stderr, total, clock } = this.#transfer;
    const now = clock.now();
    if (!stderr.isTTY || now - this.#startedAt < quietMs || now - this.#shownAt < intervalMs) return;
    this.#shownAt = now;
    const perSecond = this.#bytes / ((now - this.#startedAt) / 1000);
    const of = total === undefined ? '' : ` of ${formatBytes(total)}`;
    const left = total === undefined ? '' : `, ${Math.ceil(Math.max(0, total - this.#bytes) / perSecond)} s left`;
    stderr.write(`\r\u001b[K${formatBytes(this.#bytes)}${of}, ${formatBytes(perSecond)}/s${left}`);
  }

  /** Takes the line away. */
  end(): void {
    if (this.#shownAt > 0) this.#transfer.stderr.write('\r\u001b[K');
  }
}
