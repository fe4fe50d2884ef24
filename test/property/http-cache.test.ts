import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parseDirectives } from '../../src/cache/directives.ts';
import { tryParseDate, tryParseExactDate } from '../../src/cache/http-date.ts';
import { parseRawHeaders } from '../../src/cache/raw-headers.ts';
import { matchesVariant, variantKey } from '../../src/cache/vary.ts';
import { openStore } from '../../src/storage/open-store.ts';
import { ManualClock } from '../../src/util/testing/manual-clock.ts';
import { CacheClient } from '../fixtures/cache-client.ts';
import { HttpOrigin } from '../fixtures/http-origin.ts';

const rounds = Number(process.env['SOJOURN_ROUNDS'] ?? 20);

/** What the origin says of a page from now on. */
interface Page {
  readonly lifetime: number;
  readonly tagged: boolean;
  readonly noStore: boolean;
  readonly noCache: boolean;
}

interface Ask {
  readonly do: 'get' | 'get validated' | 'put' | 'failing put';
  readonly page: number;
}

interface Publish {
  readonly do: 'publish';
  readonly page: number;
  readonly as: Page;
}

interface Wait {
  readonly do: 'wait';
  readonly seconds: number;
}

interface Clear {
  readonly do: 'clear';
}

interface Reopen {
  readonly do: 'reopen';
}

type Step = Ask | Publish | Wait | Clear | Reopen;

const anyNumber = fc.nat({ max: 2 });
const seconds = fc.constantFrom(0, 1, 10, 100);
const anyPage = fc.record<Page>({
  lifetime: seconds,
  tagged: fc.boolean(),
  noStore: fc.boolean(),
  noCache: fc.boolean(),
});
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record<Ask>({ do: fc.constant('get'), page: anyNumber }) },
  {
    weight: 2,
    arbitrary: fc.record<Ask>({ do: fc.constantFrom('get validated', 'put', 'failing put'), page: anyNumber }),
  },
  { weight: 3, arbitrary: fc.record<Publish>({ do: fc.constant('publish'), page: anyNumber, as: anyPage }) },
  { weight: 4, arbitrary: fc.record<Wait>({ do: fc.constant('wait'), seconds }) },
  { weight: 1, arbitrary: fc.constantFrom<Clear | Reopen>({ do: 'clear' }, { do: 'reopen' }) },
);

/** A cache as one would explain it: what is stored of each page, since when, and what was said of it. */
class Model {
  readonly #stored = new Map<number, { readonly as: Page; readonly version: number; readonly since: number }>();

  get(
    at: number,
    page: number,
    origin: { readonly as: Page; readonly version: number },
    validate: boolean,
  ): [status: string, version: number] {
    const stored = this.#stored.get(page);
    if (stored && !validate && !stored.as.noCache && at - stored.since < stored.as.lifetime)
      return ['hit', stored.version];
    const isSame = stored?.as.tagged === true && origin.as.tagged && stored.version === origin.version;
    this.#stored.delete(page);
    const { noStore, lifetime, tagged } = origin.as;
    if (!noStore && (lifetime > 0 || tagged)) this.#stored.set(page, { ...origin, since: at });
    return [isSame ? 'revalidated' : 'miss', origin.version];
  }

  forget(page?: number): void {
    if (page === undefined) this.#stored.clear();
    else this.#stored.delete(page);
  }
}

