import { invalidType } from '../util/errors.ts';
import { describe } from '../util/options.ts';

/** Anything that says headers: what `fetch` and undici take. */
export type HeadersInput =
  | Headers
  | Readonly<Record<string, string | readonly string[] | number | undefined>>
  | Iterable<readonly [string, string | readonly string[] | undefined]>
  | readonly string[]
  | null
  | undefined;

// RFC 9110 5.6.2 token.
const isName = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
// RFC 9110 5.5, and fetch's ByteString: no control characters but a tab, nothing beyond one byte.
const isValue = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Header names and values in turn, as they came, checked; notes the ones that steps ask for. */
export class HeaderList {
  readonly pairs: string[] = [];
  #cookie = false;
  #userAgent = false;

  /** Whether there is a Cookie header. */
  get hasCookie(): boolean {
    return this.#cookie;
  }

  /** Whether there is a User-Agent header. */
  get hasUserAgent(): boolean {
    return this.#userAgent;
  }

  /** @throws {TypeError} If a name or value is not fit for HTTP; `code` is `ERR_INVALID_OPTION`, the value is not shown. */
  append(name: string, value: string): void {
    if (!isName.test(name)) throw invalidType(`Cannot send a request: header name ${describe(name)} is not a token`);
    const trimmed = normalize(value);
    if (!isValue.test(trimmed)) {
      throw invalidType(
        `Cannot send a request: the value of header "${name}" has a character that HTTP does not allow`,
      );
    }
    this.pairs.push(name, trimmed);
    // By length first: most names are told apart without a comparison.
    if (name.length === 6 && name.toLowerCase() === 'cookie') this.#cookie = true;
    else if (name.length === 10 && name.toLowerCase() === 'user-agent') this.#userAgent = true;
  }

  has(name: string): boolean {
    const { pairs } = this;
    for (let i = 0; i < pairs.length; i += 2) {
      const candidate = pairs[i]!;
      if (candidate.length === name.length && candidate.toLowerCase() === name) return true;
    }
    return false;
  }

  appendAll(input: HeadersInput): void {
    if (input === null || input === undefined) return;
    if (typeof input !== 'object')
      throw invalidType(`Cannot send a request: headers must be an object, got ${describe(input)}`);
    if (Array.isArray(input) && typeof input[0] === 'string') this.#appendFlat(input as readonly string[]);
    else if (Symbol.iterator in input) this.#appendEntries(input as Iterable<readonly [string, unknown]>);
    else for (const name of Object.keys(input)) this.#appendValue(name, (input as Record<string, unknown>)[name]);
  }

  #appendFlat(input: readonly string[]): void {
    if (input.length % 2 !== 0) throw invalidType('Cannot send a request: headers in a flat array must come in pairs');
    for (let i = 0; i < input.length; i += 2) this.#appendValue(input[i]!, input[i + 1]);
  }

  #appendEntries(input: Iterable<readonly [string, unknown]>): void {
    for (const entry of input) {
      if (!Array.isArray(entry) || entry.length !== 2) {
        throw invalidType('Cannot send a request: each entry of headers must be a name and a value');
      }
      this.#appendValue(entry[0], entry[1]);
    }
  }

  #appendValue(name: string, value: unknown): void {
    if (typeof value === 'string') this.append(name, value);
    else if (Array.isArray(value)) for (const one of value) this.append(name, asText(name, one));
    else if (value !== undefined) this.append(name, asText(name, value));
  }
}

function asText(name: string, value: unknown): string {
  // As the Headers class has it, an object is its text.
  // oxlint-disable-next-line typescript/no-base-to-string
  if (value !== null && typeof value !== 'symbol' && typeof value !== 'function') return String(value);
  throw invalidType(
    `Cannot send a request: the value of header ${describe(name)} must be a string, got ${describe(value)}`,
  );
}

/** Fetch standard, "normalize": takes off HTTP's whitespace; what else JavaScript's `trim` takes off may be bytes. */
function normalize(value: string): string {
  let start = 0;
  let end = value.length;
  while (start < end && isWhitespace(value.charCodeAt(start))) start++;
  while (end > start && isWhitespace(value.charCodeAt(end - 1))) end--;
  return end - start === value.length ? value : value.slice(start, end);
}

function isWhitespace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}
