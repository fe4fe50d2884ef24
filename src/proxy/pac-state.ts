import { tryTokenizePac, type PacToken } from './pac-tokens.ts';

const assignments = new Set([
  '=',
  '+=',
  '-=',
  '*=',
  '/=',
  '%=',
  '**=',
  '<<=',
  '>>=',
  '>>>=',
  '&=',
  '|=',
  '^=',
  '&&=',
  '||=',
  '??=',
]);
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

class StateSearch {
  readonly #tokens: readonly PacToken[];
  /** Whether each token stands inside a function. */
  readonly #inFunction: readonly boolean[];
  readonly #local = new Set<string>();
  readonly #topLevel = new Set<string>();

  constructor(tokens: readonly PacToken[]) {
    this.#tokens = tokens;
    this.#inFunction = this.#findFunctions();
    for (const [index, { text }] of tokens.entries()) {
      if (declarators.has(text)) this.#declare(index);
      else if (!this.#inFunction[index] && (text === 'function' || text === 'class'))
        this.#topLevel.add(this.#text(index + 1));
      else if (!this.#inFunction[index] && assignments.has(text)) this.#topLevel.add(this.#text(index - 1));
    }
  }

  found(): boolean {
    return this.#tokens.some((token, index) => (this.#inFunction[index] ? this.#changes(index) : isShared(token)));
  }

  #text(index: number): string {
    return this.#tokens[index]?.text ?? '';
  }

  /** Marks the bodies of functions, and takes their parameters for local names. */
  #findFunctions(): boolean[] {
    const marks: boolean[] = [];
    const braces: boolean[] = [];
    const openings: number[] = [];
    let closed = -1; // where the last closed parenthesis was opened
    let depth = 0;
    for (const [index, { text }] of this.#tokens.entries()) {
      marks.push(depth > 0);
      if (text === '(') openings.push(index);
      else if (text === ')') closed = openings.pop() ?? 0;
      else if (text === '=>') {
        this.#addParameters(this.#text(index - 1) === ')' ? closed : index - 1, index);
        // Where a body without braces ends is not clear: all that follows counts as inside.
        if (this.#text(index + 1) !== '{') depth++;
      } else if (text === '{') {
        const isFunction = this.#beginsFunction(index, closed);
        braces.push(isFunction);
        if (isFunction) depth++;
        if (isFunction && this.#text(index - 1) === ')') this.#addParameters(closed, index);
      } else if (text === '}' && braces.pop()) depth--;
    }
    return marks;
  }

  #beginsFunction(brace: number, parameters: number): boolean {
    if (this.#text(brace - 1) === '=>') return true;
    return this.#text(brace - 1) === ')' && !blockWords.has(this.#text(parameters - 1));
  }

  #addParameters(from: number, to: number): void {
    for (const token of this.#tokens.slice(from, to)) if (token.kind === 'name') this.#local.add(token.text);
  }

  /** Takes the names of `var a = ..., b` for local, or for shared when it stands outside of functions. */
  #declare(declarator: number): void {
    const names = this.#inFunction[declarator] ? this.#local : this.#topLevel;
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

  /** Whether the name at `index` is a plain variable of a function's own. */
  #isOwn(index: number): boolean {
    const token = this.#tokens[index];
    if (token?.kind !== 'name' || !this.#local.has(token.text) || this.#topLevel.has(token.text)) return false;
    return ![this.#text(index - 1), this.#text(index + 1)].some(text => text === '.' || text === '?.' || text === '[');
  }
}

/** Whether a token outside of functions makes something that remembers of itself. */
function isShared({ kind, text }: PacToken): boolean {
  if (kind === 'expression') return /[gy]/.test(text.slice(text.lastIndexOf('/')));
  return kind === 'name' && (text === 'RegExp' || opaque.has(text));
}
