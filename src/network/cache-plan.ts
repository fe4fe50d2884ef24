import type { CachedResponse } from '../cache/cached-response.ts';
import { isConditional, isForOrigin, validationHeaders } from '../cache/conditional-request.ts';
import { completionHeaders } from '../cache/partial-content.ts';
import { type RawHeaders, rawValue } from '../cache/raw-headers.ts';
import type { RequestRules } from '../cache/request-rules.ts';
import { selectAnswer } from '../cache/select-answer.ts';
import type { Handler, RequestJob } from './request-job.ts';

/** What is asked of the origin, and why. */
export interface ExchangePlan {
  readonly key: string;
  readonly rules: RequestRules;
  /** The request's headers as the caller made them, without the conditions that the purpose added. */
  readonly request: RawHeaders;
  /** What is stored and cannot be used as it is. */
  readonly stored: CachedResponse | undefined;
  readonly purpose: 'fetch' | 'validate' | 'complete';
}

/** A request that waits to see whether another one's response will do. */
export interface Waiter {
  readonly job: RequestJob;
  readonly handler: Handler;
  readonly rules: RequestRules;
}

/** Neither conditional nor for a range: any complete response answers it. */
export function isPlain(headers: RawHeaders): boolean {
  return rawValue(headers, 'range') === undefined && !isConditional(headers) && !isForOrigin(headers);
}

/** What to ask the origin for, and what of the stored response to use in asking. RFC 9111 4.3.1, 3.3. */
export function makePlan(key: string, { job, rules }: Waiter, stored: CachedResponse | undefined): ExchangePlan {
  const plan = { key, rules, request: job.headers, stored };
  // What the caller asks for under a condition of its own is forwarded as it is. RFC 9111 4.3.1.
  if (!stored || rules.mode === 'reload' || rules.noStore || isConditional(job.headers) || isForOrigin(job.headers)) {
    return { ...plan, stored: rules.noStore ? undefined : stored, purpose: 'fetch' };
  }
  if (selectAnswer('GET', job.headers, stored)) return { ...plan, purpose: 'validate' };
  const isForAll = rawValue(job.headers, 'range') === undefined;
  return { ...plan, purpose: isForAll && completionHeaders(stored) ? 'complete' : 'fetch' };
}

/** The headers that a purpose adds to the request; names and values in turn. */
export function conditionsOf({ purpose, stored }: ExchangePlan): readonly string[] {
  if (!stored || purpose === 'fetch') return [];
  return purpose === 'validate' ? validationHeaders(stored.fields) : (completionHeaders(stored) ?? []);
}
