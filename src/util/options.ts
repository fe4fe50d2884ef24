import { invalidRange, invalidType } from './errors.ts';
import { warn } from './warn.ts';

interface NumberRule {
  readonly min?: number;
  readonly max?: number;
  readonly integer?: boolean;
  /** What the number counts, for the message: 'milliseconds', 'bytes'. */
  readonly unit?: string;
}

/**
 * Reads one options object at the public edge: each field once, with its type, range and default.
 *
 * A wrong type or range is refused with an error that names the field; an unknown key is one warning that names the
 * nearest known one. `undefined` and `null` count as absent.
 */
export class OptionsReader {
  readonly #action: string;
  readonly #input: Readonly<Record<string, unknown>>;

  constructor(action: string, input: unknown, keys: readonly string[]) {
    if (input !== undefined && input !== null && (typeof input !== 'object' || Array.isArray(input))) {
      throw invalidType(`Cannot ${action}: options must be an object, got ${describe(input)}`);
    }
    this.#action = action;
    this.#input = (input ?? {}) as Record<string, unknown>;
    for (const key of Object.keys(this.#input)) {
      if (!keys.includes(key)) warnUnknownOption(action, key, keys);
    }
  }

  has(key: string): boolean {
    return this.#input[key] !== undefined && this.#input[key] !== null;
  }

  boolean<D>(key: string, fallback: D): boolean | D {
    return this.#read(key, fallback, 'a boolean', value => typeof value === 'boolean');
  }

  string<D>(key: string, fallback: D): string | D {
    return this.#read(key, fallback, 'a string', value => typeof value === 'string');
  }

  function<F extends (...args: never[]) => unknown, D>(key: string, fallback: D): F | D {
    return this.#read(key, fallback, 'a function', value => typeof value === 'function') as F | D;
  }

  object<D>(key: string, fallback: D): object | D {
    return this.#read(key, fallback, 'an object', value => typeof value === 'object');
  }

  strings<D>(key: string, fallback: D): readonly string[] | D {
    const isStrings = (value: unknown): boolean =>
      Array.isArray(value) && value.every(item => typeof item === 'string');
    return this.#read(key, fallback, 'an array of strings', isStrings);
  }

  oneOf<T extends string, D>(key: string, allowed: readonly T[], fallback: D): T | D {
    const known = (value: unknown): boolean => allowed.includes(value as T);
    return this.#read(key, fallback, `one of ${allowed.map(quote).join(', ')}`, known) as T | D;
  }

  number<D>(key: string, fallback: D, rule: NumberRule = {}): number | D {
    const value = this.#input[key];
    if (value === undefined || value === null) return fallback;
    if (typeof value !== 'number' || Number.isNaN(value)) this.#refuse(key, 'a number', value);
    const unit = rule.unit ? ` ${rule.unit}` : '';
    if (rule.integer && !Number.isInteger(value)) {
      throw invalidRange(`Cannot ${this.#action}: ${key} must be a whole number, got ${value}`);
    }
    if (rule.min !== undefined && value < rule.min) {
      throw invalidRange(`Cannot ${this.#action}: ${key} must be >= ${rule.min}${unit}, got ${value}`);
    }
    if (rule.max !== undefined && value > rule.max) {
      throw invalidRange(`Cannot ${this.#action}: ${key} must be <= ${rule.max}${unit}, got ${value}`);
    }
    return value;
  }

  #read<D>(key: string, fallback: D, wanted: string, accepts: (value: unknown) => boolean): never | D {
    const value = this.#input[key];
    if (value === undefined || value === null) return fallback;
    if (!accepts(value)) this.#refuse(key, wanted, value);
    return value as never;
  }

  #refuse(key: string, wanted: string, value: unknown): never {
    throw invalidType(`Cannot ${this.#action}: ${key} must be ${wanted}, got ${describe(value)}`);
  }
}

/** What came, in words that are safe to show: the type, and the value only of numbers, booleans and short strings. */
export function describe(value: unknown): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return value.length <= 40 ? quote(value) : 'a long string';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value === undefined) return 'undefined';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}

function quote(text: string): string {
  return `"${text}"`;
}

/** Warns of an option that nobody knows; the call goes on without it. */
export function warnUnknownOption(action: string, key: string, keys: readonly string[]): void {
  warn('SOJOURN_UNKNOWN_OPTION', `${action}: unknown option "${key}"${didYouMean(key, keys)}`);
}

/** The end of a message about an unknown name: ` (did you mean "x"?)`, or nothing when no known one is near. */
export function didYouMean(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  return near ? ` (did you mean "${near}"?)` : '';
}

/** The known key that is most like `key`, or undefined when none is near. */
export function nearest(key: string, keys: readonly string[]): string | undefined {
  const lower = key.toLowerCase();
  let best: string | undefined;
  let bestDistance = Math.max(3, Math.ceil(key.length / 2));
  for (const known of keys) {
    const candidate = known.toLowerCase();
    const contained = candidate.startsWith(lower) || lower.startsWith(candidate);
    const distance = contained ? 1 : editDistance(lower, candidate);
    if (distance < bestDistance) [best, bestDistance] = [known, distance];
  }
  return best;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const swap = previous[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      current.push(Math.min(previous[column]! + 1, current[column - 1]! + 1, swap));
    }
    previous = current;
  }
  return previous[b.length]!;
}
