import { expect, test } from 'vitest';
import { type Column, tableText } from './table.ts';

const columns: readonly Column<readonly [string, string]>[] = [
  { heading: 'A', cell: row => row[0] },
  { heading: 'LONGER', cell: row => row[1] },
];
const table = (rows: readonly (readonly [string, string])[], width?: number): string =>
  [...tableText(columns, rows, width)].join('');

test('columns are as wide as they must be, and nothing follows the last', () => {
  expect(
    table([
      ['one', 'x'],
      ['', ''],
    ]),
  ).toBe('A    LONGER\none  x\n\n');
});

test('on a terminal lines are cut to its width, cells to half of it', () => {
  expect(table([['x'.repeat(40), 'y'.repeat(40)]], 20)).toBe(
    `A           LONGER\n${'x'.repeat(9)}…  ${'y'.repeat(7)}…\n`,
  );
});

test('no cell breaks the line or moves the cursor', () => {
  expect(table([['a\nb\u001b[2J', '\u202e\u0007']])).toBe('A        LONGER\na\ufffdb\ufffd[2J  \ufffd\ufffd\n');
});

test('a long table has every row once, in its order', () => {
  const rows = Array.from({ length: 2500 }, (_, at): [string, string] => [String(at), '']);
  expect(table(rows).trim().split('\n').slice(1).map(Number)).toEqual(rows.map((_, at) => at));
});
