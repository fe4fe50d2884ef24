import { stripVTControlCharacters } from 'node:util';

interface Layout {
  /** Columns of the terminal; undefined: nothing is cut. */
  readonly width: number | undefined;
}

const gap = '  ';

/** Rows under headings, in columns as wide as they must be; on a terminal the last column is cut to fit. */
export function formatTable(
  headings: readonly string[],
  rows: readonly (readonly string[])[],
  { width }: Layout,
): string {
  const clean = rows.map(row => row.map(printable));
  const widths = headings.map((heading, column) =>
    clean.reduce((most, row) => Math.max(most, row[column]!.length), heading.length),
  );
  const format = (row: readonly string[]): string => {
    const line = row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column]!))).join(gap);
    return width !== undefined && line.length > width ? `${line.slice(0, Math.max(0, width - 1))}…` : line;
  };
  return [headings, ...clean].map(format).join('\n');
}

/** A cell must not move the cursor or break the line, whatever a server put into a cookie. */
function printable(cell: string): string {
  return stripVTControlCharacters(cell).replace(/[\p{Cc}\p{Cf}]/gu, '�');
}
