import { NetError } from '../util/errors.ts';
import type { FetchRequest } from './fetch-request.ts';
import { HeaderList } from './header-list.ts';

/** Fetch standard, "redirect status". */
export function isRedirect(status: number): boolean {
  return status === 301 || status === 302 || status === 303 || status === 307 || status === 308;
}

interface Redirect {
  readonly from: string;
  readonly location: string;
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
  const url = URL.parse(fromLatin1(redirect.location), from);
  if (!url) throw new NetError('ERR_INVALID_REDIRECT', 'The Location header is no URL');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    const code = /^(?:data|blob|file|about|javascript):$/.test(url.protocol)
      ? 'ERR_UNSAFE_REDIRECT'
      : 'ERR_UNKNOWN_URL_SCHEME';
    throw new NetError(code, `Cannot follow a redirect to a "${url.protocol}" URL`);
  }
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

/** Servers send UTF-8 in Location; header values arrive one byte a character. */
function fromLatin1(text: string): string {
  return /[\x80-\xff]/.test(text) ? Buffer.from(text, 'latin1').toString('utf8') : text;
}
