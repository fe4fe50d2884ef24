import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { HttpCache } from '../cache/http-cache.ts';
import type { Cookie } from '../cookies/cookie.ts';
import type { CookieStore } from '../cookies/cookie-store.ts';
import { domainMatches } from '../cookies/cookie-domain.ts';
import type { Store } from '../storage/store.ts';
import { StateError } from '../util/errors.ts';
import { siteOfHost, siteOfUrl } from '../util/site.ts';
import type { DataToClear } from './data-to-clear.ts';

interface Holders {
  readonly cookies: CookieStore;
  /** undefined: the session caches nothing. */
  readonly cache: HttpCache | undefined;
  readonly store: Store;
}

/**
 * Clears what a session keeps, by its own rules. Settles when that is committed.
 *
 * @throws {StateError} ERR_NO_BROWSER, when there is a browser's profile with what is to be cleared, and no browser.
 */
export async function clearData(what: DataToClear, { cookies, cache, store }: Holders): Promise<void> {
  // Before anything is changed.
  if (what.webStorage.length > 0) refuseProfile(store.directory);
  const { origins } = what;
  if (what.cookies) cookies.delete(origins ? cookiesOf(what, origins) : () => true);
  if (what.cache && cache) {
    if (origins) cache.deleteWhere(responsesOf(what, origins));
    else cache.clear();
  }
  await Promise.all([store.committed(), cache?.committed()]);
}

/** Local storage, IndexedDB and the like lie in the profile of a browser; without a profile there are none. */
function refuseProfile(directory: string | undefined): void {
  if (directory === undefined || !existsSync(join(directory, 'chromium'))) return;
  throw new StateError(
    'ERR_NO_BROWSER',
    'Cannot clear web storage: the partition has a browser profile, and no browser is there to clear it',
  );
}

type Origins = NonNullable<DataToClear['origins']>;

/** Cookies that the origins' hosts would be sent (`clearStorageData`), or that belong to their sites (`clearData`). */
function cookiesOf({ bySite }: DataToClear, { listed, kept }: Origins): (cookie: Cookie) => boolean {
  const sites = new Set(listed.map(({ hostname }) => siteOfHost(hostname)));
  const isListed = (cookie: Cookie): boolean =>
    bySite ? sites.has(siteOfHost(cookie.domain)) : listed.some(({ hostname }) => domainMatches(cookie, hostname));
  return cookie => isListed(cookie) !== kept;
}

function responsesOf(
  { thirdParties }: DataToClear,
  { listed, kept }: Origins,
): (origin: string, partition: string) => boolean {
  const origins = new Set(listed.map(({ origin }) => origin));
  const sites = new Set(listed.map(siteOfUrl));
  return (origin, partition) => (origins.has(origin) || (thirdParties && sites.has(partition))) !== kept;
}
