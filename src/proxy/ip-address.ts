const mappedPrefix = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff);

/** The 4 or 16 bytes of an address literal without brackets; undefined when it is none. */
export function tryParseIp(literal: string): Uint8Array | undefined {
  return literal.includes(':') ? tryParseV6(literal) : tryParseV4(literal);
}

/** Whether the first `bits` bits agree. IPv4 counts as its IPv4-mapped IPv6 address where the two differ in kind. */
export function matchesPrefix(address: Uint8Array, prefix: Uint8Array, bits: number): boolean {
  if (address.length < prefix.length) return matchesPrefix(toMapped(address), prefix, bits);
  if (address.length > prefix.length) return matchesPrefix(address, toMapped(prefix), bits + 96);
  const whole = bits >> 3;
  for (let index = 0; index < whole; index++) if (address[index] !== prefix[index]) return false;
  const rest = bits & 7;
  return rest === 0 || (address[whole]! ^ prefix[whole]!) >> (8 - rest) === 0;
}

/** `address/bits`, with spaces allowed around the slash; undefined when it is no CIDR block. */
export function tryParseCidr(text: string): { readonly prefix: Uint8Array; readonly bits: number } | undefined {
  const [literal, length, ...more] = text.split('/').map(part => part.trim());
  const prefix = tryParseIp(literal!);
  if (!prefix || more.length > 0 || length === undefined || !/^\d{1,9}$/.test(length)) return undefined;
  const bits = Number(length);
  return bits <= prefix.length * 8 ? { prefix, bits } : undefined;
}

function tryParseV4(literal: string): Uint8Array | undefined {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(literal);
  if (!match) return undefined;
  const parts = match.slice(1);
  // A leading zero once meant octal: refused rather than guessed.
  const valid = parts.every(part => Number(part) <= 255 && (part === '0' || !part.startsWith('0')));
  return valid ? Uint8Array.from(parts, Number) : undefined;
}

function tryParseV6(literal: string): Uint8Array | undefined {
  if (!/^[\da-f:.]+$/i.test(literal)) return undefined;
  // WHATWG URL parsing knows every form of the literal, and answers with groups and at most one "::".
  const canonical = URL.parse(`http://[${literal}]/`)?.hostname.slice(1, -1);
  if (canonical === undefined) return undefined;
  const [head, tail] = canonical.split('::').map(half => (half === '' ? [] : half.split(':')));
  const filled = tail ? [...head!, ...Array<string>(8 - head!.length - tail.length).fill('0'), ...tail] : head!;
  const groups = filled.map(group => Number.parseInt(group, 16));
  return Uint8Array.from(groups.flatMap(group => [group >> 8, group & 0xff]));
}

function toMapped(address: Uint8Array): Uint8Array {
  return Uint8Array.of(...mappedPrefix, ...address);
}
