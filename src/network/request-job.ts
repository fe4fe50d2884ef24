import type { Dispatcher } from 'undici';
import type { CacheStatus } from '../cache/cache-usage.ts';
import type { CacheMode } from '../cache/request-rules.ts';
import type { LoginDetails } from '../auth/authenticator.ts';
import type { Credentials } from '../auth/credentials.ts';
import type { CookieContext } from '../cookies/cookie.ts';
import type { ProxyList, ProxyServer } from '../proxy/proxy-server.ts';

/** What receives a response: undici's handler, new generation (`onRequestStart`, `onResponseStart`, ...). */
export type Handler = Dispatcher.DispatchHandler;

/** What a handler uses to pause, resume or abort. */
export type Controller = Dispatcher.DispatchController;

/**
 * Sends a job on its way; the outcome reaches the handler. Returns false when the caller should wait for `drain`.
 *
 * Whatever goes wrong is `handler.onResponseError`, never an exception.
 */
export type Dispatch = (job: RequestJob, handler: Handler) => boolean;

/** One step of the pipeline: wraps the rest of the way down, and, by wrapping the handler, the way up. */
export type Interceptor = (next: Dispatch) => Dispatch;

export type { CacheMode } from '../cache/request-rules.ts';

/**
 * One request on its way through a session, whichever door it came by. Steps read and change it on the way down.
 *
 * It doubles as undici's dispatch options (`origin`, `path`, `method`, `headers`, `body`, ...), so that the last step
 * passes it on as it is. Owned by the door that made it; a redirect or a retry after 401 is a new job.
 */
export interface RequestJob {
  /** `http://host:port`, without a default port. Use `setUrl` to change it. */
  origin: string;
  /** Path and query, always beginning with `/`. */
  path: string;
  readonly method: string;
  /** Names and values in turn, as they will be sent; each job has an array of its own, so steps may push to it. */
  headers: string[];
  readonly body: Dispatcher.DispatchOptions['body'];
  readonly upgrade?: string | null;
  readonly headersTimeout?: number | null;
  readonly bodyTimeout?: number | null;
  readonly expectContinue?: boolean;
  readonly reset?: boolean;
  readonly blocking?: boolean;
  readonly idempotent?: boolean;
  /** false: HTTP/1.1 only (an upgrade, or a client that cannot take HTTP/2). */
  readonly allowH2: boolean;

  /** `http:` or `https:`; `ws:` and `wss:` arrive as these, with `upgrade` set. */
  protocol: string;
  /** Canonical host, IPv6 in brackets, without the port. */
  readonly hostname: string;
  /** Whether the caller gave a Cookie header, which replaces the session's for this request. */
  readonly ownCookieHeader: boolean;
  /** Whether cookies and stored credentials are used and stored. */
  readonly credentials: boolean;
  /** false: no cookie is sent or stored, though credentials are used. Then `ownCookieHeader` is true. */
  readonly cookies?: boolean;
  /** Those of the URL; they answer the first challenge of the origin. */
  readonly userinfo?: Credentials | undefined;
  /** Asked for credentials in place of the session's `login` event; undefined: it has nothing to say. */
  readonly askLogin?: (details: LoginDetails) => Promise<Credentials | undefined>;
  /** Who makes the request, for SameSite, partitioned cookies and the cache's partition key. */
  context: CookieContext;
  /** fetch's cache mode. */
  readonly cacheMode: CacheMode;
  /** How the cache took part; set before the head of the response is handed out, undefined when it did not. */
  cacheStatus?: CacheStatus;
  /** The proxy that this attempt goes through, set by the proxy step; undefined: straight to the origin. */
  route?: ProxyServer | undefined;
  /** The proxies of this request alone, in place of the session's. */
  readonly proxies?: ProxyList | undefined;
  /** Set when the caller no longer wants the answer; a step that waited looks before it goes on. */
  cancelled: { readonly reason: unknown } | undefined;
}

/** The job's URL as it stands. */
export function jobUrl(job: RequestJob): string {
  return job.origin + job.path;
}
