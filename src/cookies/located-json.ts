import { malformedImport, positionOf, type TextPosition } from './cookie-draft.ts';

type JsonObject = Readonly<Record<string, unknown>>;

/** Deeper nesting is refused: no format of ours has it. */
const maxDepth = 64;

/**
 * JSON that remembers where its objects stand, so that an error in one can be shown. `JSON.parse` tells a place for
 * broken syntax only, and not always.
 */
export class LocatedJson {
  readonly root: unknown;
  readonly #text: string;
  readonly #offsets = new WeakMap<object, number>();
  #at = 0;

  /** @throws {SojournError} `ERR_IMPORT_MALFORMED`, with line and column, when the text is no JSON. */
  constructor(text: string) {
    this.#text = text;
    this.root = this.#value(0);
    this.#skipBlanks();
    if (this.#at < text.length) throw this.#broken('the end');
  }

  /** Where an object or array of this text begins. */
  position(container: object): TextPosition {
    return positionOf(this.#text, this.#offsets.get(container) ?? 0);
  }

  #value(depth: number): unknown {
    this.#skipBlanks();
    const start = this.#at;
    const first = this.#text[start];
    if (first === '{' || first === '[') {
      if (depth >= maxDepth) throw this.#broken('less nesting');
      this.#at++;
      const container = first === '{' ? this.#object(depth) : this.#array(depth);
      this.#offsets.set(container, start);
      return container;
    }
    return first === '"' ? this.#string() : this.#scalar();
  }

  #object(depth: number): JsonObject {
    const entries: [string, unknown][] = [];
    while (!this.#takes('}')) {
      if (entries.length > 0 && !this.#takes(',')) throw this.#broken('"," or "}"');
      this.#skipBlanks();
      if (this.#text[this.#at] !== '"') throw this.#broken('a key in double quotes');
      const key = this.#string();
      if (!this.#takes(':')) throw this.#broken('":"');
      entries.push([key, this.#value(depth + 1)]);
    }
    // Not by assignment: a key "__proto__" is a key like any other.
    return Object.fromEntries(entries);
  }

  #array(depth: number): unknown[] {
    const items: unknown[] = [];
    while (!this.#takes(']')) {
      if (items.length > 0 && !this.#takes(',')) throw this.#broken('"," or "]"');
      items.push(this.#value(depth + 1));
    }
    return items;
  }

  #string(): string {
    const start = this.#at;
    let end = start;
    do end = this.#text.indexOf('"', end + 1);
    while (end !== -1 && this.#isEscaped(end));
    if (end === -1) throw this.#broken('a string that ends');
    this.#at = end + 1;
    return this.#parse(start) as string;
  }

  /** Whether an odd number of backslashes stands before. */
  #isEscaped(index: number): boolean {
    let before = index;
    while (this.#text[before - 1] === '\\') before--;
    return (index - before) % 2 === 1;
  }

  #scalar(): unknown {
    const start = this.#at;
    while (/[\w+.-]/.test(this.#text[this.#at] ?? '')) this.#at++;
    if (this.#at === start) throw this.#broken('a value');
    return this.#parse(start);
  }

  #parse(start: number): unknown {
    try {
      return JSON.parse(this.#text.slice(start, this.#at));
    } catch {
      // A SyntaxError, whose message quotes the text: a cookie's value may be in it.
      this.#at = start;
      throw this.#broken('a valid string, number, true, false or null');
    }
  }

  #takes(character: string): boolean {
    this.#skipBlanks();
    if (this.#text[this.#at] !== character) return false;
    this.#at++;
    return true;
  }

  #skipBlanks(): void {
    while (/[ \t\r\n]/.test(this.#text[this.#at] ?? '')) this.#at++;
  }

  #broken(wanted: string): Error {
    return malformedImport(positionOf(this.#text, this.#at), `the JSON is broken: ${wanted} is expected here`);
  }
}
