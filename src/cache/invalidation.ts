import { fieldLines, type HeaderFields } from './header-fields.ts';

/** Methods that change nothing. RFC 9110 9.2.1, and the method registry for those of WebDAV. */
const safeMethods: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'OPTIONS',
  'TRACE',
  'QUERY',
  'PROPFIND',
  'REPORT',
  'SEARCH',
]);

/** Whether a method promises to change nothing; one that is not known does not. */
export function isSafeMethod(method: string): boolean {
  return safeMethods.has(method);
}

/** An answer to a request that may have changed something. */
export interface UnsafeExchange {
  readonly url: string;
  readonly status: number;
  readonly fields: HeaderFields;
}

/**
 * The URLs whose stored responses an unsafe request has made wrong: its own, and those in Location and
 * Content-Location that have the same origin. RFC 9111 4.4.
 */
export function invalidatedUrls({ url, status, fields }: UnsafeExchange): readonly string[] {
  if (status < 200 || status >= 400) return [];
  const own = new URL(url);
  const urls = new Set([url]);
  for (const name of ['location', 'content-location']) {
    const target = URL.parse(fieldLines(fields, name)[0] ?? '', own);
    if (!target || target.origin !== own.origin) continue;
    target.hash = '';
    urls.add(target.href);
  }
  return [...urls];
}
