import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ManualClock } from '../../src/util/testing/manual-clock.ts';
import type { CaseRequest } from './http-cache-case.ts';

/** What the server saw of one request. */
export interface SeenRequest {
  readonly number: number;
  readonly method: string;
  readonly headers: IncomingMessage['headers'];
}

interface RunningCase {
  readonly requests: readonly CaseRequest[];
  readonly seen: SeenRequest[];
  /** Headers of the last response that was sent, by lower-case name. */
  sent: ReadonlyMap<string, string>;
}

const dates: ReadonlySet<string> = new Set(['date', 'expires', 'last-modified']);

/** The origin server of the conformance cases: it does for each numbered request what the case says. */
export class CacheOrigin {
  readonly #clock: ManualClock;
  readonly #server: Server;
  readonly #cases = new Map<string, RunningCase>();

  constructor(clock: ManualClock) {
    this.#clock = clock;
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  async listen(): Promise<string> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  add(id: string, requests: readonly CaseRequest[]): readonly SeenRequest[] {
    const running = { requests, seen: [], sent: new Map() };
    this.#cases.set(id, running);
    return running.seen;
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    const { pathname } = new URL(request.url!, 'http://origin');
    const id = pathname.split('/')[2]!;
    const running = this.#cases.get(id)!;
    const number = Number(request.headers['req-num']);
    const step = running.requests[number - 1]!;
    running.seen.push({ number, method: request.method!, headers: request.headers });
    request.resume();
    if (step.disconnect) return void request.socket.destroy();
    if (step.response_pause) this.#clock.advance(step.response_pause * 1000);
    const headers = this.#headers(step, request.url!);
    const [status, text] = this.#status(step, running, request);
    response.sendDate = false;
    // A coding that nobody knows leaves the end of the connection as the end of the body.
    if (headers.some(([name]) => name.toLowerCase() === 'transfer-encoding')) response.shouldKeepAlive = false;
    const extra = [
      ['Server-Request-Count', String(running.seen.length)],
      ['Request-Numbers', running.seen.map(seen => seen.number).join(' ')],
      ['Server-Now', new Date(this.#clock.now()).toUTCString()],
    ];
    if (!headers.some(([name]) => name.toLowerCase() === 'content-type')) extra.push(['Content-Type', 'text/plain']);
    response.writeHead(status, text, [...headers, ...extra].flat());
    running.sent = new Map(headers.map(([name, value]) => [name.toLowerCase(), value]));
    const body = step.response_body === undefined ? id : step.response_body;
    if (body === null || status === 204 || status === 304 || request.method === 'HEAD') response.end();
    else response.end(body);
  }

  #headers(step: CaseRequest, url: string): [string, string][] {
    return (step.response_headers ?? []).map(([name, value]) => {
      const lower = name.toLowerCase();
      if (dates.has(lower) && typeof value === 'number')
        return [name, new Date(this.#clock.now() + value * 1000).toUTCString()];
      const isLocation = lower === 'location' || lower === 'content-location';
      if (step.magic_locations && isLocation) return [name, value === '' ? url : `${url}/${value}`];
      return [name, String(value)];
    });
  }

  /** A validation gets 304 when its condition is the validator sent last, 999 when it is not. */
  #status(step: CaseRequest, running: RunningCase, request: IncomingMessage): readonly [number, string] {
    const status = step.response_status ?? [200, 'OK'];
    if (!step.expected_type?.endsWith('validated')) return status;
    const [condition, validator] =
      step.expected_type === 'etag_validated' ? ['if-none-match', 'etag'] : ['if-modified-since', 'last-modified'];
    const matches =
      request.headers[condition] !== undefined && request.headers[condition] === running.sent.get(validator);
    return matches ? [304, 'Not Modified'] : [999, '304 Not Generated'];
  }
}
