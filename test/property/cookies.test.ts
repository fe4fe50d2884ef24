import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Cookie, CookieContext, SetResult } from '../../src/cookies/cookie.ts';
import { cookieCodec } from '../../src/cookies/cookie-codec.ts';
import { parseCookieDate } from '../../src/cookies/cookie-date.ts';
import { cookieFormats, formatCookieFile, parseCookieFile } from '../../src/cookies/cookie-file.ts';
import { CookieStore } from '../../src/cookies/cookie-store.ts';
import { cookieTarget } from '../../src/cookies/cookie-target.ts';
import { fromHeaderText, toHeaderText } from '../../src/cookies/header-text.ts';
import { parseSetCookie } from '../../src/cookies/set-cookie.ts';
import { SharedDisk } from '../../src/cookies/testing/shared-records.ts';
import { ManualClock } from '../../src/util/testing/manual-clock.ts';

const rounds = Number(process.env['SOJOURN_ROUNDS'] ?? 20);

const byte = fc.integer({ min: 0, max: 255 }).map(code => String.fromCharCode(code));
const bytes = fc.string({ unit: byte, maxLength: 60 });
const printable = fc.string({
  unit: fc.constantFrom(...'abz09!"#$%&\'()*+,-./:<>?@[]^_`{|}~'.split('')),
  maxLength: 12,
});
const hosts = ['example.com', 'www.example.com', 'a.www.example.com', 'other.test', 'localhost', '127.0.0.1'] as const;
const paths = ['/', '/p', '/p/q', '/px'] as const;
const names = ['a', 'b', '', '__Host-c', '__Secure-d'] as const;

describe('texts', () => {
  test('bytes survive being read and written', () => {
    fc.assert(
      fc.property(bytes, text => {
        expect(toHeaderText(fromHeaderText(text))).toBe(text);
      }),
      { numRuns: rounds * 20 },
    );
  });

  test('no line breaks the parser, and what it takes reads back the same', () => {
    fc.assert(
      fc.property(bytes, line => {
        const parsed = parseSetCookie(line);
        if (typeof parsed === 'string') return;
        const again = parseSetCookie(`${parsed.name}=${parsed.value}; path=${parsed.path ?? ''}`);
        expect(again).toMatchObject({ name: parsed.name, value: parsed.value, path: parsed.path ?? '' });
      }),
      { numRuns: rounds * 50 },
    );
  });

  test('no text breaks the dates, and a date as servers write it is that date', () => {
    fc.assert(
      fc.property(bytes, text => {
        expect(parseCookieDate(text)).not.toBeNaN();
      }),
      { numRuns: rounds * 20 },
    );
    const seconds = fc.integer({ min: 0, max: Date.UTC(9999, 0) / 1000 });
    fc.assert(
      fc.property(seconds, second => {
        expect(parseCookieDate(new Date(second * 1000).toUTCString())).toBe(second * 1000);
      }),
      { numRuns: rounds * 20 },
    );
  });
});

