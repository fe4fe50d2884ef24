import { invalidType } from '../util/errors.ts';

/** Where a request goes, and what its URL says about who makes it. */
export interface FetchTarget {
  readonly url: URL;
  /** `user:password` of the URL. */
  readonly user: string | undefined;
}

/**
 * Reads a URL as people type it: without a scheme it is http, as for curl.
 *
 * @throws {TypeError} If it is none; the message does not repeat it.
 */
export function readFetchTarget(input: string): FetchTarget {
  const hasScheme = /^(?:[a-z][a-z\d+.-]*:\/\/|(?:data|about|blob|file):)/i.test(input);
  const url = URL.parse(hasScheme ? input : `http://${input}`);
  if (!url || input.trim() === '')
    throw invalidType('The URL cannot be parsed; it must be as https://example.com/path');
  const { username, password } = url;
  url.username = url.password = '';
  if (username === '' && password === '') return { url, user: undefined };
  return { url, user: `${decode(username)}:${decode(password)}` };
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // URIError: a stray "%". Taken as it stands.
    return text;
  }
}
