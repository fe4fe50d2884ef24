import type { Dispatcher } from 'undici';
import { invalidType, NetError } from '../util/errors.ts';
import { describe } from '../util/options.ts';
import { HeaderList, type HeadersInput } from './header-list.ts';
import { type LegacyHandler, adaptLegacyHandler, isLegacyHandler } from './legacy-handler.ts';
import { toNetError } from './net-error.ts';
import { ForwardingHandler } from './forwarding-handler.ts';
import type { Controller, Handler, RequestJob } from './request-job.ts';
import type { OriginFactsCache } from './site-context.ts';
import { loadDispatcher } from './undici.ts';
import type { IncomingHttpHeaders } from 'node:http';

interface DispatcherParts {
  readonly origins: OriginFactsCache;
  readonly dispatch: (job: RequestJob, handler: Handler) => boolean;
  /** The session's User-Agent, sent when the caller gives none. */
  readonly userAgent: () => string;
}

/** What a caller's dispatch options may hold: undici's, from any of its versions. */
interface AnyDispatchOptions extends Omit<Dispatcher.DispatchOptions, 'headers'> {
  readonly headers?: HeadersInput;
  readonly allowH2?: boolean;
}

/**
 * Makes the session's undici Dispatcher: everything that takes one gets the session's cookies and all its other duties.
 *
 * Handlers of both generations are accepted, because the built-in fetch of Node 22 and 24 uses the older one. Closing it
 * does nothing: the connections are the session's.
 */
export function makeDispatcher(parts: DispatcherParts): Dispatcher {
  const Base = loadDispatcher();
  class SessionDispatcher extends Base {
    override dispatch(options: AnyDispatchOptions, handler: Handler | LegacyHandler): boolean {
      const legacy = isLegacyHandler(handler);
      const target = legacy ? adaptLegacyHandler(handler) : handler;
      let job: RequestJob;
      try {
        job = readDispatch(options, parts, !legacy);
      } catch (error) {
        if (!target.onResponseError) throw error;
        target.onResponseError(undefined as never, error as Error);
        return true;
      }
      return parts.dispatch(job, new NamingHandler(target));
    }

    // Typed for both of undici's forms; the session closes the connections.
    override close(...args: unknown[]): never {
      return done(args) as never;
    }

    override destroy(...args: unknown[]): never {
      return done(args) as never;
    }
  }
  return new SessionDispatcher();
}

function done(args: readonly unknown[]): Promise<void> | undefined {
  const callback = args.find(arg => typeof arg === 'function') as (() => void) | undefined;
  if (!callback) return Promise.resolve();
  queueMicrotask(callback);
  return undefined;
}

function readDispatch(options: AnyDispatchOptions, parts: DispatcherParts, allowH2: boolean): RequestJob {
  if (typeof options !== 'object' || options === null) throw invalidType('Cannot dispatch: options must be an object');
  const { origin, path } = options;
  if (!origin) throw invalidType('Cannot dispatch: origin must be a URL');
  if (typeof path !== 'string') throw invalidType(`Cannot dispatch: path must be a string, got ${describe(path)}`);
  const facts = typeof origin === 'string' ? parts.origins.of(origin) : parts.origins.ofUrl(origin);
  if (facts.protocol !== 'http:' && facts.protocol !== 'https:') {
    throw new NetError('ERR_UNKNOWN_URL_SCHEME', `Cannot dispatch to "${facts.protocol}"`);
  }
  const headers = new HeaderList();
  headers.appendAll(options.headers);
  if (!headers.hasUserAgent) headers.append('user-agent', parts.userAgent());
  const upgrade = typeof options.upgrade === 'string' ? options.upgrade : null;
  return {
    origin: facts.origin,
    path: options.query ? withQuery(path, options.query) : path,
    method: options.method ?? 'GET',
    headers: headers.pairs,
    body: options.body ?? null,
    upgrade,
    headersTimeout: options.headersTimeout ?? null,
    bodyTimeout: options.bodyTimeout ?? null,
    expectContinue: options.expectContinue ?? false,
    // Left to undici where the caller says nothing.
    ...(options.reset === undefined ? undefined : { reset: options.reset }),
    ...(options.blocking === undefined ? undefined : { blocking: options.blocking }),
    ...(options.idempotent === undefined ? undefined : { idempotent: options.idempotent }),
    allowH2: allowH2 && !upgrade && options.allowH2 !== false,
    protocol: facts.protocol,
    hostname: facts.hostname,
    ownCookieHeader: headers.hasCookie,
    credentials: true,
    context: facts.ownContext,
    cacheMode: 'default',
    cancelled: undefined,
  };
}

function withQuery(path: string, query: Readonly<Record<string, unknown>>): string {
  if (/[?#]/.test(path)) throw invalidType('Cannot dispatch: query cannot be given when path holds "?" or "#"');
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) parameters.append(name, String(one ?? ''));
  }
  return parameters.size > 0 ? `${path}?${parameters}` : path;
}

/** Gives failures Chromium's names. */
class NamingHandler extends ForwardingHandler {
  #started = false;

  override onResponseStart(controller: Controller, status: number, headers: IncomingHttpHeaders, text?: string): void {
    this.#started = true;
    this.handler.onResponseStart?.(controller, status, headers, text);
  }

  override onResponseError(controller: Controller, error: Error): void {
    this.handler.onResponseError?.(controller, toNetError(error, this.#started ? 'in-body' : 'before-response'));
  }
}
