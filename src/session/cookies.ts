import { EventEmitter } from 'node:events';
import type { Cookie, CookieChange, RefusalReason, SetResult } from '../cookies/cookie.ts';
import type { CookieRefusal, CookieStore, ImportResult, WithheldReason } from '../cookies/cookie-store.ts';
import { cookieTarget } from '../cookies/cookie-target.ts';
import { refusalText } from '../cookies/refusal-text.ts';
import type { Store } from '../storage/store.ts';
import { errorOnly, type Outcome, readCallback, settle } from '../util/callback.ts';
import { invalidType, SojournError } from '../util/errors.ts';
import { describe } from '../util/options.ts';
import { SessionEvent } from '../util/session-event.ts';
import { readUrl } from '../util/url.ts';
import {
  type CookieContextInput,
  type CookieDetailsInput,
  type CookieFilterInput,
  readCookieContext,
  readCookieDetails,
  readCookieFilter,
} from './cookie-arguments.ts';
import {
  type CookieExportInput,
  type CookieImportInput,
  readCookieExport,
  readCookieImport,
} from './cookie-file-arguments.ts';
import { type CookieObject, toCookieObject } from './cookie-object.ts';

/** What became of one Set-Cookie line. */
export interface ReceivedCookie {
  stored: boolean;
  cookie?: CookieObject;
  reason?: RefusalReason;
}

/** What `'refused'` tells of a cookie that was not stored; its value is not shown. */
export interface RefusedCookie {
  /** Host of the URL it came from. */
  host: string;
  name: string;
  reason: RefusalReason;
}

/** Which cookies a request would carry, and why not. */
export interface CookiesExplanation {
  cookies: { cookie: CookieObject; sent: boolean; reason: WithheldReason | undefined }[];
  /** The last refusals of the session, oldest first. */
  refused: RefusedCookie[];
}

/** Events of `ses.cookies`. */
export interface CookiesEvents {
  /** A cookie was added, changed or removed. Overwriting is two events: the old one removed, the new one inserted. */
  changed: [event: SessionEvent<Cookies>, cookie: CookieObject, cause: CookieChange['cause'], removed: boolean];
  /** A cookie was offered by a response or a program and not stored. */
  refused: [event: SessionEvent<Cookies>, refusal: RefusedCookie];
}

interface CookiesParts {
  /** Opens the store at the first use; throws once the session is closed. */
  readonly open: (action: string) => { readonly cookies: CookieStore; readonly store: Store };
  readonly domainMatch: () => 'subdomains' | 'host' | 'both';
}

const withResult: Outcome<CookieObject[], [error: Error | null, cookies?: CookieObject[]]> = {
  ok: cookies => [null, cookies],
  failed: error => [error],
};

const withNull: Outcome<void, [error: Error | null]> = { ok: () => [null], failed: error => [error] };

/**
 * The cookies of one session, in the forms of v0.36 and of today. Owned by Session.
 *
 * @see Electron `Class: Cookies`
 * @example Set, read, remove
 * import { session } from 'sojourn';
 * const { cookies } = session.fromPartition('cookie-example');
 * await cookies.set({ url: 'https://site.test/', name: 'theme', value: 'dark' });
 * const [cookie] = await cookies.get({ domain: 'site.test' });
 * console.assert(cookie?.value === 'dark');
 * await cookies.remove('https://site.test/', 'theme');
 */
export class Cookies extends EventEmitter<CookiesEvents> {
  readonly #parts: CookiesParts;

  /** Made by Session only. */
  constructor(parts: CookiesParts) {
    super();
    this.#parts = parts;
  }

  /**
   * The cookies that match every field of `filter`; all of them for `{}`.
   *
   * @param filter - See `CookieFilterInput`.
   * @param callback - v0.36 form: `(error, cookies)`.
   * @throws {TypeError} If a field is wrong; `code` is `ERR_INVALID_OPTION`.
   * @see Electron `cookies.get(filter)`; v0.36 `ses.cookies.get(details, callback)`
   */
  get(
    filter: CookieFilterInput,
    callback?: (error: Error | null, cookies?: CookieObject[]) => void,
  ): Promise<CookieObject[]> {
    const done = readCallback<NonNullable<typeof callback>>('get cookies', callback);
    return settle(done, withResult, () => {
      return Promise.resolve(Cookies.listOf(this, filter).map(toCookieObject));
    });
  }

