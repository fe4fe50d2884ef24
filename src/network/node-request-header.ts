import type { ClientRequest } from 'node:http';

/** Where node:http keeps a head that is written already: headers given as an array, or `Expect: 100-continue`. */
interface WrittenRequest {
  _header: string | null;
  readonly outputData: { data: unknown }[];
}

/**
 * Adds a header to a request that was made and not yet sent, unless the caller gave it.
 *
 * @param makeValue - Called only when the header is missing; `''` adds none.
 */
export function addHeader(request: ClientRequest, name: string, makeValue: () => string): void {
  const written = request as unknown as WrittenRequest;
  if (written._header === null) {
    if (request.hasHeader(name)) return;
    const value = makeValue();
    if (value !== '') request.setHeader(name, value);
    return;
  }
  const head = written._header;
  if (head.toLowerCase().includes(`\r\n${name.toLowerCase()}:`)) return;
  const value = makeValue();
  if (value === '') return;
  written._header = `${head.slice(0, -2)}${name}: ${value}\r\n\r\n`;
  const first = written.outputData[0];
  if (typeof first?.data === 'string' && first.data.startsWith(head)) {
    first.data = written._header + first.data.slice(head.length);
  }
}
