import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));

/** One row of a vector file. */
export interface VectorRow {
  readonly id: string;
  readonly kind: string;
  readonly [field: string]: unknown;
}

/**
 * The rows of `<name>.json` in the folder of vectors: `$SOJOURN_VECTORS`, else `../shared/vectors`, from the project's root.
 *
 * Where the file is absent it says so, and the rows are undefined: skip the test.
 */
export function loadVectors(name: string): readonly VectorRow[] | undefined {
  const file = new URL(`${process.env['SOJOURN_VECTORS'] ?? '../shared/vectors'}/${name}.json`, `file://${root}`);
  if (existsSync(file)) {
    const { vectors, tests } = JSON.parse(readFileSync(file, 'utf8')) as Partial<Record<string, VectorRow[]>>;
    return vectors ?? tests;
  }
  process.stderr.write(`passed over: the vectors "${name}" are not here (set SOJOURN_VECTORS to their folder)\n`);
  return undefined;
}
