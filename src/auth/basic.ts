import type { Credentials } from './credentials.ts';

/** The value of an Authorization header. The text is UTF-8, as in every browser. @see RFC 7617 2 */
export function basicAuthorization({ username, password }: Credentials): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
