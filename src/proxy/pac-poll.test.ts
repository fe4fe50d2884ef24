import { expect, test } from 'vitest';
import { ManualClock } from '../util/testing/manual-clock.ts';
import { PacPoll } from './pac-poll.ts';

const second = 1000;
const hour = 3600 * second;

function setUp(): { clock: ManualClock; poll: PacPoll; fetches: () => number } {
  const clock = new ManualClock();
  let fetched = 0;
  const poll = new PacPoll(clock, () => {
    fetched++;
  });
  return { clock, poll, fetches: () => fetched };
}

test('after a failure it fetches by itself in 8 seconds', () => {
  const { clock, poll, fetches } = setUp();
  poll.failed();
  clock.advance(8 * second - 1);
  expect(fetches()).toBe(0);
  clock.advance(1);
  expect(fetches()).toBe(1);
});

test('after more failures it waits longer, and for something to do', () => {
  const { clock, poll, fetches } = setUp();
  poll.failed();
  clock.advance(8 * second);
  for (const [index, delayMs] of [32 * second, 120 * second, 4 * hour, 4 * hour].entries()) {
    poll.failed();
    clock.advance(delayMs - 1);
    poll.activity();
    expect(fetches()).toBe(index + 1);
    clock.advance(100 * hour);
    expect(fetches()).toBe(index + 1);
    poll.activity();
    expect(fetches()).toBe(index + 2);
  }
});

test('after a success it fetches again in 12 hours, when there is something to do', () => {
  const { clock, poll, fetches } = setUp();
  poll.succeeded();
  clock.advance(12 * hour - 1);
  poll.activity();
  expect(fetches()).toBe(0);
  clock.advance(1);
  expect(fetches()).toBe(0);
  poll.activity();
  expect(fetches()).toBe(1);
});

test('a success forgets the failures before it', () => {
  const { clock, poll, fetches } = setUp();
  poll.failed();
  clock.advance(8 * second);
  poll.succeeded();
  poll.failed();
  clock.advance(8 * second);
  expect(fetches()).toBe(2);
});

test('one fetch at a time', () => {
  const { clock, poll, fetches } = setUp();
  poll.succeeded();
  clock.advance(12 * hour);
  poll.activity();
  poll.activity();
  expect(fetches()).toBe(1);
});

test('an emulated outage is no failure: the next activity tries again', () => {
  const { clock, poll, fetches } = setUp();
  poll.interrupted();
  clock.advance(hour);
  expect(fetches()).toBe(0);
  poll.activity();
  expect(fetches()).toBe(1);
  poll.failed();
  clock.advance(8 * second);
  expect(fetches()).toBe(2);
});

test('stopped, it fetches nothing and leaves no timer', () => {
  const { clock, poll, fetches } = setUp();
  poll.failed();
  poll.stop();
  expect(clock.pendingTimers).toBe(0);
  clock.advance(100 * hour);
  poll.activity();
  expect(fetches()).toBe(0);
});
