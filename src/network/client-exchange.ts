import type { IncomingHttpHeaders } from 'node:http';
import type { LoginDetails } from '../auth/authenticator.ts';
import type { Credentials } from '../auth/credentials.ts';
import type { CookieContext } from '../cookies/cookie.ts';
import { NetError } from '../util/errors.ts';
import { siteOfUrl } from '../util/site.ts';
import { ClientRequestHeaders } from './client-request-headers.ts';
import type { ClientRequestSettings } from './client-request-options.ts';
import { readCodings } from './content-decoding.ts';
import { makeFetchJob } from './fetch-job.ts';
import type { FetchRequest } from './fetch-request.ts';
import type { FetchParts } from './fetch.ts';
import { Hop, type HopOwner, type ResponseHead } from './hop.ts';
import { IncomingMessage } from './incoming-message.ts';
import { locationOf, nextRequest } from './redirect.ts';
import type { RequestBody } from './request-body.ts';
import type { Controller, RequestJob } from './request-job.ts';

/** What is told about a redirect. */
export interface RedirectDetails {
  readonly status: number;
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string[]>;
}

/** Whom the outcome is told: the ClientRequest. */
export interface ExchangeOwner {
  onResponse(response: IncomingMessage): void;
  /** Returns whether to go on. */
  onRedirect(details: RedirectDetails): boolean;
  /** Whether `onLogin` is to be asked. */
  hasLogin(): boolean;
  onLogin(details: LoginDetails): Promise<Credentials | undefined>;
  /** Bytes of the body were handed to the connection. */
  onUpload(bytes: number): void;
  onError(error: Error): void;
}

interface ExchangeParts {
  readonly parts: FetchParts;
  readonly settings: ClientRequestSettings;
  readonly body: RequestBody | undefined;
  readonly owner: ExchangeOwner;
}

// Chromium net/url_request/url_request.cc
const maxRedirects = 20;

/**
 * The network side of a ClientRequest: a hop, and another one for each redirect. Owned by the ClientRequest.
 *
 *   sending --respond()--> redirected --#send()--> sending
 *   sending --respond()--> receiving --the last byte--> finished
 *   each of them --fail() or abort()--> finished
 */
export class ClientExchange implements HopOwner {
  readonly #parts: FetchParts;
  readonly #settings: ClientRequestSettings;
  readonly #owner: ExchangeOwner;
  readonly #headers: ClientRequestHeaders;
  readonly #chain: URL[] = [];
  #request: FetchRequest;
  #hop: ClientHop | undefined;
  #finished = true;
  #stopped = false;

