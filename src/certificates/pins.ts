import { invalidType } from '../util/errors.ts';
import { describe } from '../util/options.ts';
import type { CertificatePath } from './certificate-path.ts';
import { type HostPattern, parseHostPattern } from './host-pattern.ts';

const action = 'set pins';

/** Keys of which one must be in the chain of every server that a host pattern names. */
export class Pins {
  readonly #rules: readonly { readonly matches: HostPattern; readonly pins: ReadonlySet<string> }[];

  /**
   * @param input - `{ 'a.test': ['sha256/<base64 of the SHA-256 of a SubjectPublicKeyInfo>'] }`; patterns as in
   *   `parseHostPattern`. Undefined or null: no pins.
   * @throws {TypeError} If a pattern or a pin cannot be read.
   */
  constructor(input: unknown) {
    if (input !== undefined && input !== null && (typeof input !== 'object' || Array.isArray(input))) {
      throw invalidType(`Cannot ${action}: pins must be an object of host patterns, got ${describe(input)}`);
    }
    this.#rules = Object.entries(input ?? {}).map(([pattern, pins]) => ({
      matches: parseHostPattern(action, pattern),
      pins: readPins(pattern, pins),
    }));
  }

  /** Whether the chain has a key of each rule for the host. */
  allow(hostname: string, path: CertificatePath): boolean {
    const rules = this.#rules.filter(rule => rule.matches(hostname));
    if (rules.length === 0) return true;
    const keys = path.certificates.map(certificate => certificate.publicKeyPin);
    return rules.every(rule => keys.some(key => rule.pins.has(key)));
  }
}

function readPins(pattern: string, input: unknown): ReadonlySet<string> {
  if (!Array.isArray(input) || input.length === 0) {
    throw invalidType(`Cannot ${action}: the pins of "${pattern}" must be an array with a pin, got ${describe(input)}`);
  }
  for (const pin of input) {
    if (typeof pin !== 'string' || !/^sha256\/[A-Za-z0-9+/]{43}=$/.test(pin)) {
      throw invalidType(
        `Cannot ${action}: a pin of "${pattern}" must be "sha256/" and 44 characters of base64, got ${describe(pin)}`,
      );
    }
  }
  return new Set(input as string[]);
}
