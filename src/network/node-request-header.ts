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
  if (hasHeader(request, name)) return;
  if (written._header === null) {
    const value = makeValue();
    if (value !== '') request.setHeader(name, value);
    return;
  }
  const head = written._header;
  const value = makeValue();
  if (value === '') return;
  rewrite(written, head, `${head.slice(0, -2)}${name}: ${value}\r\n\r\n`);
}

/** Whether the caller gave a header. */
export function hasHeader(request: ClientRequest, name: string): boolean {
  const head = (request as unknown as WrittenRequest)._header;
  return head === null ? request.hasHeader(name) : head.toLowerCase().includes(`\r\n${name.toLowerCase()}:`);
}

/** Asks for the URL in absolute form, as a proxy is asked to pass a request on. RFC 9112 3.2.2. */
export function setAbsoluteForm(request: ClientRequest, origin: string): void {
  const { path } = request;
  if (!path.startsWith('/')) return;
  request.path = origin + path;
  const written = request as unknown as WrittenRequest;
  const head = written._header;
  if (head === null) return;
  rewrite(
    written,
    head,
    head.replace(` ${path} `, () => ` ${origin}${path} `),
  );
}

function rewrite(written: WrittenRequest, before: string, after: string): void {
  written._header = after;
  const first = written.outputData[0];
  if (typeof first?.data === 'string' && first.data.startsWith(before)) {
    first.data = after + first.data.slice(before.length);
  }
}
