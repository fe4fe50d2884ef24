import type { Cookie, SameSite } from './cookie.ts';
import { type CookieDraft, malformedImport } from './cookie-draft.ts';
import type { LocatedJson } from './located-json.ts';

type Fields = Readonly<Record<string, unknown>>;

/** How a JSON format calls what differs. */
interface Dialect {
  readonly expires: string;
  readonly sameSites: Readonly<Record<string, SameSite>>;
}

const storageState: Dialect = {
  expires: 'expires',
  sameSites: { None: 'no_restriction', Lax: 'lax', Strict: 'strict' },
};
const extension: Dialect = {
  expires: 'expirationDate',
  sameSites: { no_restriction: 'no_restriction', lax: 'lax', strict: 'strict', unspecified: 'unspecified' },
};

/** Whether a JSON text looks like Playwright's storage state. */
export function isStorageState(json: LocatedJson): boolean {
  return isObject(json.root) && Array.isArray(json.root['cookies']);
}

/** Reads the cookies of Playwright's `storageState`. @throws {SojournError} `ERR_IMPORT_MALFORMED`. */
export function parseStorageState(json: LocatedJson): CookieDraft[] {
  const cookies = isObject(json.root) ? json.root['cookies'] : undefined;
  if (!Array.isArray(cookies))
    throw malformedImport({ line: 1, column: 1 }, 'an object with an array "cookies" is expected');
  return cookies.map((cookie, index) => parseEntry(json, storageState, { cookie, index, list: cookies }));
}

/** Reads an array of cookies as Electron and Chrome extensions have them. @throws {SojournError} `ERR_IMPORT_MALFORMED`. */
export function parseCookieJson(json: LocatedJson): CookieDraft[] {
  const list = json.root;
  if (!Array.isArray(list)) throw malformedImport({ line: 1, column: 1 }, 'an array of cookies is expected');
  return list.map((cookie, index) => parseEntry(json, extension, { cookie, index, list }));
}

/** Writes Playwright's `storageState`, without local storage. */
export function formatStorageState(cookies: readonly Cookie[]): string {
  // Playwright has no word for "unspecified": it calls those Lax itself.
  const names: Readonly<Record<SameSite, string>> = {
    no_restriction: 'None',
    lax: 'Lax',
    strict: 'Strict',
    unspecified: 'Lax',
  };
  const entries = cookies.map(cookie => ({
    name: cookie.name,
    value: cookie.value,
    domain: dotted(cookie),
    path: cookie.path,
    expires: cookie.expiresAt === undefined ? -1 : cookie.expiresAt / 1000,
    httpOnly: cookie.httpOnly,
    secure: cookie.secure,
    sameSite: names[cookie.sameSite],
    ...(cookie.partitionKey === undefined ? {} : { partitionKey: cookie.partitionKey }),
  }));
  return `${JSON.stringify({ cookies: entries, origins: [] }, undefined, 2)}\n`;
}

/** Writes an array of cookies as Electron and Chrome extensions have them. */
export function formatCookieJson(cookies: readonly Cookie[]): string {
  const entries = cookies.map(cookie => ({
    name: cookie.name,
    value: cookie.value,
    domain: dotted(cookie),
    hostOnly: cookie.hostOnly,
    path: cookie.path,
    secure: cookie.secure,
    httpOnly: cookie.httpOnly,
    session: cookie.expiresAt === undefined,
    ...(cookie.expiresAt === undefined ? {} : { expirationDate: cookie.expiresAt / 1000 }),
    sameSite: cookie.sameSite,
    ...(cookie.partitionKey === undefined ? {} : { partitionKey: { topLevelSite: cookie.partitionKey } }),
  }));
  return `${JSON.stringify(entries, undefined, 2)}\n`;
}

function parseEntry(
  json: LocatedJson,
  dialect: Dialect,
  entry: { cookie: unknown; index: number; list: object },
): CookieDraft {
  const { cookie, index, list } = entry;
  if (!isObject(cookie)) throw malformedImport(json.position(list), `cookie ${index + 1} must be an object`);
  const position = json.position(cookie);
  const read = new FieldReader(cookie, problem => malformedImport(position, problem));
  const domain = read.string('domain');
  if (domain === '' || domain === '.') throw malformedImport(position, '"domain" must be a host name');
  const secure = read.boolean('secure') ?? false;
  const sameSite = read.oneOf('sameSite', dialect.sameSites) ?? 'unspecified';
  const expires = read.number(dialect.expires);
  return {
    name: read.string('name'),
    value: read.string('value'),
    domain: domain.startsWith('.') ? domain.slice(1) : domain,
    hostOnly: read.boolean('hostOnly') ?? !domain.startsWith('.'),
    path: read.optionalString('path') ?? '/',
    secure,
    httpOnly: read.boolean('httpOnly') ?? false,
    // Firefox and WebKit say "None" for cookies without the attribute too; Chromium would refuse one that is not Secure.
    sameSite: sameSite === 'no_restriction' && !secure ? 'unspecified' : sameSite,
    expiresAt: expires === undefined || expires < 0 ? undefined : expires * 1000,
    partitionKey: read.partitionKey(),
    position,
  };
}

/** Reads the fields of one entry. null counts as absent; no message quotes what came, which may be a secret. */
class FieldReader {
  readonly #fields: Fields;
  readonly #refuse: (problem: string) => Error;

  constructor(fields: Fields, refuse: (problem: string) => Error) {
    this.#fields = fields;
    this.#refuse = refuse;
  }

  string(key: string): string {
    const value = this.#typed<string>(key, 'string', 'a string');
    if (value === undefined) throw this.#refuse(`"${key}" is missing`);
    return value;
  }

  optionalString(key: string): string | undefined {
    return this.#typed<string>(key, 'string', 'a string');
  }

  boolean(key: string): boolean | undefined {
    return this.#typed<boolean>(key, 'boolean', 'true or false');
  }

  number(key: string): number | undefined {
    return this.#typed<number>(key, 'number', 'a number of seconds since 1970');
  }

  oneOf<T>(key: string, words: Readonly<Record<string, T>>): T | undefined {
    const word = this.optionalString(key);
    if (word === undefined) return undefined;
    if (!Object.hasOwn(words, word)) throw this.#refuse(`"${key}" must be one of ${Object.keys(words).join(', ')}`);
    return words[word];
  }

  /** A site, as Playwright has it, or an object with `topLevelSite`, as Chrome has it. */
  partitionKey(): string | undefined {
    const key = this.#fields['partitionKey'] ?? undefined;
    const site = isObject(key) ? key['topLevelSite'] : key;
    if (site === undefined || (typeof site === 'string' && URL.canParse(site))) return site;
    throw this.#refuse('"partitionKey" must be a site such as "https://example.com"');
  }

  #typed<T>(key: string, type: string, wanted: string): T | undefined {
    const value = this.#fields[key] ?? undefined;
    if (value !== undefined && typeof value !== type) throw this.#refuse(`"${key}" must be ${wanted}`);
    return value as T | undefined;
  }
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function dotted(cookie: Cookie): string {
  return cookie.hostOnly ? cookie.domain : `.${cookie.domain}`;
}
