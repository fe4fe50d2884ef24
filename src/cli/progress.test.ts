import { expect, test } from 'vitest';
import type { Clock } from '../util/clock.ts';
import { Progress } from './progress.ts';

function watch(isTTY: boolean, total: number | undefined): { at(ms: number, bytes: number): string; end(): string } {
  let now = 5;
  let written = '';
  const clock: Clock = { now: () => now, setTimeout: () => ({ cancel() {} }) };
  const stderr = { isTTY, write: (text: string) => (written += text) !== '' } as unknown as NodeJS.WriteStream;
  const progress = new Progress({ stderr, total, clock });
  const taken = (): string => {
    const text = written;
    written = '';
    return text;
  };
  return {
    at(ms, bytes) {
      now = 5 + ms;
      progress.add(bytes);
      return taken();
    },
    end() {
      progress.end();
      return taken();
    },
  };
}

test('says nothing in the first second, then at most five times a second', () => {
  const progress = watch(true, 10_000_000);
  expect(progress.at(999, 1_000_000)).toBe('');
  expect(progress.at(1000, 1_000_000)).toBe('\r\u001b[K2.0 MB of 10.0 MB, 2.0 MB/s, 4 s left');
  expect(progress.at(1199, 1_000_000)).toBe('');
  expect(progress.at(2000, 1_000_000)).toBe('\r\u001b[K4.0 MB of 10.0 MB, 2.0 MB/s, 3 s left');
  expect(progress.end()).toBe('\r\u001b[K');
});

test('does not know the rest when the length is not known', () => {
  expect(watch(true, undefined).at(2000, 500)).toBe('\r\u001b[K500 B, 250 B/s');
});

test('leaves nothing to take away after a short transfer', () => {
  const progress = watch(true, 10);
  progress.at(500, 10);
  expect(progress.end()).toBe('');
});

test('says nothing in a pipe', () => {
  const progress = watch(false, 10_000_000);
  expect(progress.at(5000, 1_000_000) + progress.end()).toBe('');
});
