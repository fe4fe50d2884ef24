import type { DatabaseSync } from 'node:sqlite';
import { StoreError } from '../../util/errors.ts';

/** "SJRN": tells our files from those of other programs. @see https://sqlite.org/pragma.html#pragma_application_id */
export const applicationId = 0x534a524e;

/**
 * The schema, as the steps that led to it: step n brings a file of version n to version n + 1. A step that was released
 * is never changed; the next version is one more row.
 */
export const schema: readonly string[] = [
  // totals: counting a million rows would read them all. changes: which groups changed, in the order of the commits
  // (grp NULL: all of the collection), so that another process need not read everything again. bodies: with rowids, so
  // that new ones go to the end of the table, wherever their ids sort.
  `CREATE TABLE records (
     collection TEXT NOT NULL, grp TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,
     PRIMARY KEY (collection, grp, key)
   ) STRICT, WITHOUT ROWID;
   CREATE TABLE totals (collection TEXT PRIMARY KEY, records INTEGER NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE changes (revision INTEGER PRIMARY KEY, collection TEXT NOT NULL, grp TEXT) STRICT;
   CREATE TABLE bodies (id TEXT NOT NULL UNIQUE, bytes BLOB NOT NULL) STRICT;`,
];

/**
 * Brings an open file to the newest version, in one transaction.
 *
 * @throws {StoreError} If the file is another program's (`ERR_STORE_CORRUPT`) or newer than we are (`ERR_STORE_VERSION`).
 */
export function migrate(db: DatabaseSync, steps: readonly string[], isNew?: 'new'): void {
  const version = readPragma(db, 'user_version');
  if (!isNew && (readPragma(db, 'application_id') !== applicationId || version < 1)) {
    throw new StoreError('ERR_STORE_CORRUPT', 'Cannot open the store: the file is not a store of Sojourn');
  }
  if (version > steps.length) {
    throw new StoreError(
      'ERR_STORE_VERSION',
      `Cannot open the store: it has version ${version}, this program knows versions up to ${steps.length}`,
    );
  }
  if (version === steps.length) return;
  db.exec('BEGIN IMMEDIATE');
  try {
    for (const step of steps.slice(version)) db.exec(step);
    db.exec(`PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${steps.length}; COMMIT`);
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
}

function readPragma(db: DatabaseSync, name: 'application_id' | 'user_version'): number {
  return Number(db.prepare(`PRAGMA ${name}`).get()?.[name]);
}
