import { domainToASCII } from 'node:url';
import type { Clock } from '../util/clock.ts';
import { tryParseIp } from './ip-address.ts';
import { markText } from './pac-return-lines.ts';
import type { PacHost } from './pac-sandbox.ts';

/** What scripts need from outside. */
export interface PacEnvironment {
  readonly clock: Clock;
  /** At least 0 and below 1. */
  readonly random: () => number;
  /** The addresses of a name, IPv6 without brackets. A rejection means that it has none. */
  readonly resolve: (host: string) => Promise<readonly string[]>;
  /** The addresses of this machine, the best first. */
  readonly ownAddresses: () => readonly string[];
  /** Receives what scripts say by `alert`, and why they fail. */
  readonly report: (report: PacReport) => void;
}

/** What a script said, or why it failed. */
export interface PacReport {
  readonly type: 'alert' | 'error';
  readonly message: string;
  /** Line of the script, from 1; undefined when it is not known. */
  readonly line: number | undefined;
}

/** One question to a script, from its first run to the last. */
export class PacRun {
  /** Whether it looked at clock, chance or names. */
  isVolatile = false;
  /** The name that it waits for. */
  pending: string | undefined;
  /** The line of the last `return`, when the script is marked. */
  returnLine: number | undefined;
  /** The names it learned; they stay as they are to the last run. */
  readonly names: Map<string, readonly string[]> = new Map();
  alerts: PacReport[] = [];
}

const answerLifetimeMs = 60_000;
const maxAnswers = 1000;
// Chromium services/proxy_resolver/proxy_resolver_v8_tracing.cc, kMaxUniqueResolveDnsPerExec, kMaxAlertsAndErrorsBytes
const maxNamesPerRun = 20;
const maxAlertLength = 2048;
const maxAlerts = 100;

/**
 * What a script sees of the world, and what it was seen to look at.
 *
 * Owned by PacScript. Answers to name look-ups are kept for a minute, 1000 at most.
 */
export class PacWorld implements PacHost {
  /** The question being put to the script. */
  run: PacRun = new PacRun();
  readonly #environment: PacEnvironment;
  readonly #answers = new Map<string, { readonly addresses: readonly string[]; readonly until: number }>();

  constructor(environment: PacEnvironment) {
    this.#environment = environment;
  }

  lookup(kind: 'name' | 'own', name: string): readonly string[] | undefined {
    this.run.isVolatile = true;
    if (kind === 'own') return this.#environment.ownAddresses();
    if (tryParseIp(name)) return [name];
    const host = domainToASCII(name);
    const known = host === '' ? [] : (this.run.names.get(host) ?? this.#remembered(host));
    if (known) return known;
    if (this.run.names.size >= maxNamesPerRun) return [];
    this.run.pending = host;
    return undefined;
  }

  now(): number {
    this.run.isVolatile = true;
    return this.#environment.clock.now();
  }

  random(): number {
    this.run.isVolatile = true;
    return this.#environment.random();
  }

  alert(message: string, line: number | undefined): void {
    const { run } = this;
    if (message === markText) run.returnLine = line;
    else {
      const said = run.alerts.reduce((sum, alert) => sum + alert.message.length, 0);
      if (run.alerts.length < maxAlerts && said + message.length <= maxAlertLength) {
        run.alerts.push({ type: 'alert', message, line });
      }
    }
  }

  /** Looks up the name that a question waits for. Never rejects. */
  async learn(run: PacRun, host: string): Promise<void> {
    // A name without an address is an answer, too.
    const addresses = await this.#environment.resolve(host).catch(() => []);
    run.names.set(host, addresses);
    if (this.#answers.size >= maxAnswers) this.#answers.clear();
    this.#answers.set(host, { addresses, until: this.#environment.clock.now() + answerLifetimeMs });
  }

  #remembered(host: string): readonly string[] | undefined {
    const answer = this.#answers.get(host);
    if (!answer || answer.until <= this.#environment.clock.now()) return undefined;
    this.run.names.set(host, answer.addresses);
    return answer.addresses;
  }
}
