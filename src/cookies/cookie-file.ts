import type { Cookie } from './cookie.ts';
import { type CookieDraft, malformedImport, positionOf } from './cookie-draft.ts';
import {
  formatCookieJson,
  formatStorageState,
  isStorageState,
  parseCookieJson,
  parseStorageState,
} from './cookie-json.ts';
import { formatCookiesTxt, parseCookiesTxt } from './cookies-txt.ts';
import { LocatedJson } from './located-json.ts';

/** The formats in which cookies are imported and exported. */
export const cookieFormats = ['cookies.txt', 'storageState', 'json'] as const;

export type CookieFormat = (typeof cookieFormats)[number];

/**
 * Reads cookies from a text in one of the known formats; without `format`, in the one that it looks like.
 *
 * @throws {SojournError} `ERR_IMPORT_MALFORMED`, with line and column; no message quotes a cookie's value.
 */
export function parseCookieFile(text: string, format?: CookieFormat): CookieDraft[] {
  const content = text.startsWith('\ufeff') ? text.slice(1) : text;
  if (format === 'cookies.txt' || (format === undefined && looksLikeCookiesTxt(content)))
    return parseCookiesTxt(content);
  if (format === undefined && !/^\s*[[{]/.test(content)) {
    const position = positionOf(content, content.search(/\S|$/));
    throw malformedImport(position, `this is none of the known formats (${cookieFormats.join(', ')})`);
  }
  const json = new LocatedJson(content);
  return format === 'storageState' || (format === undefined && isStorageState(json))
    ? parseStorageState(json)
    : parseCookieJson(json);
}

/** Writes cookies as a text that `parseCookieFile`, and other programs, read. */
export function formatCookieFile(cookies: readonly Cookie[], format: CookieFormat): string {
  switch (format) {
    case 'cookies.txt':
      return formatCookiesTxt(cookies);
    case 'storageState':
      return formatStorageState(cookies);
    case 'json':
      return formatCookieJson(cookies);
  }
}

/** Its comment says so, or its first line that is none has tabs. */
function looksLikeCookiesTxt(text: string): boolean {
  if (/^\s*#/.test(text)) return true;
  const firstLine = /^\s*(\S.*)$/m.exec(text)?.[1] ?? '';
  return !/^[[{]/.test(firstLine) && firstLine.includes('\t');
}
