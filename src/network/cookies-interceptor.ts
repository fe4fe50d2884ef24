import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import type { CookieStore } from '../cookies/cookie-store.ts';
import { ForwardingHandler } from './forwarding-handler.ts';
import type { Controller, Handler, Interceptor, RequestJob } from './request-job.ts';

interface CookieDuties {
  readonly cookies: CookieStore;
  /** Settles when everything stored so far is committed; undefined when nothing waits. */
  readonly committed: () => Promise<void> | undefined;
}

/** What is held back of a body before the connection is paused. */
const maxHeldBytes = 256 * 1024;

/**
 * Adds the Cookie header on the way down, and stores Set-Cookie on the way up.
 *
 * Invariant: the caller sees a response's headers only after its cookies are committed.
 */
export function cookiesInterceptor(duties: CookieDuties): Interceptor {
  return next => (job, handler) => {
    if (!job.credentials || job.cookies === false) return next(job, handler);
    if (!job.ownCookieHeader) {
      const header = duties.cookies.header(job, job.context);
      if (header !== '') job.headers.push('cookie', header);
    }
    return next(job, new ReceivingHandler(handler, duties, job));
  };
}

class ReceivingHandler extends ForwardingHandler {
  readonly #duties: CookieDuties;
  readonly #job: RequestJob;
  /** What came while the commit was under way; undefined when nothing is held back. */
  #held: (() => void)[] | undefined;
  #heldBytes = 0;
  #refused = false;

  constructor(handler: Handler, duties: CookieDuties, job: RequestJob) {
    super(handler);
    this.#duties = duties;
    this.#job = job;
  }

  override onRequestUpgrade(
    controller: Controller,
    status: number,
    headers: IncomingHttpHeaders,
    socket: Duplex,
  ): void {
    const committed = this.#receive(headers);
    const forward = (): void => super.onRequestUpgrade(controller, status, headers, socket);
    if (committed) this.#hold(controller, committed, forward);
    else forward();
  }

  override onResponseStart(controller: Controller, status: number, headers: IncomingHttpHeaders, text?: string): void {
    // Chromium takes no cookies from interim responses.
    const committed = status < 200 ? undefined : this.#receive(headers);
    if (!committed) return this.handler.onResponseStart?.(controller, status, headers, text);
    this.#hold(controller, committed, () => this.handler.onResponseStart?.(controller, status, headers, text));
  }

  override onResponseData(controller: Controller, chunk: Buffer): void {
    if (!this.#held) return this.handler.onResponseData?.(controller, chunk);
    this.#held.push(() => this.handler.onResponseData?.(controller, chunk));
    // A disk that takes its time must not fill the memory.
    if ((this.#heldBytes += chunk.byteLength) > maxHeldBytes) controller.pause();
  }

  override onResponseEnd(controller: Controller, trailers: IncomingHttpHeaders): void {
    if (this.#held) this.#held.push(() => this.handler.onResponseEnd?.(controller, trailers));
    else this.handler.onResponseEnd?.(controller, trailers);
  }

  override onResponseError(controller: Controller, error: Error): void {
    if (this.#refused) return;
    this.#held = undefined;
    super.onResponseError(controller, error);
  }

  #receive(headers: IncomingHttpHeaders): Promise<void> | undefined {
    const lines = headers['set-cookie'] as string[] | string | undefined;
    if (lines === undefined) return undefined;
    this.#duties.cookies.receive(this.#job, Array.isArray(lines) ? lines : [lines], this.#job.context);
    return this.#duties.committed();
  }

  /**
   * Holds back what comes until the commit is done: a turn of the event loop, as a rule, so a few socket reads are kept.
   * A store that failed has said so by its own event; the response is good all the same.
   */
  #hold(controller: Controller, committed: Promise<void>, first: () => void): void {
    const held = [first];
    this.#held = held;
    const release = (): void => {
      if (this.#held !== held) return;
      try {
        for (const deliver of held) {
          if (controller.aborted) break;
          deliver();
        }
      } catch (error) {
        this.#refuse(controller, error as Error);
      }
      if (this.#held !== held) return;
      this.#held = undefined;
      // Whoever got the bytes and cannot take more says so again at the next ones.
      if (this.#heldBytes > maxHeldBytes) controller.resume();
      // Aborted by the caller after its last byte had come: no error of the connection's own will follow.
      if (controller.aborted) super.onResponseError(controller, controller.reason as Error);
    };
    committed.then(release, release);
  }

  /**
   * What a handler throws fails its request, as undici has it. It is told before the connection is given up: a handler
   * that throws to be sent again, as undici's retry does, asks whether the caller has aborted.
   */
  #refuse(controller: Controller, error: Error): void {
    this.#held = undefined;
    this.#refused = true;
    super.onResponseError(controller, error);
    controller.abort(error);
  }
}