  /** @throws {TypeError | NetError} If a header is none that a caller may send. */
  constructor({ parts, settings, body, owner }: ExchangeParts) {
    this.#parts = parts;
    this.#settings = settings;
    this.#owner = owner;
    this.#headers = new ClientRequestHeaders(settings);
    this.#request = {
      url: settings.url,
      method: settings.method,
      headers: this.#headers.given,
      body,
      bodyOfRequest: undefined,
      redirect: settings.redirect,
      credentials: 'include',
      cache: settings.cache,
      integrity: '',
      signal: undefined,
      initiator: undefined,
      topLevelSite: undefined,
      proxyRules: undefined,
    };
  }

  start(): void {
    const { active } = this.#parts;
    if (active.closed) return this.#owner.onError(active.closed);
    active.enter();
    this.#finished = false;
    this.#send();
  }

  respond(hop: ClientHop, head: ResponseHead): void {
    const location = locationOf(head.status, head.headers);
    if (location !== undefined) return this.#redirect(hop, location, head);
    const body = hop.hasBody(head.status) ? hop.openBody(this.#parts.active.stalled) : undefined;
    const response = new IncomingMessage({
      ...head,
      rawHeaders: hop.rawHeaders ?? flatten(head.headers),
      httpVersionMajor: hop.rawHeaders ? 1 : 2,
      urlList: this.#chain.map(({ href }) => href),
      body,
      codings: readCodings(head.headers['content-encoding']),
    });
    if (body) body.owner = response;
    else this.finish();
    // What a listener throws is the program's own, and must not meet the connection.
    process.nextTick(() => this.#stopped || this.#owner.onResponse(response));
  }

  fail(error: unknown): void {
    if (this.#finished) return;
    this.finish();
    this.#request.body?.cancel(error);
    this.#owner.onError(error as Error);
  }

  finish(): void {
    if (this.#finished) return;
    this.#finished = true;
    this.#parts.active.leave();
  }

  /** Stops it, wherever it is; the owner is told nothing more. */
  abort(reason: Error): void {
    this.#stopped = true;
    if (this.#finished) return;
    this.finish();
    this.#request.body?.cancel(reason);
    this.#hop?.abort(reason);
  }

  #send(): void {
    this.#chain.push(this.#request.url);
    const hop = new ClientHop(this, this.#makeJob(), this.#owner);
    this.#hop = hop;
    this.#parts.dispatch(hop.job, hop);
  }

  #redirect(hop: Hop, location: string | readonly string[], head: ResponseHead): void {
    hop.drain();
    if (this.#settings.redirect === 'error') {
      return this.fail(stopped("Attempted to redirect, but redirect policy was 'error'"));
    }
    try {
      if (this.#chain.length > maxRedirects) {
        throw new NetError('ERR_TOO_MANY_REDIRECTS', `More than ${maxRedirects} redirects`);
      }
      this.#request = nextRequest(this.#request, { from: hop.url, location, status: head.status });
    } catch (error) {
      return this.fail(error);
    }
    process.nextTick(() => this.#goOn(head));
  }

  #goOn({ status, headers }: ResponseHead): void {
    if (this.#stopped) return;
    const { method, url } = this.#request;
    const follow = this.#owner.onRedirect({ status, method, url: url.href, headers: toLists(headers) });
    if (this.#stopped) return;
    if (follow) this.#send();
    else this.fail(stopped('Redirect was cancelled'));
  }

  #makeJob(): RequestJob {
    const { credentials, useSessionCookies } = this.#settings;
    const { url } = this.#request;
    const headers = this.#headers.forHop(this.#request, this.#chain, this.#parts.defaults());
    const job = makeFetchJob({ ...this.#request, headers }, this.#parts.origins);
    const useCookies = credentials === undefined ? useSessionCookies : credentials !== 'omit';
    const isSameOrigin = this.#headers.initiator?.origin === url.origin;
    return {
      ...job,
      credentials: credentials === 'same-origin' ? isSameOrigin : credentials !== 'omit',
      ...(useCookies ? undefined : { cookies: false, ownCookieHeader: true }),
      context: this.#context(job),
      // Not for where a redirect leads.
      userinfo: url.origin === this.#settings.url.origin ? this.#settings.userinfo : undefined,
      // Without a listener of its own, the session's is asked.
      ...(this.#owner.hasLogin() ? { askLogin: (details: LoginDetails) => this.#owner.onLogin(details) } : undefined),
    };
  }

  #context({ context, method }: RequestJob): CookieContext {
    const { initiator } = this.#headers;
    if (!initiator || siteOfUrl(initiator) === siteOfUrl(this.#request.url)) return context;
    // Chromium net/cookies/cookie_util.cc, ComputeSameSiteContext: the first party is the URL's, the initiator is not.
    const isSafe = /^(?:GET|HEAD|OPTIONS|TRACE)$/.test(method);
    return { ...context, sameSite: isSafe ? 'same-site-lax' : 'same-site-lax-unsafe' };
  }
}

/** A hop that sees what only a ClientRequest asks for. */
class ClientHop extends Hop {
  /** Names and values in turn, as they came; undefined in HTTP/2, which has no case. */
  rawHeaders: string[] | undefined;
  readonly #uploads: ExchangeOwner;

  constructor(exchange: ClientExchange, job: RequestJob, uploads: ExchangeOwner) {
    super(exchange, job);
    this.#uploads = uploads;
  }

  override onResponseStart(controller: Controller, status: number, headers: IncomingHttpHeaders, text?: string): void {
    const raw = controller.rawHeaders;
    this.rawHeaders = Array.isArray(raw)
      ? raw.map(one => (typeof one === 'string' ? one : one.toString('latin1')))
      : undefined;
    super.onResponseStart(controller, status, headers, text);
  }

  onBodySent(chunk: Uint8Array): void {
    this.#uploads.onUpload(chunk.byteLength);
  }
}

function stopped(message: string): Error {
  return Object.assign(new Error(message), { code: 'ERR_ABORTED' });
}

function toLists(headers: IncomingHttpHeaders): Record<string, string[]> {
  const entries = Object.entries(headers).map(([name, value]) => [name, [value ?? ''].flat()] as const);
  return Object.fromEntries(entries);
}

function flatten(headers: IncomingHttpHeaders): string[] {
  return Object.entries(toLists(headers)).flatMap(([name, values]) => values.flatMap(value => [name, value]));
}
