import type { QuickJSContext, QuickJSHandle } from 'quickjs-emscripten-core';
import { newPacEngine, type PacEngine } from './pac-engine.ts';
import { pacHelpers } from './pac-helpers.ts';
import { PacScriptError } from './pac-script-error.ts';

/** What a script may ask of the world. */
export interface PacHost {
  /**
   * Addresses of a name, or of this machine; empty when there are none, undefined when they are not known yet: then the
   * evaluation is abandoned.
   */
  lookup(kind: 'name' | 'own', name: string): readonly string[] | undefined;
  /** Milliseconds since the epoch. */
  now(): number;
  /** At least 0 and below 1. */
  random(): number;
  alert(message: string, line: number | undefined): void;
}

/** Counts down what scripts may still do; see `PacEngine.fuel`. */
export interface PacBudget {
  left: number;
}

// All in fuel. A script of 1 MiB takes 9 million to load; this is about half a second of work.
const loadBudget = 100_000_000;
// About 20 microseconds.
const hostCallCost = 5000;
const unlimited = 2 ** 31 - 1;

/**
 * An engine of its own for one PAC script. Evaluates at once, without waiting for anything.
 *
 * Owned by PacScript. A script reaches nothing but `PacHost`, and can take neither more time nor more memory than it is
 * given; one that tries leaves the sandbox spent, to be replaced by a new one.
 */
export class PacSandbox {
  readonly #engine: PacEngine;
  readonly #host: PacHost;
  readonly #find: QuickJSHandle;
  readonly #describe: QuickJSHandle;
  #isSpent = false;

  private constructor(engine: PacEngine, host: PacHost) {
    this.#engine = engine;
    this.#host = host;
    const { context } = engine;
    const helpers = context.unwrapResult(context.evalCode(pacHelpers, 'helpers.js'));
    const inner = context.unwrapResult(context.callFunction(helpers, context.undefined, ...this.#hostFunctions()));
    this.#find = context.getProp(inner, 'find');
    this.#describe = context.getProp(inner, 'describe');
  }

  /** Starts an engine, without the script. */
  static async create(host: PacHost): Promise<PacSandbox> {
    return new PacSandbox(await newPacEngine(), host);
  }

  /** Loads the script, once. @throws {PacScriptError} If it does not compile, throws, or takes too much. */
  load(source: string): void {
    this.#enter({ left: loadBudget }, context => {
      // Said to be no module, or QuickJS would guess; the helpers look for the name of the file.
      this.#unwrap(context.evalCode(source, 'proxy.pac', { type: 'global' })).dispose();
      // By evaluation, since "let" and "const" make no property of the global object.
      const type = this.#unwrap(context.evalCode('typeof FindProxyForURL')).consume(handle =>
        context.getString(handle),
      );
      if (type !== 'function') throw new PacScriptError('FindProxyForURL is undefined or not a function');
    });
  }

  /** Whether it ran into a limit, and can evaluate nothing more. */
  get isSpent(): boolean {
    return this.#isSpent;
  }

  /**
   * What `FindProxyForURL(url, host)` returns.
   *
   * @throws {PacScriptError} If it throws, returns no text of ASCII characters, or takes too much.
   */
  evaluate(url: string, host: string, budget: PacBudget): string {
    const result = this.#enter(budget, context => {
      const urlHandle = context.newString(url);
      const hostHandle = context.newString(host);
      const outcome = context.callFunction(this.#find, context.undefined, urlHandle, hostHandle);
      urlHandle.dispose();
      hostHandle.dispose();
      return this.#unwrap(outcome).consume(handle => context.getString(handle));
    });
    if (!/^[\0-\x7f]*$/.test(result)) throw new PacScriptError('FindProxyForURL returned a string that is not ASCII');
    return result;
  }

  /** Runs something in the engine within the budget; whatever breaks the engine off leaves it in no known state. */
  #enter<T>(budget: PacBudget, action: (context: QuickJSContext) => T): T {
    const { fuel, context } = this.#engine;
    fuel.value = budget.left;
    try {
      const result = action(context);
      budget.left = fuel.value;
      return result;
    } catch (error) {
      budget.left = Math.max(0, fuel.value);
      if (error instanceof PacScriptError) throw error;
      this.#isSpent = true;
      throw new PacScriptError(fuel.value < 0 ? 'The script took too long' : 'The script needs too deep a stack', {
        isLimit: true,
      });
    }
  }

  #unwrap(outcome: ReturnType<QuickJSContext['callFunction']>): QuickJSHandle {
    if (!outcome.error) return outcome.value;
    const { context } = this.#engine;
    const told = outcome.error.consume(error => context.callFunction(this.#describe, context.undefined, error));
    const [line, message] = told.error
      ? ['', 'out of memory or stack overflow']
      : splitLine(told.value.consume(handle => context.getString(handle)));
    told.error?.dispose();
    // QuickJS can go on after these, but a script may have been left half way through anything.
    this.#isSpent = /out of memory|stack overflow/.test(message);
    throw new PacScriptError(message, { line: Number(line) || undefined, isLimit: this.#isSpent });
  }

  /** The host's functions in the order that the helpers take them. */
  #hostFunctions(): QuickJSHandle[] {
    const { context } = this.#engine;
    return [
      this.#hostFunction('lookup', ([kind, name]) => {
        const found = this.#host.lookup(kind === 'own' ? 'own' : 'name', name!);
        return found === undefined ? context.undefined : context.newString(found.join(';'));
      }),
      this.#hostFunction('now', () => context.newNumber(this.#host.now())),
      this.#hostFunction('random', () => context.newNumber(this.#host.random())),
      this.#hostFunction('alert', ([text]) => {
        const [line, message] = splitLine(text!);
        this.#host.alert(message, Number(line) || undefined);
        return context.undefined;
      }),
    ];
  }

  /** A function of texts. What it does takes the engine almost no fuel, but time: that is charged in its place. */
  #hostFunction(name: string, action: (texts: readonly string[]) => QuickJSHandle): QuickJSHandle {
    const { context, fuel } = this.#engine;
    return context.newFunction(name, (...handles) => {
      const { value } = fuel;
      // A trap in here would be lost: it comes at the next step of the script.
      fuel.value = unlimited;
      const texts = handles.map(handle => context.getString(handle));
      const result = action(texts);
      fuel.value = Math.max(-1, value - texts.reduce((sum, text) => sum + text.length, hostCallCost));
      return result;
    });
  }
}

function splitLine(text: string): [line: string, message: string] {
  const end = text.indexOf('\n');
  return [text.slice(0, end), text.slice(end + 1)];
}
