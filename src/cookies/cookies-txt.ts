import type { Cookie } from './cookie.ts';
import { type CookieDraft, malformedImport } from './cookie-draft.ts';

const header = '# Netscape HTTP Cookie File';
const httpOnlyMark = '#HttpOnly_';
const fieldNames = ['domain', 'include subdomains', 'path', 'secure', 'expires', 'name', 'value'] as const;

/**
 * Reads the Netscape format that curl, wget, Python and yt-dlp share.
 *
 * @throws {SojournError} `ERR_IMPORT_MALFORMED`, with line and column.
 * @see https://curl.se/docs/http-cookies.html
 */
export function parseCookiesTxt(text: string): CookieDraft[] {
  const drafts: CookieDraft[] = [];
  for (const [index, whole] of text.split('\n').entries()) {
    const line = whole.endsWith('\r') ? whole.slice(0, -1) : whole;
    const isCookie = line.startsWith(httpOnlyMark) || !line.startsWith('#');
    if (isCookie && line.trim() !== '') drafts.push(parseLine(line, index + 1));
  }
  return drafts;
}

/** Writes the Netscape format. It has no word for partitioned cookies, so those are left out. */
export function formatCookiesTxt(cookies: readonly Cookie[]): string {
  const lines = cookies.filter(cookie => cookie.partitionKey === undefined).map(formatLine);
  return `${[header, '', ...lines].join('\n')}\n`;
}

function parseLine(line: string, number: number): CookieDraft {
  const httpOnly = line.startsWith(httpOnlyMark);
  const start = httpOnly ? httpOnlyMark.length : 0;
  const fields = splitLine(line.slice(start));
  if (fields.length !== 7) {
    throw malformedImport(
      { line: number, column: 1 },
      `a cookie is 7 fields separated by tabs, this line has ${fields.length}`,
    );
  }
  const [domain, subdomains, path, secure, expires, name, value] = fields as [
    string,
    string,
    string,
    string,
    string,
    string,
    string,
  ];
  const refuse = (index: number, wanted: string): never => {
    const column = start + fields.slice(0, index).join('\t').length + (index === 0 ? 1 : 2);
    throw malformedImport({ line: number, column }, `"${fieldNames[index]}" must be ${wanted}`);
  };
  if (domain === '' || domain === '.') refuse(0, 'a host name');
  if (!path.startsWith('/')) refuse(2, 'a path');
  if (!/^-?\d*$/.test(expires)) refuse(4, 'seconds since 1970, or 0');
  return {
    name,
    value,
    domain: domain.startsWith('.') ? domain.slice(1) : domain,
    hostOnly: !(parseFlag(subdomains) ?? refuse(1, 'TRUE or FALSE')),
    path,
    secure: parseFlag(secure) ?? refuse(3, 'TRUE or FALSE'),
    httpOnly,
    sameSite: 'unspecified',
    // 0 is a session cookie; Python writes nothing at all for one, and yt-dlp -1.
    expiresAt: Number(expires) > 0 ? Number(expires) * 1000 : undefined,
    partitionKey: undefined,
    position: { line: number, column: 1 },
  };
}

function splitLine(line: string): string[] {
  const fields = line.split('\t');
  // curl leaves out an empty value, and the tab before it.
  return fields.length === 6 ? [...fields, ''] : fields;
}

function parseFlag(text: string): boolean | undefined {
  const word = text.toUpperCase();
  return word === 'TRUE' ? true : word === 'FALSE' ? false : undefined;
}

function formatLine(cookie: Cookie): string {
  const flag = (value: boolean): string => (value ? 'TRUE' : 'FALSE');
  return [
    (cookie.httpOnly ? httpOnlyMark : '') + (cookie.hostOnly ? '' : '.') + cookie.domain,
    flag(!cookie.hostOnly),
    cookie.path,
    flag(cookie.secure),
    cookie.expiresAt === undefined ? '0' : String(Math.ceil(cookie.expiresAt / 1000)),
    cookie.name,
    cookie.value,
  ].join('\t');
}
