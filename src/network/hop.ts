import type { IncomingHttpHeaders } from 'node:http';
import { NetError } from '../util/errors.ts';
import { maxInterimResponses, tooManyInterimResponses } from './interim-limit.ts';
import { type Stage, stageOf, toNetError } from './net-error.ts';
import type { Controller, Handler, RequestJob } from './request-job.ts';
import { ResponseBody } from './response-body.ts';
import type { StalledBodies } from './stalled-bodies.ts';

/** The head of a response. */
export interface ResponseHead {
  readonly status: number;
  readonly statusText: string;
  readonly headers: IncomingHttpHeaders;
}

/** A redirect's body is read to its end, so that the connection can be used again, but no further than this. */
const maxDrainBytes = 64 * 1024;

/** Who sent a hop, and is told what comes of it. */
export interface HopOwner {
  /** The headers have come; takes the body by `openBody`, or throws it away by `drain`. */
  respond(hop: Hop, head: ResponseHead): void;
  /** There will be no response. */
  fail(error: unknown): void;
  /** Nothing more will come. */
  finish(): void;
}

/** One request of a chain of redirects: the handler of its response. Owned by the call that sent it. */
export class Hop implements Handler {
  readonly job: RequestJob;
  readonly #owner: HopOwner;
  #controller: Controller | undefined;
  #body: ResponseBody | undefined;
  #stage: Stage = 'before-response';
  #ended = false;
  #drained = -1;
  #interim = 0;

  constructor(owner: HopOwner, job: RequestJob) {
    this.#owner = owner;
    this.job = job;
  }

  get url(): string {
    return this.job.origin + this.job.path;
  }

  onRequestStart(controller: Controller): void {
    this.#controller = controller;
    if (this.job.cancelled) controller.abort(this.job.cancelled.reason as Error);
  }

  onResponseStart(controller: Controller, status: number, headers: IncomingHttpHeaders, statusText = ''): void {
    if (status < 200) {
      if (++this.#interim > maxInterimResponses) controller.abort(tooManyInterimResponses());
      return;
    }
    this.#controller = controller;
    this.#stage = stageOf(headers);
    this.#owner.respond(this, { status, headers, statusText });
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (this.#body) this.#body.push(chunk);
    else if (this.#drained >= 0 && (this.#drained += chunk.byteLength) > maxDrainBytes) controller.abort(drainStopped);
  }

  onResponseEnd(): void {
    this.#ended = true;
    this.#body?.end();
    if (this.#drained < 0) this.#owner.finish();
  }

  onResponseError(_controller: Controller, error: Error): void {
    if (this.#drained >= 0) return;
    const named = toNetError(error, this.#stage);
    if (this.#body) {
      this.#body.fail(named);
      this.#owner.finish();
    } else this.#owner.fail(named);
  }

  /** Fetch standard, "null body status"; RFC 9110 9.3.2 for HEAD. */
  hasBody(status: number): boolean {
    return this.job.method !== 'HEAD' && status !== 204 && status !== 205 && status !== 304;
  }

  /** @param stalled - Told when nobody reads it. */
  openBody(stalled: StalledBodies): ResponseBody {
    this.#body = new ResponseBody(this.#controller!, stalled);
    return this.#body;
  }

  /** Throws the body away. */
  drain(): void {
    this.#drained = 0;
  }

  /** Waits no longer for the end of a body that is thrown away. */
  stopDraining(): void {
    if (!this.#ended) this.#controller?.abort(drainStopped);
  }

  abort(reason: unknown): void {
    this.job.cancelled = { reason };
    this.#body?.fail(reason);
    this.#controller?.abort(reason as Error);
  }
}

const drainStopped = new NetError('ERR_ABORTED', 'The body of a redirect is not wanted');
