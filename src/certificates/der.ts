/** One element of a DER text: its tag, its content and the whole of it. */
export interface DerElement {
  readonly tag: number;
  readonly content: Buffer;
  /** Tag, length and content. */
  readonly raw: Buffer;
}

/** Tags of X.690 that certificates and revocation lists use. */
export const derTag = {
  integer: 0x02,
  bitString: 0x03,
  objectIdentifier: 0x06,
  sequence: 0x30,
  bmpString: 0x1e,
  utcTime: 0x17,
  generalizedTime: 0x18,
} as const;

/** Reads the elements of DER bytes in turn. @throws {RangeError} If the bytes are no DER. */
export class DerReader {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  /** Whether the next element has the tag; false at the end. */
  nextIs(tag: number): boolean {
    return this.#bytes[this.#at] === tag;
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length;
  }

  next(): DerElement {
    const start = this.#at;
    const tag = this.#byte();
    const length = this.#length();
    const end = this.#at + length;
    if (end > this.#bytes.length) throw malformed();
    const content = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return { tag, content, raw: this.#bytes.subarray(start, end) };
  }

  require(tag: number): DerElement {
    if (!this.nextIs(tag)) throw malformed();
    return this.next();
  }

  /** Reads a constructed element and returns a reader of what is in it. */
  enter(tag: number = derTag.sequence): DerReader {
    return new DerReader(this.require(tag).content);
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++];
    if (byte === undefined) throw malformed();
    return byte;
  }

  // X.690 8.1.3: one byte, or the number of bytes that follow. Four bytes are more than any certificate needs.
  #length(): number {
    const first = this.#byte();
    if (first < 0x80) return first;
    const count = first & 0x7f;
    if (count === 0 || count > 4) throw malformed();
    let length = 0;
    for (let index = 0; index < count; index++) length = length * 256 + this.#byte();
    return length;
  }
}

/** The dotted form of an object identifier's content. X.690 8.19. */
export function dottedIdentifier(content: Buffer): string {
  const parts: number[] = [];
  let value = 0;
  for (const byte of content) {
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) {
      parts.push(value);
      value = 0;
    }
  }
  const first = parts.shift() ?? 0;
  const root = Math.min(2, Math.floor(first / 40));
  return [root, first - root * 40, ...parts].join('.');
}

function malformed(): RangeError {
  return new RangeError('Cannot read DER: it ends or is nested where it should not');
}
