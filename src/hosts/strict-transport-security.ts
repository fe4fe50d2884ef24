/** What a Strict-Transport-Security header says. */
export interface StrictTransportSecurity {
  /** 0: forget the host. Never more than a year, as in Chromium. */
  readonly maxAgeSeconds: number;
  readonly includeSubdomains: boolean;
}

// Chromium net/http/http_security_headers.h, kMaxHSTSAgeSecs
const maxMaxAgeSeconds = 365 * 86_400;

// RFC 6797 6.1: [ directive ] *( ";" [ directive ] ), directive = token [ "=" ( token | quoted-string ) ]
const token = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
const directive = new RegExp(
  `[ \\t]*(?:(${token})[ \\t]*(?:=[ \\t]*(${token}|"(?:[^"\\\\]|\\\\.)*"))?)?[ \\t]*(?:;|$)`,
  'y',
);

/** Reads a Strict-Transport-Security header; undefined if it does not conform and must be ignored. @see RFC 6797 6.1 */
export function tryParseStrictTransportSecurity(header: string): StrictTransportSecurity | undefined {
  const values = new Map<string, string | undefined>();
  directive.lastIndex = 0;
  while (directive.lastIndex < header.length) {
    const match = directive.exec(header);
    if (!match) return undefined; // 6.1 rule 4: other syntax
    const name = match[1]?.toLowerCase();
    if (name === undefined) continue;
    // 6.1 rule 2: each directive once. As Chromium, only for those that mean something to us.
    if (isKnown(name) && values.has(name)) return undefined;
    values.set(name, match[2]);
  }
  const maxAge = unquote(values.get('max-age') ?? '');
  if (!/^\d+$/.test(maxAge)) return undefined; // 6.1.1: required, whole seconds
  if (values.get('includesubdomains') !== undefined) return undefined; // 6.1.2: valueless
  return {
    maxAgeSeconds: Math.min(Number(maxAge), maxMaxAgeSeconds),
    includeSubdomains: values.has('includesubdomains'),
  };
}

function isKnown(name: string): boolean {
  return name === 'max-age' || name === 'includesubdomains';
}

function unquote(value: string): string {
  return value.startsWith('"') ? value.slice(1, -1).replaceAll(/\\(.)/g, '$1') : value;
}