describe('files', () => {
  const cookie = fc.record({
    host: fc.constantFrom(...hosts),
    name: printable.filter(name => name !== '' && !name.startsWith('__') && !name.includes('=')),
    value: fc.oneof(printable, fc.constant('é 🍪')),
    path: fc.constantFrom(...paths),
    secure: fc.boolean(),
    httpOnly: fc.boolean(),
    domain: fc.boolean(),
    seconds: fc.option(fc.integer({ min: 1, max: 86_400 }), { nil: undefined }),
  });

  test.each(cookieFormats)('%s: what is written reads back the same, and a row in the store too', format => {
    fc.assert(
      fc.property(fc.array(cookie, { maxLength: 12 }), drafts => {
        const { store, clock } = newStore();
        for (const { host, domain, seconds, ...rest } of drafts) {
          const url = cookieTarget(new URL(`https://${host}/`));
          const expiresAt = seconds === undefined ? undefined : clock.now() + seconds * 1000;
          store.set({ url, ...rest, sameSite: 'lax', domain: domain ? host : '', expiresAt });
        }
        const cookies = store.list({});
        const read = newStore();
        read.store.importCookies(parseCookieFile(formatCookieFile(cookies, format), format), {
          mode: 'merge',
          dryRun: false,
        });
        expect(read.store.list({}).map(essence)).toEqual(cookies.map(essence));
        for (const one of cookies) expect(cookieCodec.decode(cookieCodec.encode(one))).toEqual(one);
      }),
      { numRuns: rounds },
    );
  });

  test('no text breaks the reader but by its own error', () => {
    const piece = fc.constantFrom(
      '[',
      ']',
      '{',
      '}',
      ',',
      ':',
      '"',
      '\\',
      '\t',
      '\n',
      '#HttpOnly_',
      'TRUE',
      '/',
      '0',
      '"name"',
      'a.test',
      'null',
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, bytes), { maxLength: 20 }), pieces => {
        expect(codeOf(() => parseCookieFile(pieces.join('')))).toBeOneOf([undefined, 'ERR_IMPORT_MALFORMED']);
      }),
      { numRuns: rounds * 20 },
    );
  });

  /** What every format carries. */
  function essence({ name, value, domain, hostOnly, path, secure, httpOnly, expiresAt }: Cookie): object {
    return { name, value, domain, hostOnly, path, secure, httpOnly, expiresAt };
  }
});

type Step =
  | { readonly kind: 'receive'; readonly at: Place; readonly line: string; readonly by: number }
  | { readonly kind: 'remove'; readonly at: Place; readonly name: string; readonly by: number }
  | { readonly kind: 'wait'; readonly ms: number };

interface Place {
  readonly scheme: string;
  readonly host: string;
  readonly path: string;
  readonly context: CookieContext;
}

describe('the store', () => {
  const place: fc.Arbitrary<Place> = fc.record({
    scheme: fc.constantFrom('http', 'https'),
    host: fc.constantFrom(...hosts),
    path: fc.constantFrom(...paths),
    context: fc.record({
      sameSite: fc.constantFrom('same-site-strict', 'same-site-lax', 'same-site-lax-unsafe', 'cross-site'),
      topLevelSite: fc.constantFrom('https://top.test', 'https://example.com'),
      http: fc.boolean(),
    }),
  });
  const attribute = fc.constantFrom(
    'Secure',
    'HttpOnly',
    'Path=/',
    'Path=/p',
    'Domain=example.com',
    'Domain=www.example.com',
    'Max-Age=0',
    'Max-Age=5',
    'Max-Age=100',
    'SameSite=None',
    'SameSite=Lax',
    'SameSite=Strict',
    'Partitioned',
  );
  const line = fc
    .tuple(fc.constantFrom(...names), fc.constantFrom('1', '2'), fc.uniqueArray(attribute, { maxLength: 4 }))
    .map(([name, value, attributes]) => [`${name}=${value}`, ...attributes].join('; '));
  const by = fc.integer({ min: 0, max: 1 });
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('receive'), at: place, line, by }) },
    {
      weight: 1,
      arbitrary: fc.record({ kind: fc.constant('remove'), at: place, name: fc.constantFrom(...names), by }),
    },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('wait'), ms: fc.constantFrom(1, 4_000, 60_000) }) },
  );

  test('two processes on one disk say the same as a list of cookies with the rules written out', () => {
    fc.assert(
      fc.property(
        fc.array(step, { maxLength: 40 }),
        fc.array(place, { minLength: 1, maxLength: 6 }),
        (steps, places) => {
          const clock = new ManualClock();
          const disk = new SharedDisk<Cookie>(cookieCodec);
          const stores = [newStore(clock, disk.open()).store, newStore(clock, disk.open()).store];
          const model = new Model(clock);
          for (const one of steps) {
            // So that no two cookies of two processes have the same age.
            clock.advance(1);
            const store = stores[one.kind === 'wait' ? 0 : one.by]!;
            if (one.kind === 'wait') clock.advance(one.ms);
            if (one.kind === 'remove') model.remove(one.at, one.name, store.remove(targetOf(one.at), one.name));
            if (one.kind === 'receive') model.put(store.receive(targetOf(one.at), [one.line], one.at.context)[0]!);
            for (const at of places) {
              const expected = model.header(at);
              for (const each of stores) expect(each.header(targetOf(at), at.context)).toBe(expected);
            }
          }
        },
      ),
      { numRuns: rounds * 3 },
    );
  });
});

