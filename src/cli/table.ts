import { printable } from './printable.ts';

/** One column of a table. */
export interface Column<T> {
  readonly heading: string;
  readonly cell: (row: T) => string;
}

const gap = '  ';
const linesAtOnce = 1000;

/**
 * Rows under headings, in columns as wide as they must be, piece by piece.
 *
 * @param width - Columns of the terminal: lines are cut to fit, cells to half of it. Undefined: nothing is cut.
 */
export function* tableText<T>(
  columns: readonly Column<T>[],
  rows: readonly T[],
  width: number = Number.POSITIVE_INFINITY,
): Generator<string> {
  const widestCell = Math.max(8, Math.floor(width / 2));
  // Cells are asked for twice, to measure and to print: a long table does not keep them.
  const widths = columns.map(({ heading, cell }) => {
    let widest = heading.length;
    for (const row of rows) widest = Math.max(widest, cell(row).length);
    return Math.min(widest, widestCell);
  });
  const format = (cellOf: (column: Column<T>) => string): string => {
    let line = '';
    for (let at = 0; at < columns.length; at++) line += cut(cellOf(columns[at]!), widestCell).padEnd(widths[at]!) + gap;
    return `${cut(printable(line.trimEnd()), width)}\n`;
  };
  yield format(column => column.heading);
  for (let start = 0; start < rows.length; start += linesAtOnce) {
    let text = '';
    for (const row of rows.slice(start, start + linesAtOnce)) text += format(column => column.cell(row));
    yield text;
  }
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}
