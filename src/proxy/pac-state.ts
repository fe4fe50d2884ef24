import { tryTokenizePac, type PacToken } from './pac-tokens.ts';

const assignments = new Set('= += -= *= /= %= **= <<= >>= >>>= &= |= ^= &&= ||= ??='.split(' '));
const steps = new Set(['++', '--']);
const declarators = new Set(['var', 'let', 'const']);
// Methods that change what they are called on, or that remember how far they came.
const changing = new Set(
  (
    'push pop shift unshift splice sort reverse fill copyWithin set add delete clear next exec lastIndex ' +
    'defineProperty defineProperties assign setPrototypeOf __proto__ __defineGetter__ __defineSetter__'
  ).split(' '),
);
const opaque = new Set('eval Function with yield async await delete Reflect Proxy WeakRef this'.split(' '));
const blockWords = new Set(['if', 'for', 'while', 'switch', 'with', 'catch']);

/**
 * Whether a script may keep something from one call of `FindProxyForURL` to the next: a counter, a cache, a regular
 * expression that remembers its place. Then its results must not be remembered in place of running it.
 *
 * Looks at the source: does a function write to anything but its own plain variables? What is not sure counts as yes.
 */
export function mayKeepState(source: string): boolean {
  const tokens = tryTokenizePac(source);
  return !tokens || new StateSearch(tokens).found();
}

/** A function of the script, and the names that it declares itself. */
interface Scope {
  readonly names: Set<string>;
  readonly parent: Scope | undefined;
  /** Whether it runs anew for each URL, so that what its inner functions write does not last. */
  readonly isEntry: boolean;
}

class StateSearch {
  readonly #tokens: readonly PacToken[];
  /** The innermost function that each token stands in. */
  readonly #scopes: readonly (Scope | undefined)[];
  readonly #topLevel = new Set<string>();

  constructor(tokens: readonly PacToken[]) {
    this.#tokens = tokens;
    this.#scopes = this.#findScopes();
    for (const [index, { text }] of tokens.entries()) {
      if (declarators.has(text)) this.#declare(index);
      else if (this.#scopes[index]) continue;
      else if (text === 'function' || text === 'class') this.#topLevel.add(this.#text(index + 1));
      else if (assignments.has(text)) this.#topLevel.add(this.#text(index - 1));
    }
  }

  found(): boolean {
    return this.#tokens.some((token, index) => (this.#scopes[index] ? this.#changes(index) : isShared(token)));
  }

  #text(index: number): string {
    return this.#tokens[index]?.text ?? '';
  }

  #findScopes(): (Scope | undefined)[] {
    const scopes: (Scope | undefined)[] = [];
    const outer: (Scope | undefined)[] = []; // for each open brace, the scope around it
    const openings: number[] = [];
    let closed = -1; // where the last closed parenthesis was opened
    let scope: Scope | undefined;
    for (const [index, { text }] of this.#tokens.entries()) {
      scopes.push(scope);
      const before = this.#text(index - 1);
      const isBlock = before === ')' && blockWords.has(this.#text(closed - 1));
      const parameters = before === '=>' && this.#text(index - 2) !== ')' ? index - 2 : closed;
      if (text === '{') outer.push(scope);
      // Where an arrow's body without braces ends is not clear: what follows counts as inside.
      if (before === '=>' || (text === '{' && before === ')' && !isBlock)) scope = this.#open(scope, parameters, index);
      if (text === '(') openings.push(index);
      else if (text === ')') closed = openings.pop() ?? 0;
      else if (text === '}' && outer.length > 0) scope = outer.pop();
    }
    return scopes;
  }

  /** A function whose parameters stand from one token to another. */
  #open(parent: Scope | undefined, from: number, to: number): Scope {
    const parameters = this.#tokens.slice(from, to).filter(({ kind }) => kind === 'name');
    const isEntry = parent === undefined && this.#text(from - 1) === 'FindProxyForURL';
    return { names: new Set(parameters.map(({ text }) => text)), parent, isEntry };
  }

  /** Takes the names of `var a = ..., b` for local, or for shared when it stands outside of functions. */
  #declare(declarator: number): void {
    const names = this.#scopes[declarator]?.names ?? this.#topLevel;
    names.add(this.#text(declarator + 1));
    let nesting = 0;
    for (let index = declarator + 2; index < this.#tokens.length; index++) {
      const { text, kind, afterNewline } = this.#tokens[index]!;
      if ('([{'.includes(text)) nesting++;
      else if (')]}'.includes(text)) nesting--;
      // A name on a line of its own begins another statement, unless something was left open.
      const endsHere = text === ';' || nesting < 0 || (afterNewline && kind === 'name' && this.#endsValue(index - 1));
      if (endsHere) return;
      if (text === ',' && nesting === 0) names.add(this.#text(index + 1));
    }
  }

  #endsValue(index: number): boolean {
    const { kind, text } = this.#tokens[index]!;
    return kind !== 'punctuator' || ')]}'.includes(text);
  }

  #changes(index: number): boolean {
    const { kind, text } = this.#tokens[index]!;
    const before = this.#text(index - 1);
    if (assignments.has(text)) return !this.#isOwn(index - 1);
    if (steps.has(text)) {
      const isPostfix = this.#tokens[index - 1]?.kind === 'name' && !this.#tokens[index]!.afterNewline;
      return !this.#isOwn(isPostfix ? index - 1 : index + 1);
    }
    if (text === '(' && before === ']') return true; // a method whose name is computed
    if (kind !== 'name') return false;
    const isMember = before === '.' || before === '?.';
    if (isMember) return changing.has(text);
    if ((text === 'in' || text === 'of') && this.#text(index - 2) === '(') return !this.#isOwn(index - 1);
    return opaque.has(text) || (text === 'function' && this.#text(index + 1) === '*');
  }

  /** Whether the innermost function declares a name, or one around it that runs anew for each URL. */
  #isDeclared(name: string, index: number): boolean {
    const own = this.#scopes[index];
    if (own?.names.has(name)) return true;
    for (let scope = own; scope; scope = scope.parent) if (scope.isEntry && scope.names.has(name)) return true;
    return false;
  }

  /** Whether the name at `index` is a plain variable of a function's own. */
  #isOwn(index: number): boolean {
    const token = this.#tokens[index];
    if (token?.kind !== 'name' || this.#topLevel.has(token.text) || !this.#isDeclared(token.text, index)) return false;
    return ![this.#text(index - 1), this.#text(index + 1)].some(text => text === '.' || text === '?.' || text === '[');
  }
}

/** Whether a token outside of functions makes something that remembers of itself. */
function isShared({ kind, text }: PacToken): boolean {
  if (kind === 'expression') return /[gy]/.test(text.slice(text.lastIndexOf('/')));
  return kind === 'name' && (text === 'RegExp' || opaque.has(text));
}
