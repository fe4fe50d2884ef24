/** What a proxy decision looks at. A `URL` is one. */
export interface ProxyTarget {
  /** `http:`, `https:`, `ws:`, `wss:`, or any other scheme with its colon. */
  readonly protocol: string;
  /** Canonical host; IPv6 in brackets. */
  readonly hostname: string;
  /** Digits; empty for the scheme's own port. */
  readonly port: string;
  /** The whole URL; only PAC reads it, and only its path and query for schemes that are not encrypted. */
  readonly href?: string;
}

const defaultPorts: Readonly<Record<string, number>> = {
  'http:': 80,
  'https:': 443,
  'ws:': 80,
  'wss:': 443,
  'ftp:': 21,
};

/** The port a connection would go to; -1 when the scheme has none. */
export function effectivePort(target: ProxyTarget): number {
  return target.port === '' ? (defaultPorts[target.protocol] ?? -1) : Number(target.port);
}
