import { directOnly } from '../proxy/fixed-proxies.ts';
import { selectProxies } from '../proxy/proxy-rules.ts';
import type { FetchRequest } from './fetch-request.ts';
import type { RequestJob } from './request-job.ts';
import { contextFor, type OriginFactsCache } from './site-context.ts';

/** One hop of a fetch as a job. */
export function makeFetchJob(request: FetchRequest, origins: OriginFactsCache): RequestJob {
  const { url } = request;
  const facts = origins.ofUrl(url);
  const owned = request.initiator !== undefined || request.topLevelSite !== undefined;
  return {
    origin: facts.origin,
    path: url.pathname + url.search,
    method: request.method,
    headers: [...request.headers.pairs],
    body: request.body?.open() ?? null,
    upgrade: null,
    headersTimeout: null,
    bodyTimeout: null,
    expectContinue: false,
    allowH2: true,
    protocol: facts.protocol,
    hostname: facts.hostname,
    ownCookieHeader: request.headers.hasCookie,
    credentials: mayUseCredentials(request),
    context: owned ? contextFor(url, request) : facts.ownContext,
    cacheMode: request.cache,
    proxies: request.proxyRules && (selectProxies(request.proxyRules, url.protocol)?.list ?? directOnly),
    cancelled: undefined,
  };
}

/** `same-origin` without an initiator acts as `include`: a request of Node's own has no other origin to be foreign to. */
function mayUseCredentials(request: FetchRequest): boolean {
  if (request.credentials === 'same-origin')
    return !request.initiator || request.initiator.origin === request.url.origin;
  return request.credentials === 'include';
}
