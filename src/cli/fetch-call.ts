import type { FetchInit } from '../network/fetch-request.ts';
import { invalidType } from '../util/errors.ts';
import { joinData, readFetchBody } from './fetch-body.ts';
import type { FetchOptions } from './fetch-options.ts';
import { readFetchTarget } from './fetch-target.ts';

/** One request, as the command line wants it. */
export interface FetchCall {
  readonly url: URL;
  readonly init: FetchInit;
  readonly headers: [string, string][];
  /** `user:password`. */
  readonly user: string | undefined;
  readonly maxTimeMs: number | undefined;
}

/** @throws {TypeError} If an option is wrong. @throws {Error} If a file cannot be read. */
export async function readFetchCall(input: string, options: FetchOptions): Promise<FetchCall> {
  const target = readFetchTarget(input);
  const { url } = target;
  const maxTimeMs = options.maxTime === undefined ? undefined : readSeconds('--max-time', options.maxTime) * 1000;
  const headers = readHeaders(options);
  const { data, get = false, form = [], uploadFile } = options;
  const given = await readFetchBody({ data: get ? [] : data, form, uploadFile });
  if (get && data.length > 0) url.search += `${url.search === '' ? '' : '&'}${(await joinData(data)).toString()}`;
  const hasType = headers.some(([name]) => name.toLowerCase() === 'content-type');
  if (given?.contentType !== undefined && !hasType) headers.push(['Content-Type', given.contentType]);
  return {
    url,
    headers,
    init: {
      method: options.request ?? defaultMethod(options, given !== undefined),
      redirect: options.location === false ? 'manual' : 'follow',
      ...(given && { body: given.body }),
      ...(options.proxy !== undefined && options.proxy !== 'system' && { proxy: readProxy(options.proxy) }),
    },
    user: options.user ?? target.user,
    maxTimeMs,
  };
}

function defaultMethod({ head, uploadFile }: FetchOptions, hasBody: boolean): string {
  if (head) return 'HEAD';
  return uploadFile !== undefined ? 'PUT' : hasBody ? 'POST' : 'GET';
}

function readHeaders({ header = [], referer, cookie }: FetchOptions): [string, string][] {
  const headers = header.map(readHeader);
  if (referer !== undefined) headers.push(['Referer', referer]);
  if (cookie === undefined) return headers;
  if (!cookie.includes('='))
    throw invalidType('-b must be as "a=1; b=2"; cookies of a file are taken in by "sojourn cookies import FILE"');
  return [...headers, ['Cookie', cookie]];
}

/** What is malformed is not repeated: it may be a login. */
function readHeader(line: string): [string, string] {
  const [, name, value] = /^([^:;\s]+)\s*[:;]\s*(.*)$/s.exec(line) ?? [];
  if (name === undefined || value === undefined) throw invalidType('-H must be as "Name: value"');
  return [name, value];
}

function readSeconds(option: string, text: string): number {
  const seconds = Number(text);
  if (text.trim() !== '' && seconds > 0 && seconds < 1e6) return seconds;
  throw invalidType(`${option} must be a number of seconds above 0, got "${text}"`);
}

/** Takes curl's own names for two kinds of proxy, and the slash at the end of a URL, too. */
function readProxy(rules: string): string {
  return rules
    .replace(/^socks5h:/i, 'socks5:')
    .replace(/^socks4a:/i, 'socks4:')
    .replace(/([^/])\/$/, '$1');
}
