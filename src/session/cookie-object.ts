import type { Cookie, SameSite } from '../cookies/cookie.ts';

/** A cookie as Electron shows it. */
export interface CookieObject {
  name: string;
  value: string;
  /** With a leading dot unless `hostOnly`. */
  domain: string;
  hostOnly: boolean;
  path: string;
  secure: boolean;
  httpOnly: boolean;
  /** Whether it is a session cookie. */
  session: boolean;
  /** Seconds since the UNIX epoch; absent for session cookies. */
  expirationDate?: number;
  sameSite: SameSite;
  /** v0.36's name of `hostOnly`; not enumerable. */
  readonly host_only: boolean;
  /** v0.36's name of `httpOnly`; not enumerable. */
  readonly http_only: boolean;
  /** The top-level site of a partitioned cookie; not enumerable. */
  readonly partitionKey: string | undefined;
}

/** The public form of a stored cookie; the two eras' enumerable names are told apart as `electron-api` specs need. */
export function toCookieObject(cookie: Cookie): CookieObject {
  const { name, value, path, secure, httpOnly, sameSite, hostOnly, expiresAt } = cookie;
  const domain = hostOnly ? cookie.domain : `.${cookie.domain}`;
  // Two literals and three definitions cost a fifth of a spread and `defineProperties`: there may be 100,000 of them.
  const shown =
    expiresAt === undefined
      ? { name, value, domain, hostOnly, path, secure, httpOnly, session: true, sameSite }
      : {
          name,
          value,
          domain,
          hostOnly,
          path,
          secure,
          httpOnly,
          session: false,
          expirationDate: expiresAt / 1000,
          sameSite,
        };
  Object.defineProperty(shown, 'host_only', { value: hostOnly });
  Object.defineProperty(shown, 'http_only', { value: httpOnly });
  Object.defineProperty(shown, 'partitionKey', { value: cookie.partitionKey });
  return shown as CookieObject;
}
