/** User name and password of a URL, decoded. */
export interface Userinfo {
  readonly username: string;
  readonly password: string;
}

/** Takes user name and password out of a URL; undefined when it has none. */
export function takeUserinfo(url: URL): Userinfo | undefined {
  const { username, password } = url;
  url.username = url.password = '';
  if (username === '') return undefined;
  return { username: percentDecode(username), password: percentDecode(password) };
}

/** URL standard, "percent-decode": what is no escape stays as it is. */
function percentDecode(text: string): string {
  const bytes = text.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}
