import type { IncomingHttpHeaders } from 'node:http';
import type { Credentials } from '../auth/credentials.ts';
import { NetError } from '../util/errors.ts';
import type { ActiveRequests } from './active-requests.ts';
import type { FetchDefaults } from './default-headers.ts';
import { type AnyDispatchOptions, readDispatch } from './dispatch-job.ts';
import { ForwardingHandler } from './forwarding-handler.ts';
import { HeaderList } from './header-list.ts';
import { toNetError } from './net-error.ts';
import type { OpenChannels } from './open-channels.ts';
import type { Controller, Handler, RequestJob } from './request-job.ts';
import { contextFor, type OriginFactsCache } from './site-context.ts';

/** What WebSockets and event sources need of their session. */
export interface ChannelParts {
  readonly origins: OriginFactsCache;
  readonly dispatch: (job: RequestJob, handler: Handler) => boolean;
  readonly defaults: () => FetchDefaults;
  readonly active: ActiveRequests;
  readonly channels: OpenChannels;
}

/** What is particular to one channel. */
export interface ChannelRequest {
  /** Sent with every request of the channel, as they are written. */
  readonly headers: readonly string[];
  /** The page on whose behalf the channel is opened; undefined: the program's own. */
  readonly initiator: URL | undefined;
  /** Those of the URL. */
  readonly userinfo: Credentials | undefined;
  /** Whether cookies are sent and stored. */
  readonly cookies: boolean;
  /** What it is called when a response has this status, and is none that opens the channel. */
  readonly refuse: (status: number) => NetError | undefined;
}

/** Names that undici fills in for itself, and the session fills in otherwise. */
const ownNames: ReadonlySet<string> = new Set(['user-agent', 'accept-language']);

/**
 * Given to undici's WebSocket and EventSource as their dispatcher: sends their requests through the session's pipeline,
 * and remembers why one failed, which they do not tell.
 */
export class ChannelDispatcher {
  readonly #parts: ChannelParts;
  readonly #request: ChannelRequest;
  #origin: string | undefined;
  // Before a request goes out, undici's fetch refuses but one thing. Fetch standard, "port blocking".
  #failure: Error | undefined = new NetError('ERR_UNSAFE_PORT', 'No web server may be on this port');

  constructor(parts: ChannelParts, request: ChannelRequest) {
    this.#parts = parts;
    this.#request = request;
  }

  dispatch(options: AnyDispatchOptions, handler: Handler): boolean {
    this.#failure = undefined;
    const { closed } = this.#parts.active;
    if (closed) {
      this.#onFailure(closed);
      handler.onResponseError?.(undefined as never, closed);
      return true;
    }
    return this.#parts.dispatch(this.#makeJob(options), new WatchingHandler(handler, this.#onFailure, this.#request));
  }

  /** Why the last request failed; undefined while it has not, or when the program itself ended it. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  /** Puts the failure on an `error` event, as an ErrorEvent has it; undici's says nothing. */
  explain(event: Event): void {
    const error = this.#failure;
    if (error) Object.defineProperties(event, { error: { value: error }, message: { value: error.message } });
  }

  /** The program ends the channel: what comes of it is no failure. */
  end(): void {
    this.#failure = undefined;
  }

  readonly #onFailure = (error: Error): void => {
    if (!(error instanceof DOMException)) this.#failure = error;
  };

  #makeJob(options: AnyDispatchOptions): RequestJob {
    const { origins, defaults } = this.#parts;
    const { initiator, cookies } = this.#request;
    const headers = this.#headers(options.headers as Readonly<Record<string, string>>, defaults());
    const job = readDispatch({ ...options, headers }, { origins, userAgent: () => defaults().userAgent }, true);
    const context = initiator ? contextFor(new URL(job.origin), { initiator, topLevelSite: undefined }) : job.context;
    // Not for where a redirect leads.
    this.#origin ??= job.origin;
    const userinfo = job.origin === this.#origin ? this.#request.userinfo : undefined;
    // A channel's stream never ends, so it is nothing for the cache.
    return { ...job, context, userinfo, cacheMode: 'no-store', ...(cookies ? undefined : withoutCookies) };
  }

  #headers(undicis: Readonly<Record<string, string>>, defaults: FetchDefaults): string[] {
    const headers = new HeaderList();
    headers.appendAll(this.#request.headers);
    for (const [name, value] of Object.entries(undicis)) if (!ownNames.has(name)) headers.append(name, value);
    if (!headers.has('accept-language')) headers.append('Accept-Language', defaults.acceptLanguage);
    return headers.pairs;
  }
}

const withoutCookies = { cookies: false, ownCookieHeader: true };

class WatchingHandler extends ForwardingHandler {
  readonly #onFailure: (error: Error) => void;
  readonly #request: ChannelRequest;
  #started = false;

  constructor(handler: Handler, onFailure: (error: Error) => void, request: ChannelRequest) {
    super(handler);
    this.#onFailure = onFailure;
    this.#request = request;
  }

  override onResponseStart(controller: Controller, status: number, headers: IncomingHttpHeaders, text?: string): void {
    this.#started = true;
    const refusal = status < 200 ? undefined : this.#request.refuse(status);
    if (refusal) this.#onFailure(refusal);
    // After a 401, undici would send the same request again; credentials are the pipeline's, and were tried by now.
    super.onResponseStart(controller, status === 401 ? 403 : status, headers, text);
  }

  override onResponseError(controller: Controller, error: Error): void {
    const named = toNetError(error, this.#started ? 'in-body' : 'before-response');
    this.#onFailure(named);
    super.onResponseError(controller, named);
  }
}
