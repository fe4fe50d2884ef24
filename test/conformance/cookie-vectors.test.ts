import { Buffer } from 'node:buffer';
import { describe, expect, test } from 'vitest';
import type { CookieContext } from '../../src/cookies/cookie.ts';
import { parseCookieDate } from '../../src/cookies/cookie-date.ts';
import { cookieDomain } from '../../src/cookies/cookie-domain.ts';
import { defaultPath } from '../../src/cookies/cookie-path.ts';
import { CookieStore } from '../../src/cookies/cookie-store.ts';
import { cookieTarget } from '../../src/cookies/cookie-target.ts';
import { parseSetCookie } from '../../src/cookies/set-cookie.ts';
import { MemoryStore } from '../../src/storage/memory/memory-store.ts';
import { registrableDomain, siteOfUrl } from '../../src/util/site.ts';
import { ManualClock } from '../../src/util/testing/manual-clock.ts';
import { isIpHost } from '../../src/util/url.ts';
import { loadVectors } from '../vectors.ts';
import { cookieDeviations } from './cookie-deviations.ts';

interface Row {
  readonly set: string;
  readonly kind: string;
  readonly id: string;
  readonly input: never;
  readonly expected: never;
  readonly chromium156?: {
    readonly header?: string;
    readonly documentCookie?: string;
    readonly stored?: readonly Readonly<Record<string, unknown>>[];
    readonly agrees: boolean;
  };
}

interface Exchange {
  readonly url: string;
  readonly setCookie: readonly string[];
  readonly sendTo: string;
}

const runs: Readonly<Record<string, (row: Row) => void>> = {
  'setcookie-roundtrip': exchange,
  'setcookie-http': exchange,
  'setcookie-redirect': exchange,
  'setcookie-prefix': exchange,
  'cookie-dom': domExchange,
  'set-cookie-parse': parse,
  'set-cookie-create': create,
  'cookie-date': date,
  'domain-and-type': domainAndType,
  'default-path': ({ input, expected }) => expect(defaultPath(input)).toBe(expected),
  'canonical-host': ({ input, expected }) => expect(hostOf(input) ?? 'error').toBe(expected),
  'is-ip': ({ input, expected }) => expect(isIpHost(input)).toBe(expected),
  'registrable-domain': ({ input, expected }) => {
    const host = hostOf(input);
    const wanted = hostOf(expected);
    expect(host === undefined ? undefined : registrableDomain(host)).toBe(wanted);
  },
};

/** The canonical form of a host, by way of a URL. */
function hostOf(text: string | null): string | undefined {
  return text === null ? undefined : URL.parse(`http://${text}`)?.hostname;
}

const rows = loadVectors('cookie-vectors') as readonly Row[] | undefined;

describe.skipIf(!rows)('cookie-vectors.json', () => {
  const single = (rows ?? []).filter(row => row.kind !== 'jar-scenario');
  const play = (row: Row): void => {
    const run = runs[row.kind];
    if (!run) throw new Error(`a kind of row that no test knows: ${row.kind}`);
    run(row);
  };
  const cases = (differing: boolean): [string, Row][] =>
    single.filter(row => row.id in cookieDeviations === differing).map(row => [row.id, row]);
  test.each(cases(false))('%s', (_, row) => play(row));
  test.each(cases(true))('%s differs', { fails: true }, (_, row) => play(row));
  test.each([...scenarios()])('%s', (_, scenario) => playScenario(scenario));
});

const chromiumRecordedAt = Date.UTC(2026, 10, 23);

function newStore(now: number): { store: CookieStore; clock: ManualClock } {
  const clock = new ManualClock(now);
  const limits = { perSite: 180, total: 3300 };
  const records = new MemoryStore().records<never>('cookies');
  return { store: new CookieStore({ records, clock, limits, keepSessionCookies: true }), clock };
}

function contextOf(url: URL, http = true): CookieContext {
  return { sameSite: 'same-site-strict', topLevelSite: siteOfUrl(url), http };
}

