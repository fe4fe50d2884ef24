import { invalidType, NetError } from '../util/errors.ts';
import { readProxyConfig } from '../proxy/proxy-config.ts';
import type { ProxyRules } from '../proxy/proxy-rules.ts';
import { describe, warnUnknownOption } from '../util/options.ts';
import { appendDefaults, type FetchDefaults } from './default-headers.ts';
import { HeaderList, type HeadersInput } from './header-list.ts';
import type { CacheMode } from './request-job.ts';
import { type BodyInput, readBody, type RequestBody } from './request-body.ts';
import { requireSafePort } from './unsafe-port.ts';

/**
 * Options of `ses.fetch`: WHATWG's, and who makes the request.
 *
 * `keepalive`, `mode`, `referrer`, `referrerPolicy`, `window` and `priority` are accepted and have no effect: they steer
 * a page, and there is none. `keepalive` outlives a page; a process that ends takes its requests with it.
 */
export interface FetchInit {
  method?: string;
  headers?: HeadersInput;
  body?: BodyInput;
  /** Default `'follow'`. `'manual'` gives the real 3xx response. */
  redirect?: 'follow' | 'error' | 'manual';
  /** Default `'same-origin'`, which is `'include'` unless `initiator` is another origin. */
  credentials?: 'omit' | 'same-origin' | 'include';
  /** Default `'default'`. */
  cache?: CacheMode;
  /** Subresource Integrity: the promise rejects when the body does not match. */
  integrity?: string;
  signal?: AbortSignal | null;
  /** Needed by nobody; `'half'` is what a streamed body is. */
  duplex?: 'half';
  /** Origin of the page on whose behalf the request is made; decides SameSite. */
  initiator?: string | URL;
  /** That page's top-level site, `https://example.com`; keys partitioned cookies and the cache. */
  topLevelSite?: string | URL;
  /** Proxies for this request alone, in the grammar of `proxyRules`: `'socks5://user:password@host:1080'`, `'direct://'`. */
  proxy?: string;
  keepalive?: boolean;
  mode?: string;
  referrer?: string;
  referrerPolicy?: string;
  window?: null;
  priority?: string;
  dispatcher?: never;
  /** Electron's; there are no custom protocol handlers to bypass. */
  bypassCustomProtocolHandlers?: boolean;
}

const knownKeys: ReadonlySet<string> = new Set([
  'proxy',
  'method',
  'headers',
  'body',
  'redirect',
  'credentials',
  'cache',
  'integrity',
  'signal',
  'duplex',
  'initiator',
  'topLevelSite',
  'keepalive',
  'mode',
  'referrer',
  'referrerPolicy',
  'window',
  'priority',
  'bypassCustomProtocolHandlers',
]);

export type { FetchDefaults } from './default-headers.ts';

/** One call of fetch, read and checked. */
export interface FetchRequest {
  url: URL;
  method: string;
  headers: HeaderList;
  body: RequestBody | undefined;
  /** Of a Request object; becomes `body` before anything is sent. */
  readonly bodyOfRequest: ReadableStream<Uint8Array> | undefined;
  readonly redirect: 'follow' | 'error' | 'manual';
  readonly credentials: 'omit' | 'same-origin' | 'include';
  readonly cache: CacheMode;
  readonly integrity: string;
  readonly signal: AbortSignal | undefined;
  readonly initiator: URL | undefined;
  readonly topLevelSite: URL | undefined;
  readonly proxyRules: ProxyRules | undefined;
}

// Fetch standard, "normalize a method": only these are put into upper case.
const normalized = /^(?:delete|get|head|options|post|put)$/i;
const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const noInit: FetchInit = {};

/**
 * Reads the arguments of fetch.
 *
 * @throws {TypeError} If one of them is wrong; `code` is `ERR_INVALID_OPTION`, the message names the field.
 */
export function readFetchRequest(
  input: unknown,
  givenInit: FetchInit | undefined,
  defaults: FetchDefaults,
): FetchRequest {
  const request = asRequest(input);
  const init = mergeInit(request, givenInit);
  const url = readTarget(input);
  const method = readMethod(init.method);
  const body = readBody(init.body);
  const bodyOfRequest = body ? undefined : readRequestBody(request);
  if ((body || bodyOfRequest) && (method === 'GET' || method === 'HEAD'))
    throw invalidType(`Cannot fetch: a ${method} request cannot have a body`);
  const cache = oneOf('cache', init.cache ?? 'default', cacheModes);
  if (cache === 'only-if-cached' && init.redirect === 'error') {
    throw invalidType('Cannot fetch: cache "only-if-cached" does not go with redirect "error"');
  }
  return {
    url,
    method,
    headers: readHeaders(init.headers, body, defaults),
    body,
    bodyOfRequest,
    redirect: oneOf('redirect', init.redirect ?? 'follow', ['follow', 'error', 'manual']),
    credentials: oneOf('credentials', init.credentials ?? 'same-origin', ['omit', 'same-origin', 'include']),
    cache,
    integrity: readIntegrity(init.integrity),
    signal: readSignal(init.signal),
    initiator: init.initiator === undefined ? undefined : readOrigin('initiator', init.initiator),
    proxyRules: init.proxy === undefined ? undefined : readProxyConfig({ proxyRules: init.proxy }).rules,
    topLevelSite: init.topLevelSite === undefined ? undefined : readOrigin('topLevelSite', init.topLevelSite),
  };
}

