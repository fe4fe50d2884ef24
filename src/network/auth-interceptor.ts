import type { IncomingHttpHeaders } from 'node:http';
import type { AuthAttempt, AuthParty, AuthRequest, Authenticator } from '../auth/authenticator.ts';
import type { CookieStore } from '../cookies/cookie-store.ts';
import { ForwardingHandler } from './forwarding-handler.ts';
import { proxyParty } from './proxy-party.ts';
import {
  type Controller,
  type Dispatch,
  type Handler,
  type Interceptor,
  jobUrl,
  type RequestJob,
} from './request-job.ts';

interface AuthDuties {
  readonly authenticator: Authenticator;
  /** A refusal that is answered is not seen by the caller, but its Set-Cookie counts. */
  readonly cookies: CookieStore;
}

/** A refusal's body up to this size is read to its end, so that the connection can be used again. */
const maxDrainBytes = 64 * 1024;

/**
 * Sends credentials that the session has, and answers a 401 of the origin.
 *
 * A caller who sends an Authorization header of its own, or omits credentials, sees the 401; so does one whose body
 * cannot be sent again.
 */
export function authInterceptor(duties: AuthDuties): Interceptor {
  return next => (job, handler) => {
    if (!job.credentials || headerAt(job.headers, origin.answer) >= 0) return next(job, handler);
    return answerChallenges(job, handler, { ...duties, next, challenge: origin, party: originParty });
  };
}

/**
 * Answers the 407 of a proxy that passes requests on.
 *
 * @param next - Takes the job with the Proxy-Authorization header on it.
 */
export function answerProxy(
  job: RequestJob,
  handler: Handler,
  duties: AuthDuties & { readonly next: Dispatch },
): boolean {
  return answerChallenges(job, handler, { ...duties, challenge: proxy, party: forwardingParty });
}

/** How a challenge is told, and answered. RFC 9110 11.6, 11.7. */
interface Challenge {
  readonly status: number;
  readonly ask: string;
  readonly answer: string;
}

const origin: Challenge = { status: 401, ask: 'www-authenticate', answer: 'authorization' };
const proxy: Challenge = { status: 407, ask: 'proxy-authenticate', answer: 'proxy-authorization' };

interface Answering extends AuthDuties {
  readonly next: Dispatch;
  readonly challenge: Challenge;
  readonly party: (job: RequestJob) => AuthParty;
}

function originParty(job: RequestJob): AuthParty {
  const { path, askLogin, userinfo } = job;
  return { isProxy: false, origin: job.origin, path, url: jobUrl(job), given: userinfo, askLogin };
}

function forwardingParty(job: RequestJob): AuthParty {
  return { ...proxyParty(job.route!, jobUrl(job)), askLogin: job.askLogin };
}

function answerChallenges(job: RequestJob, handler: Handler, how: Answering): boolean {
  // Most sessions know no credentials; then nothing is made before a refusal comes.
  const attempt = how.authenticator.isEmpty ? undefined : how.authenticator.begin(how.party(job));
  const unasked = attempt?.unasked(authRequest(job));
  const first = unasked === undefined ? job : withHeader(job, how.challenge.answer, unasked);
  return how.next(first, new AnsweringHandler(handler, job, { how, attempt }));
}

interface Exchange {
  readonly how: Answering;
  readonly attempt: AuthAttempt | undefined;
}

/**
 * passing -> waiting: `onResponseStart` with a 401 that may be answered; the response is held back
 * waiting -> passing: `#giveUp`, there is no answer; the caller gets the response
 * waiting -> draining: `#retry`, there is one; the response is read to its end and forgotten
 * draining -> passing: `#again`, the request goes out with the answer; another handler takes its response
 */
class AnsweringHandler extends ForwardingHandler {
  /** As it came, without credentials. */
  readonly #job: RequestJob;
  readonly #how: Answering;
  #attempt: AuthAttempt | undefined;
  #state: 'passing' | 'waiting' | 'draining' = 'passing';
  readonly #held: (() => void)[] = [];
  #ended = false;
  #drained = 0;
  #answer = '';

  constructor(handler: Handler, job: RequestJob, { how, attempt }: Exchange) {
    super(handler);
    this.#job = job;
    this.#how = how;
    this.#attempt = attempt;
  }

