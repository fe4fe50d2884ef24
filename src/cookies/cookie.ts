/** SameSite as it was set; `unspecified` is enforced as Lax (RFC 6265bis 5.7.7, Chromium's default). */
export type SameSite = 'unspecified' | 'no_restriction' | 'lax' | 'strict';

/**
 * One stored cookie. Never changed after it was made: an update is a new object.
 *
 * Times are milliseconds since the epoch. `domain` has no leading dot; `hostOnly` says which hosts it goes to.
 */
export interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly domain: string;
  readonly hostOnly: boolean;
  readonly path: string;
  readonly secure: boolean;
  readonly httpOnly: boolean;
  readonly sameSite: SameSite;
  /** undefined: a session cookie. */
  readonly expiresAt: number | undefined;
  readonly createdAt: number;
  /** Changed by look-ups, at a minute's grain, without being committed at once. */
  lastAccessedAt: number;
  /** The top-level site it is partitioned by (CHIPS), as `https://example.com`; undefined when unpartitioned. */
  readonly partitionKey: string | undefined;
  /** The scheme it was set from. */
  readonly sourceScheme: 'secure' | 'non-secure';
}

/** Who makes a request, as far as SameSite and partitioned cookies care. */
export interface CookieContext {
  /**
   * `same-site-strict`: made by the site itself; `same-site-lax`: a cross-site top-level navigation with a safe method;
   * `same-site-lax-unsafe`: the same with an unsafe method; `cross-site`: anything else.
   */
  readonly sameSite: 'same-site-strict' | 'same-site-lax' | 'same-site-lax-unsafe' | 'cross-site';
  /** The top-level site, `https://example.com`; the key of partitioned cookies. */
  readonly topLevelSite: string;
  /** false for scripts' access (`document.cookie`): HttpOnly cookies are then neither read nor written. */
  readonly http: boolean;
}

/** What a request or a response is about, as far as cookies care; a RequestJob is one. */
export interface CookieTarget {
  /** `http:`, `https:`, `ws:` or `wss:`. */
  readonly protocol: string;
  /** Canonical host, IPv6 in brackets, without the port. */
  readonly hostname: string;
  /** Begins with `/`; a query is ignored. */
  readonly path: string;
}

/** Why a cookie was not stored; see `refusalText` for Chromium's words. */
export type RefusalReason =
  | 'empty'
  | 'too-long'
  | 'attribute-too-long'
  | 'path'
  | 'control-character'
  | 'domain-mismatch'
  | 'public-suffix'
  | 'prefix'
  /** No name, and a `=` in the value: servers would read it back as another cookie. */
  | 'ambiguous-name'
  | 'secure-only'
  | 'secure-overwrite'
  | 'same-site-none-insecure'
  | 'same-site-context'
  | 'http-only'
  | 'http-only-overwrite'
  | 'partitioned-insecure'
  | 'partitioned-without-site'
  | 'unsupported-scheme'
  | 'too-many';

/** What became of one cookie that was offered. */
export type SetResult =
  | { readonly stored: true; readonly cookie: Cookie }
  | { readonly stored: false; readonly reason: RefusalReason };

/** Causes of a change, as in Electron's `changed` event. */
export type ChangeCause =
  | 'inserted'
  | 'inserted-no-change-overwrite'
  | 'inserted-no-value-change-overwrite'
  | 'explicit'
  | 'overwrite'
  | 'expired'
  | 'evicted'
  | 'expired-overwrite';

/** One change of the store. */
export interface CookieChange {
  readonly cookie: Cookie;
  readonly cause: ChangeCause;
  readonly removed: boolean;
}
