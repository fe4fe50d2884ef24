import type { Dispatcher } from 'undici';
import { type AnyDispatchOptions, type DispatchDefaults, readDispatch } from './dispatch-job.ts';
import { type LegacyHandler, adaptLegacyHandler, isLegacyHandler } from './legacy-handler.ts';
import { toNetError } from './net-error.ts';
import { ForwardingHandler } from './forwarding-handler.ts';
import type { Controller, Handler, RequestJob } from './request-job.ts';
import { loadDispatcher } from './undici.ts';
import type { IncomingHttpHeaders } from 'node:http';

interface DispatcherParts extends DispatchDefaults {
  readonly dispatch: (job: RequestJob, handler: Handler) => boolean;
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
