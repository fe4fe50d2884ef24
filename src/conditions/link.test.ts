import { expect, test } from 'vitest';
import { ManualClock } from '../util/testing/manual-clock.ts';
import { Link, Transfer } from './link.ts';
import { networkPresets } from './network-conditions.ts';

/** A transfer that always has more to send, and what it got. */
function endless(link: Link, chunkBytes = 64 * 1024): { got: () => number } {
  const transfer = new Transfer(link);
  let got = 0;
  const next = (): void => {
    let left = chunkBytes;
    transfer.send(chunkBytes, bytes => {
      got += bytes;
      left -= bytes;
      if (left === 0) next();
    });
  };
  next();
  return { got: () => got };
}

const rates: [name: string, bytesPerSecond: number][] = [
  ['GPRS down', networkPresets.GPRS.downBytesPerSecond],
  ['GPRS up', networkPresets.GPRS.upBytesPerSecond],
  ['Fast 3G down', networkPresets['Fast 3G'].downBytesPerSecond],
  ['Slow 3G up', networkPresets['Slow 3G'].upBytesPerSecond],
  ['20 Mbit/s', 2_500_000],
];

const points = rates.flatMap(([name, rate]) => [1, 6, 50].map(count => [count, name, rate] as const));

test.each(points)('%d transfers at %s have the rate among them, and a fair share each', (count, _, rate) => {
  const clock = new ManualClock();
  const link = new Link(clock);
  link.setRate(rate);
  const transfers = Array.from({ length: count }, () => endless(link));
  clock.advance(5000);
  const shares = transfers.map(({ got }) => got());
  const total = shares.reduce((sum, share) => sum + share, 0);
  expect(total / (rate * 5)).toBeGreaterThan(0.95);
  expect(total / (rate * 5)).toBeLessThan(1.0001);
  for (const share of shares) expect(Math.abs(share / (total / count) - 1)).toBeLessThan(0.1);
});

test('transfers of unlike chunks have like shares', () => {
  const clock = new ManualClock();
  const link = new Link(clock);
  link.setRate(100_000);
  const [small, large] = [endless(link, 500), endless(link, 1_000_000)];
  clock.advance(5000);
  expect(small.got() / large.got()).toBeCloseTo(1, 1);
});

test('one that comes later has no more and no less than its share from then on', () => {
  const clock = new ManualClock();
  const link = new Link(clock);
  link.setRate(100_000);
  const first = endless(link);
  clock.advance(1000);
  const second = endless(link);
  clock.advance(1000);
  expect(first.got()).toBeCloseTo(150_000, -4);
  expect(second.got()).toBeCloseTo(50_000, -4);
});

test('a chunk takes its time: 6400 bytes a second later at GPRS', () => {
  const clock = new ManualClock();
  const link = new Link(clock);
  link.setRate(6400);
  let got = 0;
  new Transfer(link).send(6400, bytes => {
    got += bytes;
  });
  clock.advance(999);
  expect(got).toBeLessThan(6400);
  clock.advance(1.01);
  expect(got).toBe(6400);
  expect(clock.pendingTimers).toBe(0);
});

test('progress is smooth: parts come at least every 50 ms', () => {
  const clock = new ManualClock();
  const link = new Link(clock);
  link.setRate(6400);
  const times: number[] = [clock.now()];
  new Transfer(link).send(64_000, () => times.push(clock.now()));
  clock.advance(10_001);
  const gaps = times.slice(1).map((time, index) => time - times[index]!);
  expect(Math.max(...gaps)).toBeLessThan(50);
});

test('a new rate counts at once for what is running', () => {
  const clock = new ManualClock();
  const link = new Link(clock);
  link.setRate(1000);
  const transfer = endless(link);
  clock.advance(1000);
  link.setRate(100_000);
  clock.advance(1000);
  expect(transfer.got()).toBeCloseTo(101_000, -4);
});

test('no rate lets everything through at once', () => {
  const clock = new ManualClock();
  const link = new Link(clock);
  link.setRate(1000);
  let [first, second] = [0, 0];
  new Transfer(link).send(1_000_000, bytes => {
    first += bytes;
  });
  clock.advance(10);
  link.setRate(0);
  new Transfer(link).send(1_000_000, bytes => {
    second += bytes;
  });
  expect([first, second, clock.pendingTimers]).toEqual([1_000_000, 1_000_000, 0]);
});

test('what stops frees the link for the others', () => {
  const clock = new ManualClock();
  const link = new Link(clock);
  link.setRate(100_000);
  const stays = endless(link);
  const goes = new Transfer(link);
  goes.send(1_000_000, () => {});
  clock.advance(1000);
  goes.stop();
  clock.advance(1000);
  expect(stays.got()).toBeCloseTo(150_000, -4);
});

test('a part may stop its own transfer, or begin another chunk', () => {
  const clock = new ManualClock();
  const link = new Link(clock);
  link.setRate(1000);
  const transfer = new Transfer(link);
  const parts: string[] = [];
  transfer.send(100, bytes => {
    parts.push(`first ${bytes}`);
    transfer.stop();
    transfer.send(10, more => parts.push(`second ${more}`));
  });
  clock.advance(1000);
  expect(parts).toEqual(['first 20', 'second 10']);
});

test('a late timer costs no time: what it missed is made good', () => {
  const clock = new ManualClock();
  const late: (typeof clock)['setTimeout'] = (action, delayMs) => clock.setTimeout(action, delayMs + 3);
  const link = new Link({ now: () => clock.now(), setTimeout: late });
  link.setRate(100_000);
  const transfers = [endless(link), endless(link, 1000)];
  clock.advance(5000);
  const total = transfers.reduce((sum, { got }) => sum + got(), 0);
  expect(total / 500_000).toBeGreaterThan(0.98);
});

test('an idle link saves nothing up', () => {
  const clock = new ManualClock();
  const link = new Link(clock);
  link.setRate(1000);
  clock.advance(60_000);
  const transfer = endless(link);
  clock.advance(1000);
  expect(transfer.got()).toBeLessThanOrEqual(1000);
});

test('a part that was begun alone does not come in one lump when others join', () => {
  const clock = new ManualClock();
  const link = new Link(clock);
  link.setRate(2_500_000);
  const first = endless(link);
  const others = Array.from({ length: 49 }, () => endless(link));
  clock.advance(100);
  expect(first.got() / others[0]!.got()).toBeGreaterThan(0.8);
  expect(first.got() / others[0]!.got()).toBeLessThan(1.2);
});
