import type { HeaderFields } from './header-fields.ts';

/** Header names and values in turn, in the order and case in which they came. */
export type RawHeaders = readonly string[];

/** What undici calls `rawHeaders`: bytes from HTTP/1.1, an object from HTTP/2. */
export type ReceivedHeaders = readonly Buffer[] | readonly string[] | HeaderFields | null | undefined;

/** The headers of a response as they came, or the parsed ones where the raw ones were not kept. */
export function readRawHeaders(received: ReceivedHeaders, parsed: HeaderFields): RawHeaders {
  if (!Array.isArray(received) || received.length === 0) return flatten(parsed);
  return received.map(text => (typeof text === 'string' ? text : text.toString('latin1')));
}

/** The value of a request's field, its lines joined by commas; undefined when absent. `name` is in lower case. */
export function rawValue(headers: RawHeaders, name: string): string | undefined {
  let value: string | undefined;
  for (let i = 0; i < headers.length; i += 2) {
    const candidate = headers[i]!;
    // By length first: most names are told apart without a comparison.
    if (candidate.length !== name.length || candidate.toLowerCase() !== name) continue;
    value = value === undefined ? headers[i + 1]! : `${value}, ${headers[i + 1]!}`;
  }
  return value;
}

/** By lower-case name. */
export function parseRawHeaders(headers: RawHeaders): HeaderFields {
  const fields: Record<string, string | string[]> = {};
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i]!.toLowerCase();
    const value = headers[i + 1]!;
    const known = Object.hasOwn(fields, name) ? fields[name]! : undefined;
    if (known === undefined) define(fields, name, value);
    else if (typeof known === 'string') define(fields, name, [known, value]);
    else known.push(value);
  }
  return fields;
}

/** Plain assignment of `__proto__`, which a server may send, would change the object's prototype. */
function define(fields: Record<string, string | string[]>, name: string, value: string | string[]): void {
  if (name !== '__proto__') fields[name] = value;
}

function flatten(fields: HeaderFields): RawHeaders {
  const headers: string[] = [];
  for (const name of Object.keys(fields)) {
    const value = fields[name];
    if (value === undefined) continue;
    for (const line of typeof value === 'string' ? [value] : value) headers.push(name, line);
  }
  return headers;
}
