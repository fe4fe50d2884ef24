/** One challenge of a WWW-Authenticate or Proxy-Authenticate header. */
export interface Challenge {
  /** In lower case. */
  readonly scheme: string;
  /** The single token that schemes like Negotiate have instead of parameters. */
  readonly token68: string | undefined;
  /** By name in lower case; of a name that comes twice, the first. Values are unquoted. */
  readonly params: ReadonlyMap<string, string>;
}

// A server has no reason to offer more.
const maxChallenges = 32;

const separator = /[\s,]*/y;
const token = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y;
const token68 = /[ \t]+([0-9A-Za-z._~+/-]+=*)[ \t]*(?=,|$)/y;
// An unquoted value may hold more than a token may, and a quote may be left open: servers are like that.
const param = /([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)(?:"|$)|([^\s,"]*))/y;

/**
 * Reads the challenges of a header that may have come several times, in the server's order. What cannot be read is left
 * out.
 *
 * @see RFC 9110 11.3, 11.6.1
 */
export function parseChallenges(headers: readonly string[]): Challenge[] {
  return headers.flatMap(parseOne).slice(0, maxChallenges);
}

// Commas part both challenges and parameters: a token with "=" behind it is a parameter, any other begins a challenge.
function parseOne(header: string): Challenge[] {
  const challenges: Challenge[] = [];
  let params = new Map<string, string>();
  let at = 0;
  const take = (pattern: RegExp): RegExpExecArray | null => {
    pattern.lastIndex = at;
    const match = pattern.exec(header);
    if (match) at = pattern.lastIndex;
    return match;
  };
  while (take(separator) && at < header.length) {
    const pair = take(param);
    if (pair) {
      const name = pair[1]!.toLowerCase();
      if (!params.has(name)) params.set(name, pair[2]?.replaceAll(/\\(.)/g, '$1') ?? pair[3] ?? '');
      continue;
    }
    const scheme = take(token)?.[0].toLowerCase();
    if (scheme === undefined) break;
    params = new Map();
    challenges.push({ scheme, token68: take(token68)?.[1], params });
  }
  return challenges;
}
