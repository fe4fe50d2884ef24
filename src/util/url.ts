import { invalidType } from './errors.ts';
import { describe } from './options.ts';

/** A URL fit for a message or log: no user name, no password, no query, no fragment. */
export function maskUrl(url: string | URL): string {
  const parsed = typeof url === 'string' ? URL.parse(url) : url;
  if (!parsed) return '(invalid URL)';
  const query = parsed.search ? '?...' : '';
  return `${parsed.protocol}//${parsed.host}${parsed.pathname}${query}`;
}

/** Reads a URL at the public edge. @throws {TypeError} If it cannot be parsed; `code` is `ERR_INVALID_OPTION`. */
export function readUrl(action: string, input: unknown): URL {
  const url = input instanceof URL ? input : typeof input === 'string' ? URL.parse(input) : null;
  if (url) return url;
  const came = typeof input === 'string' ? 'one that cannot be parsed' : describe(input);
  throw invalidType(`Cannot ${action}: url must be an absolute URL, got ${came}`);
}

/** A host name without the brackets of an IPv6 literal. */
export function bareHost(hostname: string): string {
  return hostname.startsWith('[') ? hostname.slice(1, -1) : hostname;
}

/** Whether a canonical host name is an IPv4 or IPv6 literal. */
export function isIpHost(hostname: string): boolean {
  // A canonical host that ends in a digit label is an IPv4 address (WHATWG URL, "ends in a number checker").
  return (
    hostname.startsWith('[') ||
    /^\d+\.\d+\.\d+\.\d+$/.test(hostname) ||
    (hostname.includes(':') && !hostname.includes('.'))
  );
}
