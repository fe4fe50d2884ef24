import { expect, test } from 'vitest';
import { readEmulation } from './network-conditions.ts';

const rows: [sentence: string, input: unknown, expected: object][] = [
  [
    "the seed's GPRS",
    { latency: 500, downloadThroughput: 6400, uploadThroughput: 6400 },
    { offline: false, latencyMs: 500, downBytesPerSecond: 6400, upBytesPerSecond: 6400 },
  ],
  ["the seed's outage", { offline: true }, { offline: true, latencyMs: 0, downBytesPerSecond: 0, upBytesPerSecond: 0 }],
  ['nothing', undefined, { offline: false, latencyMs: 0, downBytesPerSecond: 0, upBytesPerSecond: 0 }],
  ['GPRS', 'GPRS', { offline: false, latencyMs: 500, downBytesPerSecond: 6400, upBytesPerSecond: 2560 }],
  ['Slow 3G', 'Slow 3G', { offline: false, latencyMs: 2000, downBytesPerSecond: 50_000, upBytesPerSecond: 50_000 }],
  ['Fast 3G', 'Fast 3G', { offline: false, latencyMs: 562.5, downBytesPerSecond: 180_000, upBytesPerSecond: 84_375 }],
  ['Slow 4G', 'Slow 4G', { offline: false, latencyMs: 562.5, downBytesPerSecond: 180_000, upBytesPerSecond: 84_375 }],
  ['DSL', 'DSL', { offline: false, latencyMs: 5, downBytesPerSecond: 262_144, upBytesPerSecond: 131_072 }],
];

test.each(rows)('%s', (_, input, expected) => {
  expect(readEmulation(input)).toEqual(expected);
});

const refused: [input: unknown, message: string][] = [
  [{ latency: -1 }, 'Cannot enable network emulation: latency must be >= 0 milliseconds, got -1'],
  [{ latency: Number.NaN }, 'latency must be a number, got NaN'],
  [{ downloadThroughput: '6400' }, 'downloadThroughput must be a number, got "6400"'],
  [{ uploadThroughput: Number.POSITIVE_INFINITY }, 'uploadThroughput must be <='],
  [{ offline: 1 }, 'offline must be a boolean, got 1'],
  [5, 'options must be an object, got 5'],
  ['gprs', 'there is no preset "gprs" (did you mean "GPRS"?)'],
  ['toString', 'there is no preset "toString"'],
];

test.each(refused)('%j is refused', (input, message) => {
  expect(() => readEmulation(input)).toThrow(message);
  expect(() => readEmulation(input)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }));
});
