import { stringify } from 'node:querystring';
import type { Dispatcher } from 'undici';
import { invalidType, NetError } from '../util/errors.ts';
import { describe } from '../util/options.ts';
import { HeaderList, type HeadersInput } from './header-list.ts';
import type { RequestJob } from './request-job.ts';
import type { OriginFacts, OriginFactsCache } from './site-context.ts';

/** What a caller's dispatch options may hold: undici's, from any of its versions. */
export interface AnyDispatchOptions extends Omit<Dispatcher.DispatchOptions, 'headers'> {
  readonly headers?: HeadersInput;
  readonly allowH2?: boolean;
}

/** What a session adds to what the caller says. */
export interface DispatchDefaults {
  readonly origins: OriginFactsCache;
  /** The session's User-Agent, sent when the caller gives none. */
  readonly userAgent: () => string;
}

/**
 * Reads undici's dispatch options as a job.
 *
 * @param allowH2 - false: the handler cannot take HTTP/2.
 * @throws {TypeError | NetError} If an option is wrong, or the scheme none of HTTP's.
 */
export function readDispatch(options: AnyDispatchOptions, defaults: DispatchDefaults, allowH2: boolean): RequestJob {
  if (typeof options !== 'object' || options === null) throw invalidType('Cannot dispatch: options must be an object');
  const { origin, path } = options;
  const method: unknown = options.method ?? 'GET';
  if (typeof method !== 'string')
    throw invalidType(`Cannot dispatch: method must be a string, got ${describe(method)}`);
  if (typeof path !== 'string') throw invalidType(`Cannot dispatch: path must be a string, got ${describe(path)}`);
  // A job's URL is its origin and its path; the target of CONNECT is an authority, and no path.
  if (path[0] !== '/' && method !== 'CONNECT') throw invalidType('Cannot dispatch: path must begin with "/"');
  const facts = readOrigin(origin, defaults.origins);
  const headers = new HeaderList();
  headers.appendAll(options.headers);
  if (!headers.hasUserAgent) headers.append('user-agent', defaults.userAgent());
  const upgrade = typeof options.upgrade === 'string' ? options.upgrade : null;
  return {
    origin: facts.origin,
    path: options.query ? withQuery(path, options.query) : path,
    method,
    headers: headers.pairs,
    body: options.body ?? null,
    upgrade,
    headersTimeout: options.headersTimeout ?? null,
    bodyTimeout: options.bodyTimeout ?? null,
    expectContinue: options.expectContinue ?? false,
    // Left to undici where the caller says nothing.
    ...(options.reset === undefined ? undefined : { reset: options.reset }),
    ...(options.blocking === undefined ? undefined : { blocking: options.blocking }),
    ...(options.idempotent === undefined ? undefined : { idempotent: options.idempotent }),
    allowH2: allowH2 && !upgrade && options.allowH2 !== false,
    protocol: facts.protocol,
    hostname: facts.hostname,
    ownCookieHeader: headers.hasCookie,
    // A tunnel is opened for somebody else's requests.
    credentials: method !== 'CONNECT',
    context: facts.ownContext,
    cacheMode: 'default',
    cancelled: undefined,
  };
}

function readOrigin(origin: string | URL | undefined, origins: OriginFactsCache): OriginFacts {
  let facts: OriginFacts;
  try {
    facts = typeof origin === 'string' ? origins.of(origin) : origins.ofUrl(origin!);
  } catch {
    // Not a URL. Node's error would show it, password and all.
    throw invalidType('Cannot dispatch: origin must be an absolute URL');
  }
  if (facts.protocol === 'http:' || facts.protocol === 'https:') return facts;
  throw new NetError('ERR_UNKNOWN_URL_SCHEME', `Cannot dispatch to "${facts.protocol}"`);
}

/** As undici writes a query. */
function withQuery(path: string, query: Readonly<Record<string, unknown>>): string {
  if (/[?#]/.test(path)) throw invalidType('Cannot dispatch: query cannot be given when path holds "?" or "#"');
  const text = stringify(query as Record<string, string>);
  return text === '' ? path : `${path}?${text}`;
}
