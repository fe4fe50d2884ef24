import type { DatabaseSync } from 'node:sqlite';

/** More would hold up the program for seconds; the rest stays in the file that was set aside. */
const maxSalvaged = 250_000;

/**
 * Copies the records that can still be read from a damaged store to an empty one.
 *
 * @returns How many were copied.
 */
export function salvage(damaged: DatabaseSync, fresh: DatabaseSync): number {
  const insert = fresh.prepare('INSERT INTO records VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING');
  let copied = 0;
  fresh.exec('BEGIN IMMEDIATE');
  for (const { collection, grp, key, value } of readable(damaged)) {
    if (copied === maxSalvaged) break;
    if (![collection, grp, key, value].every(field => typeof field === 'string')) continue;
    copied += Number(insert.run(collection as string, grp as string, key as string, value as string).changes);
  }
  fresh.exec('INSERT INTO totals SELECT collection, count(*) FROM records GROUP BY collection; COMMIT');
  return copied;
}

/** A scan ends at the first page that cannot be read, so there is one from each end. */
function* readable(damaged: DatabaseSync): Iterable<Record<string, unknown>> {
  for (const order of ['ASC', 'DESC']) {
    try {
      const select = `SELECT collection, grp, key, value FROM records ORDER BY collection ${order}, grp ${order}, key ${order}`;
      for (const row of damaged.prepare(select).iterate()) yield row;
      return;
    } catch {
      // The driver's error for a damaged page, or for a file that has no such table: there is no more to be had this way.
    }
  }
}
