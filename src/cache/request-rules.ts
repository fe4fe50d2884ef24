import { directiveSeconds, parseDirectives } from './directives.ts';
import { type RawHeaders, rawValue } from './raw-headers.ts';

/** fetch's cache mode. Fetch standard, "request cache mode". */
export type CacheMode = 'default' | 'no-store' | 'reload' | 'no-cache' | 'force-cache' | 'only-if-cached';

/** What a request asks of a cache. Durations are milliseconds. */
export interface RequestRules {
  readonly mode: CacheMode;
  /** The stored response may not be used at all, nor the new one stored. */
  readonly noStore: boolean;
  /** The stored response may be used after validation only. */
  readonly noCache: boolean;
  /** No request may be sent. RFC 9111 5.2.1.7. */
  readonly onlyIfCached: boolean;
  readonly maxAge: number;
  readonly minFresh: number;
  /** How stale it may be; 0: not at all. */
  readonly maxStale: number;
  readonly staleIfError: number;
}

const plainRules: Readonly<Record<CacheMode, RequestRules>> = {
  default: plain('default'),
  'no-store': plain('no-store'),
  reload: plain('reload'),
  'no-cache': plain('no-cache'),
  'force-cache': plain('force-cache'),
  'only-if-cached': plain('only-if-cached'),
};

function plain(mode: CacheMode): RequestRules {
  return {
    mode,
    noStore: mode === 'no-store',
    noCache: mode === 'no-cache' || mode === 'reload',
    onlyIfCached: mode === 'only-if-cached',
    maxAge: Number.POSITIVE_INFINITY,
    minFresh: 0,
    maxStale: 0,
    staleIfError: 0,
  };
}

/** Reads the request's own directives, RFC 9111 5.2.1 and 5.4, and joins them with the cache mode. */
export function readRequestRules(mode: CacheMode, headers: RawHeaders): RequestRules {
  const rules = plainRules[mode];
  const text = rawValue(headers, 'cache-control');
  if (text === undefined) {
    // RFC 9111 5.4: Pragma counts only where there is no Cache-Control.
    const pragma = rawValue(headers, 'pragma');
    return pragma !== undefined && parseDirectives(pragma).has('no-cache') ? { ...rules, noCache: true } : rules;
  }
  const directives = parseDirectives(text);
  const seconds = (name: string, ifInvalid: number): number => {
    const value = directiveSeconds(directives, name);
    return value === undefined || Number.isNaN(value) ? ifInvalid : value * 1000;
  };
  // RFC 9111 5.2.1.2: without a number, any staleness is accepted.
  const anyStale = directives.get('max-stale')?.value === undefined && directives.has('max-stale');
  return {
    mode,
    noStore: rules.noStore || directives.has('no-store'),
    noCache: rules.noCache || directives.has('no-cache'),
    onlyIfCached: rules.onlyIfCached || directives.has('only-if-cached'),
    // A max-age that is no number asks for a fresh answer.
    maxAge: directives.has('max-age') ? seconds('max-age', 0) : rules.maxAge,
    minFresh: seconds('min-fresh', 0),
    maxStale: anyStale ? Number.POSITIVE_INFINITY : seconds('max-stale', 0),
    staleIfError: seconds('stale-if-error', 0),
  };
}

/**
 * The request headers that go with a cache mode, where the caller did not give any; names and values in turn.
 * Fetch standard, "HTTP-network-or-cache fetch" steps 8.16 and 8.17.
 */
export function headersOfMode(mode: CacheMode, headers: RawHeaders): readonly string[] {
  const given = rawValue(headers, 'cache-control') !== undefined;
  if (mode === 'no-cache') return given ? [] : ['cache-control', 'max-age=0'];
  if (mode !== 'no-store' && mode !== 'reload') return [];
  const pragma = rawValue(headers, 'pragma') === undefined ? ['pragma', 'no-cache'] : [];
  return given ? pragma : [...pragma, 'cache-control', 'no-cache'];
}
