import { type Directives, directiveFields } from './directives.ts';
import { isHeuristicallyCacheable } from './freshness.ts';
import { fieldValue, type HeaderFields } from './header-fields.ts';
import { varyFields } from './vary.ts';

/**
 * Never stored: informational answers and 304, which are no representation; answers to the request's own conditions or
 * credentials (401, 407, 412, 416, 417, 421); those that RFC 6585 forbids to store (428, 429, 431, 511).
 */
const neverStored: ReadonlySet<number> = new Set([304, 401, 407, 412, 416, 417, 421, 428, 429, 431, 511]);

/** Statuses whose caching rules this cache knows, for `must-understand`. RFC 9111 5.2.2.3. */
const understood: ReadonlySet<number> = new Set([
  200, 203, 204, 206, 300, 301, 302, 303, 307, 308, 400, 403, 404, 405, 406, 408, 409, 410, 411, 413, 414, 415, 422,
  451, 500, 501, 502, 503, 504, 505,
]);

/** What a decision about storing looks at. */
export interface Exchange {
  readonly method: string;
  readonly status: number;
  readonly fields: HeaderFields;
  /** Its Cache-Control. */
  readonly directives: Directives;
}

/** Whether a private cache may store a response. RFC 9111 3. */
export function mayStore({ method, status, fields, directives }: Exchange): boolean {
  if (status < 200 || neverStored.has(status)) return false;
  const mustUnderstand = directives.has('must-understand');
  if (mustUnderstand && !understood.has(status)) return false;
  if (directives.has('no-store') && !mustUnderstand) return false;
  // RFC 9111 4.1: a Vary of "*" never matches, so it is not worth the room.
  if (varyFields(fields) === undefined) return false;
  const explicit = directives.has('max-age') || Object.hasOwn(fields, 'expires');
  if (method === 'POST') return explicit;
  if (explicit || directives.has('private')) return true;
  return isHeuristicallyCacheable(status, directives) && isWorthKeeping(status, fields);
}

/**
 * Without a date to guess a lifetime from, or a tag to ask about, a response can never be used again, as most answers of
 * an API; permanent redirects are permanent without either.
 */
function isWorthKeeping(status: number, fields: HeaderFields): boolean {
  if (status === 301 || status === 308) return true;
  return Object.hasOwn(fields, 'last-modified') || Object.hasOwn(fields, 'etag');
}

/** Of one connection, not of the representation, or about the proxy on the way. RFC 9110 7.6.1, RFC 9111 3.1. */
const neverKept: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
  // Cookies belong to the moment they came in: an answer from the cache must not bring one back. Chromium drops them too.
  'set-cookie',
]);

/** Tells, for one response, which of its fields (lower-case name) are not to be stored. */
export function droppedFields(fields: HeaderFields, directives: Directives): (name: string) => boolean {
  const connection = fieldValue(fields, 'connection');
  const noCache = directives.get('no-cache');
  const named = [...namesIn(connection), ...((noCache && directiveFields(noCache)) ?? [])];
  if (named.length === 0) return name => neverKept.has(name);
  return name => neverKept.has(name) || named.includes(name);
}

function namesIn(list: string | undefined): readonly string[] {
  return list === undefined
    ? []
    : list
        .toLowerCase()
        .split(',')
        .map(name => name.trim());
}