describe('a model and the cache agree', () => {
  const root = mkdtempSync(join(tmpdir(), 'sojourn-cache-model-'));
  const clock = new ManualClock();
  const pages: { as: Page; version: number }[] = [];
  const origin = new HttpOrigin((request, response) => {
    const { as, version } = pages[Number(/(\d+)$/.exec(request.url!)![1])]!;
    response.sendDate = false;
    if (request.method === 'PUT') return void response.writeHead(request.headers['x-fail'] ? 500 : 204).end();
    const etag = `"${version}"`;
    const headers = {
      Date: new Date(clock.now()).toUTCString(),
      'Cache-Control': [`max-age=${as.lifetime}`, as.noStore ? 'no-store' : '', as.noCache ? 'no-cache' : '']
        .filter(Boolean)
        .join(', '),
      ...(as.tagged ? { ETag: etag } : {}),
    };
    if (as.tagged && request.headers['if-none-match'] === etag) response.writeHead(304, headers).end();
    else response.writeHead(200, headers).end(String(version));
  });
  let url: string;
  beforeAll(async () => {
    url = await origin.listen();
  });
  afterAll(async () => {
    await origin.close();
    rmSync(root, { recursive: true });
  });

  test.each(['in memory', 'on disk'] as const)('%s', async place => {
    let run = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(anyPage, { minLength: 3, maxLength: 3 }),
        fc.array(anyStep, { maxLength: 60 }),
        async (first, steps) => {
          const directory = place === 'on disk' ? join(root, String(run++)) : undefined;
          const open = () => {
            const store = openStore({ directory, clock, onProblem: error => expect.fail(error.message) });
            return { store, client: new CacheClient({ store, clock }) };
          };
          pages.splice(0, pages.length, ...first.map(as => ({ as, version: 0 })));
          const model = new Model();
          let used = open();
          for (const step of steps) {
            const send = (page: number, request: object) => used.client.fetch(`${url}/${page}`, request);
            if (step.do === 'wait') clock.advance(step.seconds * 1000);
            else if (step.do === 'publish') pages[step.page] = { as: step.as, version: pages[step.page]!.version + 1 };
            else if (step.do === 'clear') {
              used.client.cache.clear();
              model.forget();
            } else if (step.do === 'reopen') {
              if (directory === undefined) continue;
              await used.client.close();
              await used.store.close();
              used = open();
            } else if (step.do === 'put' || step.do === 'failing put') {
              await send(step.page, { method: 'PUT', body: 'x', headers: step.do === 'put' ? [] : ['X-Fail', '1'] });
              if (step.do === 'put') model.forget(step.page);
            } else {
              const validate = step.do === 'get validated';
              const wanted = model.get(clock.now() / 1000, step.page, pages[step.page]!, validate);
              const reply = await send(step.page, { headers: validate ? ['Cache-Control', 'no-cache'] : [] });
              expect([reply.cacheStatus, Number(reply.body)]).toEqual(wanted);
            }
          }
          await used.client.close();
          await used.store.close();
        },
      ),
      { numRuns: rounds },
    );
  });
});

describe('hostile text', () => {
  const text = fc.string({ unit: 'binary-ascii', maxLength: 80 });
  const cacheControl = fc
    .array(fc.constantFrom('max-age', 'no-store', '=', '"', '\\', ',', ' ', '1', 'a', ';'), { maxLength: 40 })
    .map(parts => parts.join(''));

  test('never breaks a parser', () => {
    fc.assert(
      fc.property(fc.oneof(text, cacheControl), value => {
        parseDirectives(value);
        tryParseDate(value, 0);
        tryParseExactDate(value, 0);
      }),
      { numRuns: rounds * 100 },
    );
  });

  test('no-store is seen wherever it stands by itself', () => {
    fc.assert(
      fc.property(
        cacheControl.filter(before => !before.includes('"')),
        cacheControl,
        (before, after) => {
          expect(parseDirectives(`${before},no-store,${after}`).has('no-store')).toBe(true);
        },
      ),
      { numRuns: rounds * 100 },
    );
  });

  test('a date is read back', () => {
    fc.assert(
      fc.property(fc.integer({ min: -11_644_473_600, max: 253_402_300_799 }), at => {
        expect(tryParseExactDate(new Date(at * 1000).toUTCString(), 0)).toBe(at * 1000);
      }),
      { numRuns: rounds * 100 },
    );
  });

  test("a request matches its own variant, and names do not touch an object's members", () => {
    const header = fc.tuple(
      fc.constantFrom('accept', 'accept-language', 'cookie', 'foo', '__proto__', 'constructor'),
      text,
    );
    fc.assert(
      fc.property(fc.array(header, { maxLength: 8 }), headers => {
        const raw = headers.flat();
        const key = variantKey(
          headers.map(([name]) => name),
          raw,
        );
        expect(matchesVariant(JSON.parse(JSON.stringify(key)) as typeof key, raw, {})).toBe(true);
        expect(Object.getPrototypeOf(parseRawHeaders(raw))).toBe(Object.prototype);
      }),
      { numRuns: rounds * 20 },
    );
  });
});