/** The request with the body that was gathered for it. */
export function withBody(request: FetchRequest, body: RequestBody): FetchRequest {
  if (body.contentLength !== undefined && !request.headers.has('content-length')) {
    request.headers.append('Content-Length', String(body.contentLength));
  }
  return { ...request, body, bodyOfRequest: undefined };
}

const cacheModes = ['default', 'no-store', 'reload', 'no-cache', 'force-cache', 'only-if-cached'] as const;

function asRequest(input: unknown): Request | undefined {
  if (typeof input !== 'object' || input === null || input instanceof URL || !('url' in input)) return undefined;
  return input as Request;
}

/** A Request given in place of a URL counts as an init of its own. Its body is `readRequestBody`'s. */
function mergeInit(request: Request | undefined, init: FetchInit | undefined): FetchInit {
  const given = checkKeys(init);
  if (!request) return given;
  const { method, headers, redirect, credentials, cache, integrity, signal } = request;
  const merged: Record<string, unknown> = { method, headers, redirect, credentials, cache, integrity, signal };
  for (const key of knownKeys) {
    // By name, because an init may well be a Request too, whose fields are its class's. Web IDL: undefined is absent.
    const value = given[key as keyof FetchInit];
    if (value !== undefined) merged[key] = value;
  }
  return merged;
}

function readRequestBody(request: Request | undefined): ReadableStream<Uint8Array> | undefined {
  if (!request) return undefined;
  if (request.bodyUsed || request.body?.locked) {
    throw invalidType('Cannot fetch: the body of the Request was used before');
  }
  return request.body ?? undefined;
}

function checkKeys(init: FetchInit | undefined | null): FetchInit {
  if (init === undefined || init === null) return noInit;
  if (typeof init !== 'object') throw invalidType(`Cannot fetch: init must be an object, got ${describe(init)}`);
  for (const key of Object.keys(init)) {
    if (!knownKeys.has(key)) warnUnknownOption('fetch', key, [...knownKeys]);
  }
  return init;
}

function readTarget(input: unknown): URL {
  const text =
    typeof input === 'string' ? input : input instanceof URL ? input.href : (input as { url?: unknown } | null)?.url;
  const url = typeof text === 'string' ? URL.parse(text) : null;
  if (!url) {
    const came = typeof text === 'string' ? 'one that cannot be parsed' : describe(input);
    throw invalidType(`Cannot fetch: url must be an absolute URL, a URL or a Request, got ${came}`);
  }
  // Fetch standard, Request constructor step 5.3; the message must not show them.
  if (url.username !== '' || url.password !== '') {
    throw invalidType('Cannot fetch: url must not hold a user name or password; give an Authorization header instead');
  }
  return url;
}

function readMethod(method: unknown): string {
  if (method === undefined) return 'GET';
  if (typeof method !== 'string' || !token.test(method)) {
    throw invalidType(`Cannot fetch: method must be an HTTP method, got ${describe(method)}`);
  }
  const name = normalized.test(method) ? method.toUpperCase() : method;
  // Fetch standard, "forbidden method".
  if (/^(?:connect|trace|track)$/i.test(name)) throw invalidType(`Cannot fetch: method "${name}" is forbidden`);
  return name;
}

function readHeaders(input: HeadersInput, body: RequestBody | undefined, defaults: FetchDefaults): HeaderList {
  const headers = new HeaderList();
  headers.appendAll(input);
  appendDefaults(headers, defaults);
  const { pairs } = headers;
  if (body?.contentType && !headers.has('content-type')) pairs.push('Content-Type', body.contentType);
  if (body?.contentLength !== undefined && !headers.has('content-length')) {
    pairs.push('Content-Length', String(body.contentLength));
  }
  return headers;
}

function readIntegrity(integrity: unknown): string {
  if (integrity === undefined) return '';
  if (typeof integrity === 'string') return integrity;
  throw invalidType(`Cannot fetch: integrity must be a string, got ${describe(integrity)}`);
}

function readSignal(signal: unknown): AbortSignal | undefined {
  if (signal === undefined || signal === null) return undefined;
  if (typeof (signal as AbortSignal).addEventListener === 'function' && 'aborted' in (signal as AbortSignal)) {
    return signal as AbortSignal;
  }
  throw invalidType(`Cannot fetch: signal must be an AbortSignal, got ${describe(signal)}`);
}

function readOrigin(field: string, input: string | URL): URL {
  const url = input instanceof URL ? input : typeof input === 'string' ? URL.parse(input) : null;
  if (url && url.origin !== 'null') return url;
  throw invalidType(`Cannot fetch: ${field} must be an http or https URL, got ${describe(input)}`);
}

function oneOf<T extends string>(field: string, value: T, allowed: readonly T[]): T {
  if (allowed.includes(value)) return value;
  const names = allowed.map(name => `"${name}"`).join(', ');
  throw invalidType(`Cannot fetch: ${field} must be one of ${names}, got ${describe(value)}`);
}

/** Whether `url` goes over the session's network. @throws {NetError} If its scheme or port is none that fetch uses. */
export function isNetworkUrl(url: URL): boolean {
  if (url.protocol === 'https:' || url.protocol === 'http:') {
    requireSafePort(url);
    return true;
  }
  if (url.protocol === 'data:' || url.protocol === 'blob:' || url.protocol === 'file:') return false;
  throw new NetError('ERR_UNKNOWN_URL_SCHEME', `Cannot fetch a "${url.protocol}" URL`);
}
