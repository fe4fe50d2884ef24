import type { IncomingHttpHeaders } from 'node:http';
import { NetError } from '../util/errors.ts';
import type { FetchRequest } from './fetch-request.ts';
import { HeaderList } from './header-list.ts';
import { requireSafePort } from './unsafe-port.ts';

/** Fetch standard, "redirect status". */
export function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

/** The Location of a response that redirects; undefined when it does not. Node's type knows no repeated Location. */
export function locationOf(status: number, headers: IncomingHttpHeaders): string | readonly string[] | undefined {
  return isRedirect(status) ? headers.location : undefined;
}

interface Redirect {
  readonly from: string;
  readonly location: string | readonly string[];
  readonly status: number;
}

const bodyHeaders = ['content-encoding', 'content-language', 'content-location', 'content-type', 'content-length'];
// A Cookie header that the caller gave is a credential of the first origin only.
const originHeaders = ['authorization', 'proxy-authorization', 'cookie', 'host'];

/**
 * The request that follows a redirect. Fetch standard, "HTTP-redirect fetch".
 *
 * @throws {NetError} If the target is none that may be followed, or the body cannot be sent twice.
 */
export function nextRequest(request: FetchRequest, redirect: Redirect): FetchRequest {
  const from = new URL(redirect.from);
  const url = URL.parse(readLocation(redirect.location), from);
  if (!url) throw new NetError('ERR_INVALID_REDIRECT', 'The Location header is no URL');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    const code = /^(?:data|blob|file|about|javascript):$/.test(url.protocol)
      ? 'ERR_UNSAFE_REDIRECT'
      : 'ERR_UNKNOWN_URL_SCHEME';
    throw new NetError(code, `Cannot follow a redirect to a "${url.protocol}" URL`);
  }
  requireSafePort(url);
  url.username = url.password = '';
  // Step 11: the fragment is handed on unless the new URL has one.
  if (url.hash === '' && request.url.hash !== '') url.hash = request.url.hash;
  const { status } = redirect;
  // Step 12.
  const becomesGet =
    ((status === 301 || status === 302) && request.method === 'POST') ||
    (status === 303 && request.method !== 'GET' && request.method !== 'HEAD');
  if (!becomesGet && request.body && !request.body.replayable) {
    // Step 9: a streamed body is spent.
    throw new NetError(
      'ERR_FAILED',
      `Cannot follow a ${status} redirect: the body was a stream and cannot be sent again`,
    );
  }
  const dropped = [...(becomesGet ? bodyHeaders : []), ...(url.origin === from.origin ? [] : originHeaders)];
  return {
    ...request,
    url,
    method: becomesGet ? 'GET' : request.method,
    body: becomesGet ? undefined : request.body,
    headers: dropped.length > 0 ? without(request.headers, dropped) : request.headers,
  };
}

function without(headers: HeaderList, dropped: readonly string[]): HeaderList {
  const kept = new HeaderList();
  for (let i = 0; i < headers.pairs.length; i += 2) {
    const name = headers.pairs[i]!;
    if (!dropped.includes(name.toLowerCase())) kept.append(name, headers.pairs[i + 1]!);
  }
  return kept;
}

function readLocation(location: string | readonly string[]): string {
  const [first = '', ...others] = typeof location === 'string' ? [location] : location;
  if (others.some(other => other !== first)) {
    throw new NetError('ERR_RESPONSE_HEADERS_MULTIPLE_LOCATION', 'The response says two places to go to');
  }
  // One byte a character; most servers mean UTF-8. Chromium escapes each byte, which keeps those that are none.
  return first.replace(/[\x80-\xff]/g, byte => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`);
}