/** The rules for sending, as RFC 6265bis 5.8.3 tells them, over a plain list. */
class Model {
  readonly #clock: ManualClock;
  #cookies: Cookie[] = [];

  constructor(clock: ManualClock) {
    this.#clock = clock;
  }

  put(result: SetResult): void {
    if (!result.stored) return;
    const { cookie } = result;
    const identity = (one: Cookie): string =>
      JSON.stringify([one.name, one.domain, one.hostOnly, one.path, one.partitionKey]);
    this.#cookies = this.#cookies.filter(one => identity(one) !== identity(cookie));
    this.#cookies.push(cookie);
  }

  remove(at: Place, name: string, removed: number): void {
    const own = (partition: string | undefined): Place => ({
      ...at,
      context: { sameSite: 'same-site-strict', topLevelSite: partition ?? '', http: true },
    });
    const gone = this.#cookies.filter(cookie => cookie.name === name && this.#goesTo(cookie, own(cookie.partitionKey)));
    this.#cookies = this.#cookies.filter(cookie => !gone.includes(cookie));
    if (removed !== gone.length) throw new Error(`removed ${removed} cookies, not ${gone.length}`);
  }

  header(at: Place): string {
    return this.#cookies
      .filter(cookie => this.#goesTo(cookie, at))
      .toSorted((a, b) => b.path.length - a.path.length || a.createdAt - b.createdAt)
      .map(cookie => (cookie.name === '' ? cookie.value : `${cookie.name}=${cookie.value}`))
      .join('; ');
  }

  #goesTo(cookie: Cookie, { scheme, host, path, context }: Place): boolean {
    const age = this.#clock.now() - cookie.createdAt;
    const sameSite =
      context.sameSite === 'same-site-strict' ||
      cookie.sameSite === 'no_restriction' ||
      (context.sameSite === 'same-site-lax' && cookie.sameSite !== 'strict') ||
      (context.sameSite === 'same-site-lax-unsafe' && cookie.sameSite === 'unspecified' && age <= 120_000);
    return (
      (cookie.expiresAt ?? Number.POSITIVE_INFINITY) > this.#clock.now() &&
      (host === cookie.domain || (!cookie.hostOnly && host.endsWith(`.${cookie.domain}`))) &&
      (cookie.path === '/' || path === cookie.path || path.startsWith(`${cookie.path}/`)) &&
      (!cookie.secure || scheme === 'https' || host === 'localhost' || host === '127.0.0.1') &&
      (!cookie.httpOnly || context.http) &&
      (cookie.partitionKey === undefined || cookie.partitionKey === context.topLevelSite) &&
      sameSite
    );
  }
}

function newStore(
  clock: ManualClock = new ManualClock(),
  records = new SharedDisk<Cookie>(cookieCodec).open(),
): { store: CookieStore; clock: ManualClock } {
  return {
    clock,
    store: new CookieStore({ records, clock, limits: { perSite: 180, total: 3300 }, keepSessionCookies: true }),
  };
}

function targetOf({ scheme, host, path }: Place): { protocol: string; hostname: string; path: string } {
  return { protocol: `${scheme}:`, hostname: host, path };
}

function codeOf(action: () => unknown): unknown {
  try {
    action();
    return undefined;
  } catch (error) {
    return (error as { code?: string }).code ?? error;
  }
}
