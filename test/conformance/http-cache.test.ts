import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ManualClock } from '../../src/util/testing/manual-clock.ts';
import { CacheClient } from '../fixtures/cache-client.ts';
import { loadVectors } from '../vectors.ts';
import type { CacheCase } from './http-cache-case.ts';
import { httpCacheDeviations } from './http-cache-deviations.ts';
import { CacheOrigin } from './http-cache-origin.ts';
import { type Outcome, runCase } from './http-cache-run.ts';

const cases = loadVectors('http-cache-tests') as readonly CacheCase[] | undefined;

describe.skipIf(!cases)('http-cache-tests.json', () => {
  const clock = new ManualClock();
  const origin = new CacheOrigin(clock);
  const client = new CacheClient({ clock });
  const outcomes = new Map<string, Outcome>();

  beforeAll(async () => {
    const base = await origin.listen();
    for (const row of cases!) outcomes.set(row.id, await runCase({ clock, origin, base, client }, row));
    report(cases!, outcomes);
  });

  afterAll(async () => {
    await client.close();
    origin.close();
  });

  for (const row of cases ?? []) {
    if (row.kind === 'check') continue;
    test(`${row.id}: ${row.name}`, ({ skip }) => {
      const outcome = outcomes.get(row.id)!;
      const reason = httpCacheDeviations[row.id];
      if (reason) {
        expect(outcome.result, `it passes, so it is no deviation: ${reason}`).not.toBe('passed');
        skip(reason);
      }
      expect(`${outcome.result} ${outcome.why}`.trim()).toBe('passed');
    });
  }
});

/** Counts as the suite counts: a case is judged only when those it depends on have passed. */
function report(rows: readonly CacheCase[], outcomes: ReadonlyMap<string, Outcome>): void {
  const passed = (id: string): boolean => (outcomes.get(id)?.result ?? 'passed') === 'passed';
  const lines = (['required', 'optimal', 'check'] as const).map(kind => {
    const mine = rows.filter(row => (row.kind ?? 'required') === kind && (row.depends_on ?? []).every(passed));
    const no = mine.filter(row => !passed(row.id)).map(row => row.id);
    const name = { required: 'required', optimal: 'optional', check: 'behaviour (not judged)' }[kind];
    return `${name}: ${mine.length - no.length}/${mine.length}${no.length > 0 ? ` (no: ${no.join(', ')})` : ''}`;
  });
  process.stdout.write(`http-cache-tests.json: ${lines.join('; ')}\n`);
}
