import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Link, Transfer } from '../../src/conditions/link.ts';
import { ManualClock } from '../../src/util/testing/manual-clock.ts';

const numRuns = Number(process.env['SOJOURN_ROUNDS'] ?? 20) * 10;

const step = fc.oneof(
  fc.record({ kind: fc.constant('send' as const), transfer: fc.nat(5), bytes: fc.integer({ min: 1, max: 200_000 }) }),
  fc.record({ kind: fc.constant('stop' as const), transfer: fc.nat(5) }),
  fc.record({ kind: fc.constant('wait' as const), ms: fc.double({ min: 0, max: 500, noNaN: true }) }),
  fc.record({ kind: fc.constant('rate' as const), rate: fc.integer({ min: 1, max: 3_000_000 }) }),
);

test('whatever comes, the link carries what it was asked to, in no less time than its rate allows', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), steps => {
      const clock = new ManualClock();
      const link = new Link(clock);
      let rate = 100_000;
      link.setRate(rate);
      const transfers = Array.from({ length: 6 }, () => ({ transfer: new Transfer(link), asked: 0, got: 0 }));
      let [capacity, carried] = [0, 0];
      for (const action of steps) {
        if (action.kind === 'wait') {
          clock.advance(action.ms);
          capacity += (action.ms * rate) / 1000;
        } else if (action.kind === 'rate') {
          rate = action.rate;
          link.setRate(rate);
        } else {
          const one = transfers[action.transfer]!;
          one.transfer.stop();
          one.asked = one.got;
          if (action.kind === 'stop') continue;
          one.asked += action.bytes;
          one.transfer.send(action.bytes, bytes => {
            one.got += bytes;
            carried += bytes;
          });
        }
        // A byte for rounding, and what the longest gap between two chunks may make good.
        expect(carried).toBeLessThanOrEqual(capacity + 1 + 3_000_000 * 0.02);
      }
      for (const { asked, got } of transfers) expect(got).toBeLessThanOrEqual(asked);
      link.setRate(0);
      for (const { asked, got } of transfers) expect(got).toBe(asked);
      expect(clock.pendingTimers).toBe(0);
    }),
    { numRuns },
  );
});
