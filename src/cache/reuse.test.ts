import { describe, expect, test } from 'vitest';
import { type Freshness } from './freshness.ts';
import { type CacheMode, headersOfMode, readRequestRules } from './request-rules.ts';
import { decideReuse, mayUseAfterFailure } from './reuse.ts';

const base: Freshness = {
  lifetime: 100_000,
  initialAge: 0,
  responseTime: 0,
  noCache: false,
  mustRevalidate: false,
  immutable: false,
  staleWhileRevalidate: 0,
  staleIfError: 0,
};
const fresh = 50_000;
const stale = 150_000;

const rows: readonly [string, Partial<Freshness>, CacheMode, string, number, string][] = [
  ['fresh', {}, 'default', '', fresh, 'use'],
  ['just fresh', {}, 'default', '', 99_999, 'use'],
  ['just stale', {}, 'default', '', 100_000, 'validate'],
  ['no-cache', { noCache: true }, 'default', '', fresh, 'validate'],
  ['must-revalidate, fresh', { mustRevalidate: true }, 'default', '', fresh, 'use'],
  ['within stale-while-revalidate', { staleWhileRevalidate: 60_000 }, 'default', '', stale, 'use-and-revalidate'],
  ['after it', { staleWhileRevalidate: 50_000 }, 'default', '', stale, 'validate'],
  [
    'must-revalidate forbids it',
    { staleWhileRevalidate: 60_000, mustRevalidate: true },
    'default',
    '',
    stale,
    'validate',
  ],
  ['request max-age that it meets', {}, 'default', 'max-age=50', fresh, 'use'],
  ['request max-age that it is too old for', {}, 'default', 'max-age=49', fresh, 'validate'],
  ['request max-age=0', {}, 'default', 'max-age=0', 0, 'validate'],
  ['request max-age that is no number', {}, 'default', 'max-age=x', fresh, 'validate'],
  ['request min-fresh that it meets', {}, 'default', 'min-fresh=50', fresh, 'use'],
  ['request min-fresh that it misses', {}, 'default', 'min-fresh=51', fresh, 'validate'],
  [
    'request min-fresh forbids stale-while-revalidate',
    { staleWhileRevalidate: 60_000 },
    'default',
    'min-fresh=1',
    stale,
    'validate',
  ],
  ['request max-stale', {}, 'default', 'max-stale', stale, 'use'],
  ['request max-stale that is enough', {}, 'default', 'max-stale=50', stale, 'use'],
  ['request max-stale that is not', {}, 'default', 'max-stale=49', stale, 'validate'],
  ['must-revalidate forbids max-stale', { mustRevalidate: true }, 'default', 'max-stale', stale, 'validate'],
  ['request no-cache', {}, 'default', 'no-cache', fresh, 'validate'],
  ['request no-store', {}, 'default', 'no-store', fresh, 'pass-over'],
  ['mode no-store', {}, 'no-store', '', fresh, 'pass-over'],
  ['mode reload', { immutable: true }, 'reload', '', fresh, 'pass-over'],
  ['mode no-cache', {}, 'no-cache', '', fresh, 'validate'],
  ['mode no-cache, immutable', { immutable: true }, 'no-cache', '', fresh, 'use'],
  ['mode no-cache, immutable but stale', { immutable: true }, 'no-cache', '', stale, 'validate'],
  ['mode force-cache', { mustRevalidate: true }, 'force-cache', '', stale, 'use'],
  ['mode only-if-cached', {}, 'only-if-cached', '', stale, 'use'],
];
describe('what to do with a stored response', () => {
  test.each(rows)('%s', (_what, stored, mode, cacheControl, now, reuse) => {
    const rules = readRequestRules(mode, cacheControl ? ['Cache-Control', cacheControl] : []);
    expect(decideReuse({ ...base, ...stored }, rules, now)).toBe(reuse);
  });

  test.each([
    [['Pragma', 'no-cache'], 'validate'],
    [['Pragma', 'x'], 'use'],
    [['Pragma', 'no-cache', 'Cache-Control', 'max-age=100'], 'use'],
  ])('%j', (headers, reuse) => {
    expect(decideReuse(base, readRequestRules('default', headers), fresh)).toBe(reuse);
  });
});

const failures: readonly [
  string,
  Partial<Freshness>,
  string,
  'error-status' | 'unreachable' | 'other',
  number,
  boolean,
][] = [
  ['leave by the response', { staleIfError: 60_000 }, '', 'error-status', stale, true],
  ['leave by the request', {}, 'stale-if-error=60', 'error-status', stale, true],
  ['leave that has run out', { staleIfError: 49_000 }, '', 'error-status', stale, false],
  ['no leave', {}, '', 'error-status', stale, false],
  ['leave, and a certificate that is refused', { staleIfError: 60_000 }, '', 'other', stale, false],
  ['disconnected', {}, '', 'unreachable', stale, true],
  ['disconnected for long', {}, '', 'unreachable', stale + 86_400_000, false],
  ['disconnected, must-revalidate', { mustRevalidate: true }, '', 'unreachable', stale, false],
  ['disconnected, no-cache', { noCache: true }, '', 'unreachable', stale, false],
  ['disconnected, and the caller wants it new', {}, 'no-cache', 'unreachable', stale, false],
];
test.each(failures)('after a failure: %s', (_what, stored, cacheControl, kind, now, may) => {
  const rules = readRequestRules('default', cacheControl ? ['Cache-Control', cacheControl] : []);
  expect(mayUseAfterFailure({ ...base, ...stored }, rules, { now, kind })).toBe(may);
});

test.each<[CacheMode, string[], string[]]>([
  ['default', [], []],
  ['no-cache', [], ['cache-control', 'max-age=0']],
  ['no-cache', ['Cache-Control', 'x'], []],
  ['reload', [], ['pragma', 'no-cache', 'cache-control', 'no-cache']],
  ['no-store', ['Cache-Control', 'x'], ['pragma', 'no-cache']],
  ['no-store', ['Cache-Control', 'x', 'Pragma', 'y'], []],
  ['force-cache', [], []],
])('headers that mode %s adds to %j', (mode, headers, added) => {
  expect(headersOfMode(mode, headers)).toEqual(added);
});
