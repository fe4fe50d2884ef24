import { offlineError } from '../conditions/offline-error.ts';
import type { Shaper } from '../conditions/shaper.ts';
import type { Interceptor, RequestJob } from './request-job.ts';
import { type ShapedBody, shapeBody } from './shaped-body.ts';
import { ShapedExchange } from './shaped-exchange.ts';

/**
 * Puts requests under the session's network conditions. It is always in the chain, so that conditions that are turned on
 * catch what is running; while there are none, it is one object a request.
 */
export function conditionsInterceptor(shaper: Shaper): Interceptor {
  return next => (job, handler) => {
    if (shaper.conditions.offline) {
      const error = offlineError();
      queueMicrotask(() => handler.onResponseError?.(undefined as never, error));
      return true;
    }
    const body = shapeBody(job.body, shaper);
    return next(body ? withBody(job, body) : job, new ShapedExchange(handler, shaper, body));
  };
}

/** The same job with another body. It stays the job's own view: what is set on the job later is seen below. */
function withBody(job: RequestJob, body: ShapedBody): RequestJob {
  const headers = [...job.headers];
  const hasLength = headers.some((name, index) => index % 2 === 0 && name.toLowerCase() === 'content-length');
  if (body.length !== undefined && !hasLength) headers.push('content-length', String(body.length));
  return Object.assign(Object.create(job), { body, headers }) as RequestJob;
}
