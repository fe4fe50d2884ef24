import { expect, test } from 'vitest';
import { ManualClock } from '../util/testing/manual-clock.ts';
import { noEmulation } from './network-conditions.ts';
import { type Shaped, Shaper } from './shaper.ts';

test('a change is told to what is running, whatever came and went', () => {
  const shaper = new Shaper(new ManualClock());
  const told: string[] = [];
  const make = (name: string): Shaped => ({ slot: 0, conditionsChanged: () => void told.push(name) });
  const [a, b, c, d] = [make('a'), make('b'), make('c'), make('d')];
  for (const shaped of [a, b, c, d]) shaper.join(shaped);
  shaper.leave(a);
  shaper.leave(d);
  shaper.conditions = { ...noEmulation, latencyMs: 1 };
  expect(told.toSorted()).toEqual(['b', 'c']);
  shaper.leave(b);
  shaper.leave(c);
  shaper.conditions = { ...noEmulation, offline: true };
  expect(told).toHaveLength(2);
});
