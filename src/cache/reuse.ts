import { currentAge } from './current-age.ts';
import type { Freshness } from './freshness.ts';
import type { RequestRules } from './request-rules.ts';

/**
 * What to do with a stored response that matches a request: `use` it; `use-and-revalidate` it in the background;
 * `validate` it first; or act as if it were not there (`pass-over`).
 */
export type Reuse = 'use' | 'use-and-revalidate' | 'validate' | 'pass-over';

/** RFC 9111 4 and 4.2.4, RFC 5861 3, RFC 8246, Fetch "HTTP-network-or-cache fetch" step 8.23. */
export function decideReuse(stored: Freshness, rules: RequestRules, now: number): Reuse {
  if (rules.noStore || rules.mode === 'reload') return 'pass-over';
  // Both modes take what there is, however old.
  if (rules.mode === 'force-cache' || rules.mode === 'only-if-cached') return 'use';
  const age = currentAge(stored.initialAge, stored.responseTime, now);
  const fresh = age < stored.lifetime;
  // RFC 8246 2: a reload does not validate what cannot change while it is fresh.
  if (rules.mode === 'no-cache' && stored.immutable && fresh && !stored.noCache) return 'use';
  if (stored.noCache || rules.noCache) return 'validate';
  // max-age=0 asks for validation, also of what came in this very millisecond.
  if (age > rules.maxAge || rules.maxAge === 0 || (fresh && stored.lifetime - age < rules.minFresh)) return 'validate';
  if (fresh) return 'use';
  if (stored.mustRevalidate) return 'validate';
  const staleness = age - stored.lifetime;
  if (rules.maxStale > 0 && staleness <= rules.maxStale) return 'use';
  if (rules.minFresh === 0 && staleness < stored.staleWhileRevalidate) return 'use-and-revalidate';
  return 'validate';
}

/** Staleness up to which a response stands in for an origin that cannot be reached, without leave to. */
const maxDisconnectedStaleness = 24 * 60 * 60 * 1000;

/** How the attempt to get a new response failed: an error status, no connection to the origin, or anything else. */
export type FetchFailure = 'error-status' | 'unreachable' | 'other';

/** Whether a stale response may be used after the attempt to replace it failed. RFC 5861 4, RFC 9111 4.2.4. */
export function mayUseAfterFailure(
  stored: Freshness,
  rules: RequestRules,
  failure: { now: number; kind: FetchFailure },
): boolean {
  // RFC 9111 5.2.2.2: must-revalidate wins over every leave to be stale. The caller's wish for a new response, too.
  if (stored.mustRevalidate || stored.noCache || rules.noCache || rules.maxAge !== Number.POSITIVE_INFINITY)
    return false;
  const staleness = currentAge(stored.initialAge, stored.responseTime, failure.now) - stored.lifetime;
  if (staleness <= Math.max(stored.staleIfError, rules.staleIfError)) return failure.kind !== 'other';
  return failure.kind === 'unreachable' && staleness <= maxDisconnectedStaleness;
}
