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
  const shown = {
    name: cookie.name,
    value: cookie.value,
    domain: cookie.hostOnly ? cookie.domain : `.${cookie.domain}`,
    hostOnly: cookie.hostOnly,
    path: cookie.path,
    secure: cookie.secure,
    httpOnly: cookie.httpOnly,
    session: cookie.expiresAt === undefined,
    ...(cookie.expiresAt === undefined ? undefined : { expirationDate: cookie.expiresAt / 1000 }),
    sameSite: cookie.sameSite,
  };
  Object.defineProperties(shown, {
    host_only: { value: cookie.hostOnly },
    http_only: { value: cookie.httpOnly },
    partitionKey: { value: cookie.partitionKey },
  });
  return shown as CookieObject;
}
