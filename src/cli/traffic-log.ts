import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { maskedHeader } from './masked-header.ts';

/** undici's messages, as far as they are used here. */
interface Message {
  readonly request: { readonly origin: string | URL; readonly method: string; readonly path: string };
  /** Of `sendHeaders`: as on the wire, from the request line on; of HTTP/2: the fields. */
  readonly headers?: string;
  readonly response?: { readonly statusCode: number; readonly statusText: string; readonly headers: readonly Buffer[] };
}

/**
 * Tells every request that goes out and every response that comes, redirects and challenges too.
 *
 * @param say - Called with each line.
 * @returns Stops it.
 */
export function logTraffic(say: (line: string) => void): () => void {
  const onSent = (message: unknown): void => {
    const { request, headers = '' } = message as Message;
    say(`> ${request.method} ${String(request.origin)}${request.path}`);
    for (const line of headers.split('\r\n')) {
      const [, name, value] = /^([^:\s]+): ?(.*)$/s.exec(line) ?? [];
      if (name !== undefined && value !== undefined) say(`> ${maskedHeader(name, value)}`);
    }
  };
  const onReceived = (message: unknown): void => {
    const { statusCode, statusText, headers } = (message as Message).response!;
    say(`< HTTP ${statusCode} ${statusText}`.trimEnd());
    for (let at = 0; at + 1 < headers.length; at += 2)
      say(`< ${maskedHeader(headers[at]!.toString('latin1'), headers[at + 1]!.toString('latin1'))}`);
  };
  subscribe('undici:client:sendHeaders', onSent);
  subscribe('undici:request:headers', onReceived);
  return () => {
    unsubscribe('undici:client:sendHeaders', onSent);
    unsubscribe('undici:request:headers', onReceived);
  };
}
