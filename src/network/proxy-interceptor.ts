import type { Authenticator } from '../auth/authenticator.ts';
import type { CookieStore } from '../cookies/cookie-store.ts';
import type { ProxyList, ProxyServer } from '../proxy/proxy-server.ts';
import type { ProxyTarget } from '../proxy/proxy-target.ts';
import type { ProxyResolver } from '../proxy/proxy-resolver.ts';
import { NetError } from '../util/errors.ts';
import { answerProxy } from './auth-interceptor.ts';
import { ForwardingHandler } from './forwarding-handler.ts';
import { ProxyError } from './proxy-error.ts';
import { isForwarded } from './proxy-forward.ts';
import {
  type Controller,
  type Dispatch,
  type Handler,
  type Interceptor,
  jobUrl,
  type RequestJob,
} from './request-job.ts';

interface ProxyDuties {
  readonly resolver: ProxyResolver;
  readonly authenticator: Authenticator;
  readonly cookies: CookieStore;
  /** Whether an outage is emulated: then nobody looks for a proxy, nor finds one broken. */
  readonly isOffline: () => boolean;
}

/**
 * Sends each job through the first proxy of its list that works; one that does not is parked.
 *
 * Only failures before the proxy let a byte through move on, so no request is ever sent twice.
 */
export function proxyInterceptor(duties: ProxyDuties): Interceptor {
  const { resolver, isOffline } = duties;
  return next => (job, handler) => {
    if (isOffline()) return next(job, handler);
    const list = job.proxies ?? resolver.resolve(targetOf(job));
    if (!(list instanceof Promise)) return follow({ ...duties, list, next }, job, handler);
    list.then(
      resolved => {
        if (job.cancelled) handler.onResponseError?.(undefined as never, job.cancelled.reason as Error);
        else follow({ ...duties, list: resolved, next }, job, handler);
      },
      (error: Error) => handler.onResponseError?.(undefined as never, error),
    );
    return true;
  };
}

function targetOf(job: RequestJob): ProxyTarget {
  const secure = job.protocol === 'https:';
  // Chromium chooses by the WebSocket's own scheme.
  const protocol = job.upgrade === 'websocket' ? (secure ? 'wss:' : 'ws:') : job.protocol;
  const port = /:(\d+)$/.exec(job.origin)?.[1] ?? '';
  return { protocol, hostname: job.hostname, port, href: jobUrl(job) };
}

interface Candidates extends ProxyDuties {
  readonly list: ProxyList;
  readonly next: Dispatch;
}

function follow(candidates: Candidates, job: RequestJob, handler: Handler): boolean {
  const [first] = candidates.list;
  if (!first) {
    handler.onResponseError?.(
      undefined as never,
      new NetError('ERR_NO_SUPPORTED_PROXIES', `No proxy serves "${jobUrl(job)}"`),
    );
    return true;
  }
  job.route = first.isDirect ? undefined : first;
  if (first.isDirect) return candidates.next(job, handler);
  const falling = new FallbackHandler(handler, candidates, job);
  return isForwarded(job, first) ? answerProxy(job, falling, candidates) : candidates.next(job, falling);
}

class FallbackHandler extends ForwardingHandler {
  readonly #candidates: Candidates;
  readonly #job: RequestJob;

  constructor(handler: Handler, candidates: Candidates, job: RequestJob) {
    super(handler);
    this.#candidates = candidates;
    this.#job = job;
  }

  override onResponseError(controller: Controller, error: Error): void {
    const { list, resolver } = this.#candidates;
    const [failed, ...rest] = list as readonly [ProxyServer, ...ProxyServer[]];
    const moveOn = error instanceof ProxyError && resolver.reportFailure(failed, error.code);
    if (!moveOn || rest.length === 0 || this.#job.cancelled) return super.onResponseError(controller, error);
    follow({ ...this.#candidates, list: rest }, this.#job, this.handler);
  }
}
