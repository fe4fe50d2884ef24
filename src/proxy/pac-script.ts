import { parsePacResult } from './pac-result.ts';
import { markReturns } from './pac-return-lines.ts';
import { PacSandbox, type PacBudget } from './pac-sandbox.ts';
import { PacScriptError } from './pac-script-error.ts';
import { mayKeepState } from './pac-state.ts';
import { PacRun, PacWorld, type PacEnvironment } from './pac-world.ts';
import type { ProxyList } from './proxy-server.ts';

/** A result, and where it came from. */
export interface PacExplanation {
  /** As the script returned it. */
  readonly result: string;
  /** The line of the `return` that decided; undefined when that is not known. */
  readonly line: number | undefined;
}

// In fuel, for one question, restarts included: a quarter of a second of work. 17,000 rules take half a million.
const findBudget = 50_000_000;
const maxRemembered = 4096;
// Each of them held the program up for a quarter of a second.
const maxLimitHits = 3;

/**
 * One PAC script: runs it, looks names up for it, and remembers its results.
 *
 * A script counts as a function of URL, host, clock, chance and names. So, as in Chromium, one that asks for a name that
 * is not known yet is abandoned, and run again from the start when it is; and what it returns is remembered, unless it
 * looked at clock, chance or names, or might keep something of its own from call to call (`mayKeepState`). A script of
 * that last kind that also looks names up sees its own calls more than once.
 *
 * A sandbox that ran into a limit is replaced; after three of these in a row the script is given up.
 *
 * Owned by PacProxies.
 */
export class PacScript {
  readonly #source: string;
  readonly #environment: PacEnvironment;
  readonly #world: PacWorld;
  readonly #mayRemember: boolean;
  readonly #remembered = new Map<string, ProxyList>();
  #sandbox: PacSandbox;
  #replacing: Promise<void> | undefined;
  #limitHits = 0;

  private constructor(source: string, environment: PacEnvironment, loaded: { world: PacWorld; sandbox: PacSandbox }) {
    this.#source = source;
    this.#environment = environment;
    this.#world = loaded.world;
    this.#sandbox = loaded.sandbox;
    this.#mayRemember = !mayKeepState(source);
  }

  /** Compiles and loads a script. @throws {PacScriptError} If that fails; the environment is told, too. */
  static async load(source: string, environment: PacEnvironment): Promise<PacScript> {
    const world = new PacWorld(environment);
    const sandbox = await loadSandbox(source, environment, world);
    return new PacScript(source, environment, { world, sandbox });
  }

  /**
   * The proxies for a URL: at once when the result is remembered or needs no names that are not known.
   *
   * @param url - As the script may see it: `sanitizePacUrl`.
   * @param host - Without brackets and port.
   * @throws {PacScriptError} If the script fails, now or later; the environment is told, too.
   */
  find(url: string, host: string): ProxyList | Promise<ProxyList> {
    const remembered = this.#remembered.get(url);
    if (remembered) return remembered;
    const run = new PacRun();
    const budget = { left: findBudget };
    if (this.#sandbox.isSpent) return this.#findLater({ url, host, run, budget });
    const result = this.#evaluate({ url, host, run, budget });
    return result === undefined ? this.#findLater({ url, host, run, budget }) : this.#conclude(url, result, run);
  }

  /** What the script returns for a URL, and by which line. @throws {PacScriptError} If it fails. */
  async explain(url: string, host: string): Promise<PacExplanation> {
    const marked = await PacScript.load(markReturns(this.#source), { ...this.#environment, report: () => {} });
    const run = new PacRun();
    const result = await marked.#run({ url, host, run, budget: { left: findBudget } });
    return { result, line: run.returnLine };
  }

  async #findLater(question: PacQuestion): Promise<ProxyList> {
    const result = await this.#run(question);
    return this.#conclude(question.url, result, question.run);
  }

  async #run(question: PacQuestion): Promise<string> {
    for (;;) {
      if (question.run.pending !== undefined) await this.#world.learn(question.run, question.run.pending);
      while (this.#sandbox.isSpent) await this.#replaceSandbox();
      const result = this.#evaluate(question);
      if (result !== undefined) return result;
    }
  }

  /** Runs the script once; undefined when it needs a name first. */
  #evaluate({ url, host, run, budget }: PacQuestion): string | undefined {
    this.#world.run = run;
    run.pending = undefined;
    run.alerts = [];
    try {
      const result = this.#sandbox.evaluate(url, host, budget);
      this.#limitHits = 0;
      // It may have caught the exception: what it returned then says nothing.
      return run.pending === undefined ? result : undefined;
    } catch (error) {
      const failure = error as PacScriptError;
      if (run.pending !== undefined && !failure.isLimit) return undefined;
      if (failure.isLimit) this.#limitHits++;
      throw tell(this.#environment, run, failure);
    }
  }

  #conclude(url: string, result: string, run: PacRun): ProxyList {
    for (const alert of run.alerts) this.#environment.report(alert);
    const list = parsePacResult(result);
    if (this.#mayRemember && !run.isVolatile) {
      if (this.#remembered.size >= maxRemembered) this.#remembered.clear();
      this.#remembered.set(url, list);
    }
    return list;
  }

  #replaceSandbox(): Promise<void> {
    if (this.#limitHits >= maxLimitHits) {
      throw new PacScriptError('The script was given up: it took too much three times in a row', { isLimit: true });
    }
    this.#replacing ??= loadSandbox(this.#source, this.#environment, this.#world)
      .then(
        sandbox => {
          this.#sandbox = sandbox;
        },
        (error: unknown) => {
          this.#limitHits++;
          throw error;
        },
      )
      .finally(() => {
        this.#replacing = undefined;
      });
    return this.#replacing;
  }
}

interface PacQuestion {
  readonly url: string;
  readonly host: string;
  readonly run: PacRun;
  readonly budget: PacBudget;
}

/** A script may look names up while it is loaded: then it is loaded again when they are known. */
async function loadSandbox(source: string, environment: PacEnvironment, world: PacWorld): Promise<PacSandbox> {
  const run = new PacRun();
  for (;;) {
    const sandbox = await PacSandbox.create(world);
    world.run = run;
    run.pending = undefined;
    run.alerts = [];
    try {
      sandbox.load(source);
      if (run.pending === undefined) {
        for (const alert of run.alerts) environment.report(alert);
        return sandbox;
      }
    } catch (error) {
      const failure = error as PacScriptError;
      if (run.pending === undefined || failure.isLimit) throw tell(environment, run, failure);
    }
    await world.learn(run, run.pending);
  }
}

/** Reports what a script said before it failed, and why it failed. */
function tell(environment: PacEnvironment, run: PacRun, failure: PacScriptError): PacScriptError {
  for (const alert of run.alerts) environment.report(alert);
  environment.report({ type: 'error', message: failure.message, line: failure.line });
  return failure;
}
