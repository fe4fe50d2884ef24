import type { CacheMode } from '../cache/request-rules.ts';
import { invalidType } from '../util/errors.ts';
import { describe, OptionsReader } from '../util/options.ts';
import { takeUserinfo, type Userinfo } from '../util/userinfo.ts';
import { type ReferrerPolicy, referrerPolicies } from './referrer-policy.ts';

/** Options of `net.request`. `session` and `partition` say which session; `session` wins. */
export interface ClientRequestOptions<S = unknown> {
  /** Default GET. */
  method?: string;
  /** Absolute, http or https. In its place: `protocol`, `host` or `hostname` and `port`, `path`. */
  url?: string;
  headers?: Record<string, string | string[]>;
  session?: S;
  partition?: string;
  /** Default: credentials are used, cookies are not. `'same-origin'` needs `origin`. */
  credentials?: 'include' | 'omit' | 'same-origin';
  /** Whether cookies are sent and stored, where `credentials` does not say. Default false. */
  useSessionCookies?: boolean;
  /** Default `'http:'`. */
  protocol?: string;
  /** `hostname:port`. */
  host?: string;
  /** Default `localhost`. */
  hostname?: string;
  port?: number | string;
  /** Default `/`. */
  path?: string;
  /** Default `'follow'`. `'manual'`: followed when `followRedirect` is called during `redirect`. */
  redirect?: 'follow' | 'error' | 'manual';
  /** Origin of the page on whose behalf the request is made. */
  origin?: string;
  /** Default `'strict-origin-when-cross-origin'`; rules the `Referer` header that the caller gives. */
  referrerPolicy?: ReferrerPolicy;
  /** Default `'default'`. */
  cache?: CacheMode;
  /** Accepted; has no effect. */
  priority?: 'throttled' | 'idle' | 'lowest' | 'low' | 'medium' | 'highest';
  /** Accepted; has no effect. */
  priorityIncremental?: boolean;
  /** Accepted; there are no custom protocol handlers to bypass. */
  bypassCustomProtocolHandlers?: boolean;
}

/** The same, read. */
export interface ClientRequestSettings {
  /** Without user name and password. */
  readonly url: URL;
  /** Those of the URL; they answer the first challenge, as in Chromium. */
  readonly userinfo: Userinfo | undefined;
  readonly method: string;
  /** By name in lower case; changed until the request is sent. */
  readonly headers: Map<string, GivenHeader>;
  readonly credentials: 'include' | 'omit' | 'same-origin' | undefined;
  readonly useSessionCookies: boolean;
  readonly redirect: 'follow' | 'error' | 'manual';
  readonly origin: string;
  readonly referrerPolicy: ReferrerPolicy;
  readonly cache: CacheMode;
}

/** A header as the caller wrote it. */
export interface GivenHeader {
  readonly name: string;
  readonly value: unknown;
  /** What is sent. */
  readonly text: string;
}

const keys = [
  'method',
  'url',
  'href',
  'headers',
  'session',
  'partition',
  'credentials',
  'useSessionCookies',
  'protocol',
  'host',
  'hostname',
  'port',
  'path',
  'redirect',
  'origin',
  'referrerPolicy',
  'cache',
  'priority',
  'priorityIncremental',
  'bypassCustomProtocolHandlers',
];
const cacheModes = ['default', 'no-store', 'reload', 'no-cache', 'force-cache', 'only-if-cached'] as const;

/**
 * Reads the options of `net.request`.
 *
 * @throws {TypeError} Mostly in Electron's words; `code` is `ERR_INVALID_OPTION`.
 */
export function readClientRequest(input: unknown): ClientRequestSettings {
  const given = typeof input === 'string' || input instanceof URL ? { url: String(input) } : input;
  if (typeof given !== 'object' || given === null) {
    throw invalidType(`Cannot make a request: options must be a URL or an object, got ${describe(given)}`);
  }
  const options = new OptionsReader('make a request', given, keys);
  const text =
    options.string('url', '') ||
    options.string('href', '') ||
    composeUrl(options, (given as ClientRequestOptions).port);
  const redirect = options.string('redirect', 'follow');
  if (redirect !== 'follow' && redirect !== 'error' && redirect !== 'manual') {
    throw invalidType('redirect mode should be one of follow, error or manual');
  }
  const headers = readHeaders((given as ClientRequestOptions).headers);
  const url = URL.parse(text);
  if (!url) throw invalidType('Cannot make a request: url must be an absolute URL');
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    throw invalidType('ClientRequest only supports http: and https: protocols');
  }
  const credentials = options.oneOf('credentials', ['include', 'omit', 'same-origin'], undefined);
  const origin = options.string('origin', '');
  if (credentials === 'same-origin' && origin === '') {
    throw invalidType('credentials: same-origin requires origin to be set');
  }
  const userinfo = takeUserinfo(url);
  return {
    url,
    userinfo,
    method: options.string('method', 'GET').toUpperCase(),
    headers,
    credentials,
    useSessionCookies: options.boolean('useSessionCookies', false),
    redirect,
    origin,
    referrerPolicy: options.oneOf('referrerPolicy', referrerPolicies, ''),
    cache: options.oneOf('cache', cacheModes, 'default'),
  };
}

/** @throws {TypeError} If a header cannot be sent; the message does not show its value. */
export function readHeader(name: unknown, value: unknown): GivenHeader {
  if (typeof name !== 'string') throw invalidType('`name` should be a string in setHeader(name, value)');
  if (value === undefined || value === null) throw invalidType(`\`value\` required in setHeader("${name}", value)`);
  if (!/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) throw invalidType(`Invalid header name: '${name}'`);
  const text = (value as { toString: () => string }).toString();
  if (/[\0\r\n]/.test(text)) throw invalidType(`Invalid value for header '${name}'`);
  return { name, value, text };
}

function readHeaders(input: unknown): Map<string, GivenHeader> {
  if (input !== undefined && input !== null && typeof input !== 'object')
    throw invalidType('headers must be an object');
  return new Map(Object.entries(input ?? {}).map(([name, value]) => [name.toLowerCase(), readHeader(name, value)]));
}

function composeUrl(options: OptionsReader, port: unknown): string {
  const path = options.string('path', '') || '/';
  // All other characters that a path may not have are escaped on the way.
  if (path.includes(' ')) throw invalidType('Request path contains unescaped characters');
  const host = options.string('host', '') || withPort(options.string('hostname', '') || 'localhost', port);
  const protocol = options.string('protocol', 'http:').replace(/:?$/, ':');
  const { pathname, search, hash } = new URL(path, 'http://localhost');
  return `${protocol}//${host}${pathname}${search}${hash}`;
}

function withPort(hostname: string, port: unknown): string {
  if (port !== undefined && port !== null && typeof port !== 'number' && typeof port !== 'string') {
    throw invalidType(`Cannot make a request: port must be a number, got ${describe(port)}`);
  }
  const host = hostname.includes(':') && !hostname.startsWith('[') ? `[${hostname}]` : hostname;
  return port ? `${host}:${port}` : host;
}