  override onResponseStart(controller: Controller, status: number, headers: IncomingHttpHeaders, text?: string): void {
    const { challenge, authenticator, party } = this.#how;
    const challenges = headers[challenge.ask];
    if (status !== challenge.status || challenges === undefined || !isReplayable(this.#job)) {
      return super.onResponseStart(controller, status, headers, text);
    }
    this.#attempt ??= authenticator.begin(party(this.#job));
    this.#state = 'waiting';
    controller.pause();
    const deliver = (): void => super.onResponseStart(controller, status, headers, text);
    this.#attempt.answer([challenges].flat(), authRequest(this.#job)).then(
      answer => (answer === undefined ? this.#giveUp(controller, deliver) : this.#retry(controller, headers, answer)),
      (error: Error) => controller.abort(error),
    );
  }

  override onResponseData(controller: Controller, chunk: Buffer): void {
    if (this.#state === 'passing') super.onResponseData(controller, chunk);
    else if (this.#state === 'waiting') this.#held.push(() => super.onResponseData(controller, chunk));
    else if ((this.#drained += chunk.length) > maxDrainBytes) this.#again(controller);
  }

  override onResponseEnd(controller: Controller, trailers: IncomingHttpHeaders): void {
    if (this.#state === 'passing') return super.onResponseEnd(controller, trailers);
    this.#ended = true;
    if (this.#state === 'waiting') this.#held.push(() => super.onResponseEnd(controller, trailers));
    else this.#again(controller);
  }

  override onResponseError(controller: Controller, error: Error): void {
    // A body that breaks while it is thrown away is no loss, unless it was the caller who broke it.
    if (this.#state === 'draining' && !controller?.aborted) return this.#again(controller);
    if (this.#state === 'passing' && this.#answer !== '') return;
    this.#state = 'passing';
    super.onResponseError(controller, error);
  }

  #giveUp(controller: Controller, deliver: () => void): void {
    if (this.#state !== 'waiting') return;
    // What was read meanwhile is still held back: the caller may well pause again when it gets the headers.
    controller.resume();
    this.#state = 'passing';
    deliver();
    for (const event of this.#held) event();
  }

  #retry(controller: Controller, headers: IncomingHttpHeaders, answer: string): void {
    if (this.#state !== 'waiting') return;
    const { cookies } = this.#how;
    const lines = headers['set-cookie'] as string | string[] | undefined;
    // A proxy's cookies are not the origin's.
    const received = this.#how.challenge === origin && this.#job.cookies !== false ? lines : undefined;
    if (received !== undefined) cookies.receive(this.#job, [received].flat(), this.#job.context);
    this.#answer = answer;
    this.#state = 'draining';
    if (this.#ended) this.#again(controller);
    else controller.resume();
  }

  #again(controller: Controller): void {
    this.#state = 'passing';
    if (!this.#ended) controller.abort(new Error('The rest of a 401 is not needed'));
    const { next, cookies, challenge } = this.#how;
    const retry = withHeader(this.#job, challenge.answer, this.#answer);
    if (this.#job.credentials && !this.#job.ownCookieHeader) refreshCookies(retry, cookies);
    next(retry, new AnsweringHandler(this.handler, this.#job, { how: this.#how, attempt: this.#attempt }));
  }
}

function isReplayable({ body }: RequestJob): boolean {
  return body === null || body === undefined || typeof body === 'string' || body instanceof Uint8Array;
}

function authRequest(job: RequestJob): AuthRequest {
  const body = isReplayable(job) ? ((job.body ?? '') as string | Uint8Array) : undefined;
  return { method: job.method, uri: job.path, body };
}

// A new job, with headers of its own, that its door can still cancel.
function withHeader(job: RequestJob, name: string, value: string): RequestJob {
  return {
    ...job,
    headers: [...job.headers, name, value],
    get cancelled() {
      return job.cancelled;
    },
    set cancelled(reason) {
      job.cancelled = reason;
    },
  };
}

function refreshCookies(job: RequestJob, cookies: CookieStore): void {
  const at = headerAt(job.headers, 'cookie');
  if (at >= 0) job.headers.splice(at, 2);
  const header = cookies.header(job, job.context);
  if (header !== '') job.headers.push('cookie', header);
}

function headerAt(headers: readonly string[], name: string): number {
  for (let at = 0; at < headers.length; at += 2) {
    const candidate = headers[at]!;
    if (candidate.length === name.length && candidate.toLowerCase() === name) return at;
  }
  return -1;
}