/** A text as the bytes of a header line. */
function wire(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

function unwire(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

function exchange({ input, expected, chromium156 }: Row): void {
  const { url, setCookie, sendTo } = input as Exchange;
  const { store } = newStore(chromiumRecordedAt);
  store.receive(cookieTarget(new URL(url)), setCookie.map(wire), contextOf(new URL(url)));
  const header = store.header(cookieTarget(new URL(sendTo)), contextOf(new URL(sendTo)));
  expect(unwire(header)).toBe(chromium156?.header ?? (expected as { header: string }).header);
}

function domExchange({ id, input, expected, chromium156 }: Row): void {
  const { url, setCookie } = input as Exchange;
  const { store } = newStore(chromiumRecordedAt);
  // Written and read by the script of the test's own page.
  const page = new URL(`/cookies/${/^wpt\/(.+)#/.exec(id)?.[1]}`, url);
  store.receive(cookieTarget(page), setCookie.map(wire), contextOf(page, false));
  const seen = store.header(cookieTarget(page), contextOf(page, false));
  expect(unwire(seen)).toBe(chromium156?.documentCookie ?? (expected as { header: string }).header);
}

function parse({ input, expected }: Row): void {
  const wanted = expected as Record<string, unknown>;
  const parsed = parseSetCookie((input as { setCookie: string }).setCookie);
  if (wanted['valid'] === false) return expect(parsed).toBeTypeOf('string');
  if (typeof parsed === 'string') throw new Error(`refused: ${parsed}`);
  const sameSite = {
    unspecified: 'UNSPECIFIED',
    no_restriction: 'NO_RESTRICTION',
    lax: 'LAX_MODE',
    strict: 'STRICT_MODE',
  };
  const ours: Record<string, unknown> = {
    ...parsed,
    valid: true,
    sameSite: sameSite[parsed.sameSite],
    hasPath: parsed.path !== undefined,
    hasDomain: parsed.domain !== undefined,
    hasExpires: parsed.expires !== undefined,
    hasMaxAge: parsed.maxAge !== undefined,
  };
  // Chromium's Priority attribute is not modelled; `attributes` counts unknown ones too.
  const { priority: _, attributes: __, ...compared } = wanted;
  for (const [field, value] of Object.entries(compared)) expect(ours[field], field).toEqual(value);
}

function create({ input, expected, chromium156 }: Row): void {
  const { url, setCookie } = input as { url: string; setCookie: string };
  const parsed = URL.parse(url);
  const { store } = newStore(chromiumRecordedAt);
  if (parsed) store.receive(cookieTarget(parsed), [wire(setCookie)], contextOf(parsed));
  const stored = store.list({});
  if (chromium156?.stored) {
    const seen = stored.map(cookie => ({
      name: cookie.name,
      value: cookie.value,
      domain: cookie.hostOnly ? cookie.domain : `.${cookie.domain}`,
      path: cookie.path,
      secure: cookie.secure,
      httpOnly: cookie.httpOnly,
      session: cookie.expiresAt === undefined,
    }));
    expect(seen).toEqual(chromium156.stored);
    if (!chromium156.agrees) return;
  }
  const wanted = expected as { created?: boolean; sameSite?: string; partitioned?: boolean };
  if (wanted.created !== undefined) expect(stored.length).toBe(wanted.created ? 1 : 0);
  const partitioned = stored[0]?.partitionKey !== undefined;
  if (wanted.partitioned !== undefined && stored[0]) expect(partitioned).toBe(wanted.partitioned);
  const sameSite = {
    UNSPECIFIED: 'unspecified',
    NO_RESTRICTION: 'no_restriction',
    LAX_MODE: 'lax',
    STRICT_MODE: 'strict',
  };
  if (wanted.sameSite !== undefined) expect(stored[0]?.sameSite).toBe(sameSite[wanted.sameSite as 'LAX_MODE']);
}

function date({ input, expected }: Row): void {
  const ms = parseCookieDate((input as { date: string }).date);
  if (expected === null) return expect(ms).toBeUndefined();
  if (expected === '>2038-01-01') return expect(ms).toBeGreaterThan(Date.UTC(2038, 0, 1));
  expect(ms).toBe(typeof expected === 'number' ? expected * 1000 : Date.parse(expected));
}

function domainAndType({ input, expected }: Row): void {
  const { host, domainAttribute } = input as { host: string; domainAttribute: string };
  const domain = cookieDomain(host, domainAttribute);
  if ((expected as { rejected?: string }).rejected) expect(domain).toBeTypeOf('string');
  else expect(domain).toEqual(expected);
}

interface ScenarioRow extends Row {
  readonly input: never;
}

/** Go's scenarios; those that go on where the one before ended are played together. */
function scenarios(): Map<string, ScenarioRow[]> {
  const found = new Map<string, ScenarioRow[]>();
  for (const row of rows ?? []) {
    if (row.kind !== 'jar-scenario') continue;
    const [, scenarioName, index] = /^go\/(\w+)\/(\d+)$/.exec(row.id) ?? [];
    const { continuesPrevious } = row.input as { continuesPrevious?: boolean };
    const together = continuesPrevious !== undefined || scenarioName === 'chromiumDomainTests';
    const name = together ? `go/${scenarioName}` : `go/${scenarioName}/${index}`;
    const scenario = found.get(name) ?? [];
    found.set(name, [...scenario, row]);
  }
  return found;
}

function playScenario(scenario: readonly ScenarioRow[]): void {
  let { store, clock } = newStore(0);
  let next = indexOf(scenario[0]!);
  for (const row of scenario) {
    // The vectors are a sample: what builds on a row that is not in it cannot be played.
    if (indexOf(row) !== next) return;
    next++;
    const { now, url, setCookie, queries, continuesPrevious } = row.input as {
      now: string;
      url: string;
      setCookie: readonly string[];
      queries: readonly string[];
      continuesPrevious?: boolean;
    };
    if (continuesPrevious === false || row === scenario[0]) ({ store, clock } = newStore(Date.parse(now)));
    store.receive(cookieTarget(new URL(url)), setCookie.map(wire), contextOf(new URL(url)));
    const { jar, sent } = row.expected as { jar: string; sent: readonly string[] };
    const pairs = store.list({}).map(cookie => `${cookie.name}=${cookie.value}`);
    if (row.id in cookieDeviations) continue;
    expect(pairs.toSorted().join(' '), row.id).toBe(jar);
    for (const [index, query] of queries.entries()) {
      clock.advance(1001);
      const header = store.header(cookieTarget(new URL(query)), contextOf(new URL(query)));
      expect(header.replaceAll('; ', ' '), `${row.id} ${query}`).toBe(sent[index]);
    }
  }
}

function indexOf(row: Row): number {
  return Number(row.id.slice(row.id.lastIndexOf('/') + 1));
}