  /** What `get` finds, as it is stored. Called by the command line only, which may print 100,000 of them. */
  static listOf(cookies: Cookies, filter: CookieFilterInput): Cookie[] {
    const parts = cookies.#parts;
    const read = readCookieFilter(filter, parts.domainMatch());
    return parts.open('get cookies').cookies.list(read);
  }

  /**
   * Stores a cookie, over an equivalent one if there is one. Settles when it is committed.
   *
   * @param callback - v0.36 form: `(error)`.
   * @throws {TypeError} If a field is wrong; `code` is `ERR_INVALID_OPTION`.
   * @throws {SojournError} `ERR_COOKIE_REFUSED`, in Chromium's words, if the rules of cookies do not allow it.
   * @throws {StoreError} If it could not be committed; it is kept in memory.
   * @see Electron `cookies.set(details)`; v0.36 `ses.cookies.set(details, callback)`
   */
  set(details: CookieDetailsInput, callback?: (error: Error | null) => void): Promise<void> {
    const done = readCallback<NonNullable<typeof callback>>('set a cookie', callback);
    return settle(done, withNull, () => {
      const read = readCookieDetails(details);
      const { cookies, store } = this.#parts.open('set a cookie');
      const result = cookies.set(read);
      return result.stored ? (store.committed() ?? Promise.resolve()) : Promise.reject(refused(result.reason));
    });
  }

  /**
   * Removes the cookies of that name that would be sent to that URL. Removing nothing is success.
   *
   * @throws {TypeError} If an argument is wrong; `code` is `ERR_INVALID_OPTION`.
   * @see Electron `cookies.remove(url, name)`; v0.36 `ses.cookies.remove({ url, name }, callback)`
   */
  remove(url: string, name: string, callback?: (error: Error | null) => void): Promise<void>;
  remove(details: { url: string; name: string }, callback?: (error: Error | null) => void): Promise<void>;
  remove(first: string | { url: string; name: string }, second?: unknown, third?: unknown): Promise<void> {
    const modern = typeof first === 'string';
    const done = readCallback<(error: Error | null) => void>('remove a cookie', modern ? third : second);
    return settle(done, withNull, () => {
      const { url, name } = modern ? { url: first, name: second } : readRemoval(first);
      if (typeof name !== 'string')
        throw invalidType(`Cannot remove a cookie: name must be a string, got ${describe(name)}`);
      const target = cookieTarget(readUrl('remove a cookie', url));
      const { cookies, store } = this.#parts.open('remove a cookie');
      cookies.remove(target, name);
      return store.committed() ?? Promise.resolve();
    });
  }

