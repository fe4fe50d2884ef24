import { afterEach, expect, test } from 'vitest';
import { StoreError } from '../../util/errors.ts';
import { ManualClock } from '../../util/testing/manual-clock.ts';
import { CommitSchedule } from './commit-schedule.ts';

const clock = new ManualClock();
const told: string[] = [];
let attempts = 0;
let outcome: StoreError | undefined;
/** How long an attempt takes, in milliseconds. */
let effort = 0;

function newSchedule(): CommitSchedule {
  return new CommitSchedule({
    clock,
    commit: () => {
      attempts++;
      clock.advance(effort);
      if (outcome) throw outcome;
    },
    onFailing: error => told.push(error.code),
  });
}

const nextTurn = (): Promise<void> => new Promise(resolve => setImmediate(resolve));
const full = new StoreError('ERR_STORE_FULL', 'full');

afterEach(() => {
  [attempts, effort, outcome] = [0, 0, undefined];
  told.length = 0;
});

test('requests of one turn are one commit at its end', async () => {
  const schedule = newSchedule();
  for (let i = 0; i < 3; i++) schedule.request();
  expect(attempts).toBe(0);
  await schedule.committed();
  expect([attempts, schedule.committed()]).toEqual([1, undefined]);
});

test('a failure is told to who waits each time, to the owner once until a success', async () => {
  const schedule = newSchedule();
  outcome = full;
  for (let i = 0; i < 2; i++) {
    schedule.request();
    await expect(schedule.committed()).rejects.toBe(full);
  }
  expect(told).toEqual(['ERR_STORE_FULL']);
  outcome = undefined;
  await schedule.committed();
  outcome = full;
  schedule.request();
  await expect(schedule.committed()).rejects.toBe(full);
  expect(told).toEqual(['ERR_STORE_FULL', 'ERR_STORE_FULL']);
  schedule.stop();
});

test('what failed is tried again after 1 s, 2 s, ... 30 s, without being asked', async () => {
  const schedule = newSchedule();
  outcome = full;
  schedule.request();
  await nextTurn();
  for (const [i, seconds] of [1, 2, 4, 8, 16, 30, 30].entries()) {
    clock.advance(seconds * 1000 - 1);
    await nextTurn();
    expect(attempts).toBe(i + 1);
    clock.advance(1);
    await nextTurn();
    expect(attempts).toBe(i + 2);
  }
  outcome = undefined;
  clock.advance(30_000);
  await nextTurn();
  expect([schedule.committed(), clock.pendingTimers]).toEqual([undefined, 0]);
});

test('a dear failure is not repeated at once, but for flush and close', async () => {
  const schedule = newSchedule();
  outcome = full;
  effort = 50;
  schedule.request();
  await expect(schedule.committed()).rejects.toBe(full);
  clock.advance(499);
  await expect(schedule.committed()).rejects.toBe(full);
  expect(attempts).toBe(1);
  clock.advance(1);
  await expect(schedule.committed()).rejects.toBe(full);
  expect(attempts).toBe(2);
  outcome = undefined;
  await schedule.finish();
  expect(attempts).toBe(3);
});

test('an error of any other kind is a failure of the store', async () => {
  const schedule = newSchedule();
  outcome = new Error('driver') as StoreError;
  schedule.request();
  await expect(schedule.committed()).rejects.toMatchObject({
    name: 'StoreError',
    code: 'ERR_STORE_FAILED',
    cause: outcome,
  });
  schedule.stop();
});
