import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from 'vitest';
import { sanitizePacUrl } from '../../src/proxy/pac-url.ts';
import { parsePacResult, toPacString, tryParsePacElement } from '../../src/proxy/pac-result.ts';
import { ParkedProxies } from '../../src/proxy/parked-proxies.ts';
import { findBypass, parseBypassRules, tryParseBypassRule } from '../../src/proxy/proxy-bypass.ts';
import { finalProxyError, shouldTryNext } from '../../src/proxy/proxy-fallback.ts';
import { parseProxyRules, selectProxies } from '../../src/proxy/proxy-rules.ts';
import { tryParseProxyServer, type ProxyScheme } from '../../src/proxy/proxy-server.ts';
import { ManualClock } from '../../src/util/testing/manual-clock.ts';
import type { NetErrorCode } from '../../src/util/errors.ts';
import { loadVectors } from '../vectors.ts';
import { proxyDeviations } from './proxy-deviations.ts';

interface Row {
  readonly id: string;
  readonly kind: string;
  readonly input: Readonly<Record<string, string>>;
  readonly expected: unknown;
  readonly whatwgInvalidUrl?: boolean;
}

const loaded = loadVectors('proxy-vectors') as readonly Row[] | undefined;
const rows = (loaded ?? []).filter(row => row.kind !== 'pac.function');
const calls = (loaded ?? []).filter(row => row.kind === 'pac.function');

const answers: Readonly<Record<string, (input: Row['input'], expected: unknown) => unknown>> = {
  'proxyServer.uri': (input, expected) => {
    const proxy = tryParseProxyServer(input['uri']!, input['defaultScheme'] as ProxyScheme);
    if (!proxy) return null;
    const { scheme, host, port } = proxy;
    return only(expected, { uri: proxy.toUri(), scheme, host, port, pac: proxy.toPacElement() });
  },
  'proxyRules.parse': input => {
    const rules = parseProxyRules(input['proxyRules']!);
    const type = { empty: 'empty', single: 'proxy_list', 'per-scheme': 'proxy_list_per_scheme' }[rules.type];
    const { single, http, https, ftp, socks } = rules;
    const texts = [single, http, https, ftp, socks].map(list => (list.length > 0 ? toPacString(list) : null));
    return { type, single: texts[0], http: texts[1], https: texts[2], ftp: texts[3], fallback: texts[4] };
  },
  'proxyRules.resolve': input => {
    const url = new URL(input['url']!);
    const selected = selectProxies(parseProxyRules(input['proxyRules']!), url.protocol);
    const isBypassed = findBypass(parseBypassRules(input['proxyBypassRules']!), url) !== undefined;
    return selected && !isBypassed ? toPacString(selected.list) : 'DIRECT';
  },
  'bypass.match': input =>
    findBypass(parseBypassRules(input['proxyBypassRules']!), new URL(input['url']!)) !== undefined,
  'bypass.ruleMatch': input => tryParseBypassRule(input['rule']!)?.evaluate(new URL(input['url']!)) === 'include',
  'bypass.ruleValid': input => tryParseBypassRule(input['rule']!) !== undefined,
  'bypass.count': input => parseBypassRules(input['rules']!).rules.length,
  'bypass.canonical': input => parseBypassRules(input['rules']!).rules[Number(input['index'])]?.text,
  'pac.element': input => {
    const proxy = tryParsePacElement(Object.values(input)[0]!);
    return proxy ? { uri: proxy.toUri() } : null;
  },
  'pac.string': input => toPacString(parsePacResult(Object.values(input)[0]!)),
  'pac.sanitizedUrl': input => sanitizePacUrl(new URL(Object.values(input)[0]!)),
  'fallback.order': input => {
    const parked = new ParkedProxies(new ManualClock());
    for (const uri of input['bad'] as unknown as string[]) parked.park(tryParseProxyServer(uri)!);
    return toPacString(parked.order(parsePacResult(input['pac']!)));
  },
  'fallback.error': (input, expected) => {
    const error = Object.values(input)[0] as NetErrorCode;
    return only(expected, { next: shouldTryNext(error), reportedAs: finalProxyError(error) });
  },
};

/** The fields of `all` that the row speaks of. */
function only(expected: unknown, all: object): object {
  return Object.fromEntries(Object.entries(all).filter(([key]) => key in ((expected as object | null) ?? all)));
}

describe.skipIf(!loaded)('proxy-vectors.json', () => {
  test.each(rows)('$id $input', row => {
    // A URL that WHATWG parsing refuses cannot become a request, and is matched by nothing.
    const isUrl = !row.whatwgInvalidUrl || URL.canParse(row.input['url']!);
    const answer = isUrl ? answers[row.kind]!(row.input, row.expected) : false;
    const deviation = proxyDeviations.find(({ matches }) => matches(row));
    const isAsExpected = isDeepStrictEqual(answer, row.expected);
    expect(isAsExpected, `${deviation?.reason ?? ''} got ${JSON.stringify(answer)}`).toBe(deviation === undefined);
  });
});

// The time zone is the process's, so each zone has a process of its own. Rows of local time alone hold in any zone.
const zones = [
  { zone: 'UTC', has: (now: string) => !now.startsWith('local') },
  { zone: 'Asia/Kolkata', has: (now: string) => now.startsWith('local') },
];

describe.each(zones)('the helpers of PAC scripts in time zone $zone', ({ zone, has }) => {
  const inZone = calls.filter(({ input }) => has(input['now'] ?? ''));
  const results = inZone.length > 0 ? callHelpers(zone, inZone) : [];

  test.skipIf(inZone.length === 0)('are all called', () => {
    expect(results).toHaveLength(inZone.length);
  });

  test.each(inZone.map((row, index) => ({ ...row, index })))('$id $input', ({ index, expected }) => {
    expect(results[index]).toEqual(expected);
  });
});

function callHelpers(zone: string, list: readonly Row[]): readonly unknown[] {
  const program = fileURLToPath(new URL('../fixtures/call-pac-helpers.ts', import.meta.url));
  const input = JSON.stringify(list.map(({ input: { fn, args, now } }) => ({ fn, args, now: instant(now) })));
  const env = { ...process.env, TZ: zone };
  const output = execFileSync(process.execPath, [program], { input, env, encoding: 'utf8', timeout: 30_000 });
  return JSON.parse(output) as unknown[];
}

/** Milliseconds since the epoch; the rows that speak of local time and UTC mean India, 5:30 ahead. */
function instant(now: string | undefined): number {
  if (now === 'local 01:24:30, UTC 19:54:30') return Date.UTC(2026, 2, 3, 19, 54, 30);
  // A Saturday morning there, Friday evening in UTC.
  if (now === 'local SAT, UTC FRI') return Date.UTC(2026, 2, 6, 19, 54, 30);
  return Date.parse(now === undefined || now.endsWith('GMT') ? (now ?? '2026-01-01') : `${now} GMT`);
}