  /**
   * Forces what is stored to the disk itself, so that it survives a power cut too.
   *
   * @throws {StoreError} If the disk refuses.
   * @see Electron `cookies.flushStore()`
   */
  flushStore(callback?: (error?: Error) => void): Promise<void> {
    const done = readCallback<NonNullable<typeof callback>>('flush the cookie store', callback);
    return settle(done, errorOnly, () => this.#parts.open('flush the cookie store').store.flush());
  }

  /**
   * The Cookie header that a request to `url` would carry; `''` when none.
   *
   * For code that brings its own HTTP; not to be written to a log.
   *
   * @param context - On whose behalf; by default the URL's own site.
   * @throws {TypeError} If an argument is wrong; `code` is `ERR_INVALID_OPTION`.
   * @see RFC 6265bis 5.8.3
   */
  header(url: string | URL, context?: CookieContextInput): string {
    const parsed = readUrl('make a Cookie header', url);
    const read = readCookieContext('make a Cookie header', parsed, context);
    return this.#parts.open('make a Cookie header').cookies.header(cookieTarget(parsed), read);
  }

  /**
   * Takes the Set-Cookie lines of a response from `url`. Settles when they are committed.
   *
   * @returns One result a line, in order.
   * @throws {TypeError} If an argument is wrong; `code` is `ERR_INVALID_OPTION`.
   * @see RFC 6265bis 5.7
   */
  async receive(
    url: string | URL,
    setCookieLines: string | readonly string[],
    context?: CookieContextInput,
  ): Promise<ReceivedCookie[]> {
    const parsed = readUrl('receive cookies', url);
    const lines = typeof setCookieLines === 'string' ? [setCookieLines] : setCookieLines;
    if (!Array.isArray(lines) || !lines.every(line => typeof line === 'string')) {
      throw invalidType('Cannot receive cookies: setCookieLines must be a string or an array of strings');
    }
    const read = readCookieContext('receive cookies', parsed, context);
    const { cookies, store } = this.#parts.open('receive cookies');
    const results = cookies.receive(cookieTarget(parsed), lines, read);
    await store.committed();
    return results.map(toReceived);
  }

  /**
   * For every stored cookie of the URL's site: whether a request to it would carry the cookie, and if not why; and the
   * last 100 refusals of the session.
   *
   * @param context - On whose behalf; by default the URL's own site.
   * @throws {TypeError} If an argument is wrong; `code` is `ERR_INVALID_OPTION`.
   * @example Why a cookie is not sent
   * import { session } from 'sojourn';
   * const { cookies } = session.fromPartition('explain-example');
   * await cookies.set({ url: 'https://site.test/', name: 'id', value: '1', secure: true });
   * const { cookies: [first] } = cookies.explain('http://site.test/');
   * console.assert(first?.sent === false && first.reason === 'secure-only');
   */
  explain(url: string | URL, context?: CookieContextInput): CookiesExplanation {
    const parsed = readUrl('explain cookies', url);
    const read = readCookieContext('explain cookies', parsed, context);
    const { cookies } = this.#parts.open('explain cookies');
    const explained = cookies.explain(cookieTarget(parsed), read).map(({ cookie, withheld }) => ({
      cookie: toCookieObject(cookie),
      sent: withheld === undefined,
      reason: withheld,
    }));
    return {
      cookies: explained,
      refused: cookies.lastRefusals.map(({ host, name, reason }) => ({ host, name, reason })),
    };
  }

  /**
   * All cookies as text that other programs read. It holds logins: keep it as you keep passwords.
   *
   * @param options - `format`: `'cookies.txt'` (curl, yt-dlp; default), `'storageState'` (Playwright) or `'json'`
   *   (browser extensions, Electron). `filter`: as in `get`; default all.
   * @throws {TypeError} If an option is wrong; `code` is `ERR_INVALID_OPTION`.
   */
  async export(options?: CookieExportInput): Promise<string> {
    const { format, filter } = readCookieExport(options);
    const { cookies } = this.#parts.open('export cookies');
    const { formatCookieFile } = await import('../cookies/cookie-file.ts');
    return formatCookieFile(cookies.list(readCookieFilter(filter, this.#parts.domainMatch())), format);
  }

  /**
   * Takes in cookies from text: all of it, or nothing when a line is bad. Settles when it is committed.
   *
   * @param options - `format`: default is what the text looks like. `mode`: `'merge'` (default) adds and overwrites,
   *   `'replace-sites'` also removes what else the text's sites have. `dryRun`: only count; default false.
   * @returns How many cookies were added, replaced, removed, and left out because they had expired.
   * @throws {SojournError} `ERR_IMPORT_MALFORMED`, naming line and column. @throws {TypeError} If an option is wrong.
   */
  async import(text: string, options?: CookieImportInput): Promise<ImportResult> {
    const { format, ...how } = readCookieImport(text, options);
    const { cookies, store } = this.#parts.open('import cookies');
    const { parseCookieFile } = await import('../cookies/cookie-file.ts');
    const result = cookies.importCookies(parseCookieFile(text, format), how);
    await store.committed();
    return result;
  }

  /** Passes on what the store says; called by Session when it opens the store. */
  listen(cookies: CookieStore): void {
    cookies.onChange = ({ cookie, cause, removed }: CookieChange) => {
      if (this.listenerCount('changed') === 0) return;
      this.emit('changed', new SessionEvent(this), toCookieObject(cookie), cause, removed);
    };
    cookies.onRefused = ({ host, name, reason }: CookieRefusal) => {
      if (this.listenerCount('refused') > 0) this.emit('refused', new SessionEvent(this), { host, name, reason });
    };
  }
}

function readRemoval(input: unknown): { url: unknown; name: unknown } {
  if (typeof input === 'object' && input !== null) return input as { url: unknown; name: unknown };
  throw invalidType(`Cannot remove a cookie: url must be a string, got ${describe(input)}`);
}

function toReceived(result: SetResult): ReceivedCookie {
  return result.stored
    ? { stored: true, cookie: toCookieObject(result.cookie) }
    : { stored: false, reason: result.reason };
}

function refused(reason: RefusalReason): SojournError {
  return new SojournError('ERR_COOKIE_REFUSED', `Failed to set cookie - ${refusalText(reason)}`);
}
