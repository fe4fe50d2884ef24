import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Dispatcher } from 'undici';
import { invalidType } from '../util/errors.ts';
import type { ActiveRequests } from './active-requests.ts';
import { type AnyDispatchOptions, type DispatchDefaults, readDispatch } from './dispatch-job.ts';
import { maxInterimResponses, tooManyInterimResponses } from './interim-limit.ts';
import { type LegacyHandler, adaptLegacyHandler, isLegacyHandler } from './legacy-handler.ts';
import { type Stage, stageOf, toNetError } from './net-error.ts';
import { ForwardingHandler } from './forwarding-handler.ts';
import type { Controller, Handler, RequestJob } from './request-job.ts';
import { loadDispatcher } from './undici.ts';

/** undici's Dispatcher, and the one of the built-in fetch, whose types come from another version of undici's. */
export type SessionDispatcher = Dispatcher &
  (RequestInit extends { dispatcher?: infer BuiltIn } ? NonNullable<BuiltIn> : unknown);

interface DispatcherParts extends DispatchDefaults {
  readonly dispatch: (job: RequestJob, handler: Handler) => boolean;
  readonly active: ActiveRequests;
}

/**
 * Makes the session's undici Dispatcher: everything that takes one gets the session's cookies and all its other duties.
 *
 * Handlers of both generations are accepted, because the built-in fetch of Node 22 and 24 uses the older one. Closing it
 * does nothing: the connections are the session's.
 */
export function makeDispatcher(parts: DispatcherParts): SessionDispatcher {
  const Base = loadDispatcher();
  class PipelineDispatcher extends Base {
    override dispatch(options: AnyDispatchOptions, handler: Handler | LegacyHandler): boolean {
      if (typeof handler !== 'object' || handler === null)
        throw invalidType('Cannot dispatch: handler must be an object');
      const legacy = isLegacyHandler(handler);
      const target = legacy ? adaptLegacyHandler(handler) : handler;
      let job: RequestJob;
      try {
        if (parts.active.closed) throw parts.active.closed;
        job = readDispatch(options, parts, !legacy);
      } catch (error) {
        if (!target.onResponseError) throw error;
        // As undici does when it has no connection yet.
        target.onResponseError(null as never, error as Error);
        return true;
      }
      return parts.dispatch(job, new DoorHandler(target, parts.active));
    }

    // Typed for both of undici's forms; the session closes the connections.
    override close(...args: unknown[]): never {
      return done(args) as never;
    }

    override destroy(...args: unknown[]): never {
      return done(args) as never;
    }
  }
  return new PipelineDispatcher() as Dispatcher as SessionDispatcher;
}

function done(args: readonly unknown[]): Promise<void> | undefined {
  const callback = args.find(arg => typeof arg === 'function') as (() => void) | undefined;
  if (!callback) return Promise.resolve();
  queueMicrotask(callback);
  return undefined;
}

/** Gives failures Chromium's names, bounds interim responses, and tells the session when the request has ended. */
class DoorHandler extends ForwardingHandler {
  readonly #active: ActiveRequests;
  #stage: Stage = 'before-response';
  #interim = 0;
  #ended = false;

  constructor(handler: Handler, active: ActiveRequests) {
    super(handler);
    this.#active = active;
    active.enter();
  }

  override onRequestUpgrade(
    controller: Controller,
    status: number,
    headers: IncomingHttpHeaders,
    socket: Duplex,
  ): void {
    this.#end();
    super.onRequestUpgrade(controller, status, headers, socket);
  }

  override onResponseStart(controller: Controller, status: number, headers: IncomingHttpHeaders, text?: string): void {
    if (status >= 200) this.#stage = stageOf(headers);
    else if (++this.#interim > maxInterimResponses) return controller.abort(tooManyInterimResponses());
    this.handler.onResponseStart?.(controller, status, headers, text);
  }

  override onResponseEnd(controller: Controller, trailers: IncomingHttpHeaders): void {
    this.#end();
    this.handler.onResponseEnd?.(controller, trailers);
  }

  override onResponseError(controller: Controller, error: Error): void {
    this.#end();
    this.handler.onResponseError?.(controller, toNetError(error, this.#stage));
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#active.leave();
  }
}
