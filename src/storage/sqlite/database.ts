import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { inodeOf } from './private-file.ts';

/** An open file. */
export interface DatabaseFile {
  readonly db: DatabaseSync;
  readonly path: string;
  /** Tells whether the file at `path` is still this one. */
  readonly inode: number;
}

/** Changes of one collection that wait for their commit. `text` undefined: the record is deleted. */
export interface WriteBatch {
  readonly collection: string;
  /** Everything before the batch is deleted. */
  readonly cleared: boolean;
  readonly groups: ReadonlyMap<string, ReadonlyMap<string, { readonly text: string | undefined }>>;
}

/** Bodies that wait for their commit; undefined: the body is deleted. */
export interface BodyBatch {
  /** Everything before the batch is deleted. */
  readonly cleared: boolean;
  readonly bodies: ReadonlyMap<string, Buffer | undefined>;
}

/** Key and value of a row of `records`; a damaged file may hold anything. */
export type Row = readonly [key: unknown, value: unknown];

/** Something another connection committed; `group` undefined: any group of it, `collection` undefined: anything at all. */
export interface ForeignChange {
  readonly collection?: string;
  readonly group?: string;
}

/** The change log keeps this many commits; who looks less often is told that anything may have changed. */
const keptRevisions = 16_384;
/** How many revisions pass between two prunings of the log. */
const pruneEvery = 1_024;
/** A commit that changes more groups of a collection than this is logged as one change of everything in it. */
const maxLoggedGroups = 1_024;

/**
 * One connection and its prepared statements. Owned by SqliteStore, which replaces it when its file is damaged or moved.
 * Everything here throws the driver's errors as they are.
 */
export class Database {
  readonly #file: DatabaseFile;
  readonly #statements: Statements;
  /** The newest revision that this connection knows of. */
  #seen: number;
  #dataVersion: unknown;
  #foreign: ForeignChange[] = [];

  constructor(file: DatabaseFile) {
    this.#file = file;
    this.#statements = prepare(file.db);
    this.#dataVersion = this.#statements.dataVersion.get()?.['data_version'];
    this.#seen = Number(this.#statements.newestRevision.get()?.['revision'] ?? 0);
  }

  get inode(): number {
    return this.#file.inode;
  }

  /** Whether the file at the path is still the one that is open. */
  isInPlace(): boolean {
    return inodeOf(this.#file.path) === this.#file.inode;
  }

  group(collection: string, group: string): Row[] {
    return this.#statements.group.all(collection, group) as unknown as Row[];
  }

  groups(collection: string): string[] {
    return this.#statements.groups.all(collection, collection).map(row => String(row['grp']));
  }

  has(collection: string, group: string, key: string): boolean {
    return this.#statements.has.get(collection, group, key) !== undefined;
  }

  total(collection: string): number {
    return Number(this.#statements.total.get(collection)?.['records'] ?? 0);
  }

  body(id: string): Buffer | undefined {
    const bytes = this.#statements.body.get(id)?.['bytes'];
    return bytes instanceof Uint8Array ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) : undefined;
  }

  /** The next ids of bodies after `after` in order, at most `limit`. */
  bodyIds(after: string, limit: number): string[] {
    return this.#statements.bodyIds.all(after, limit).map(row => String(row['id']));
  }

  /** Commits the batches in one transaction: all or nothing. */
  write(batches: Iterable<WriteBatch>, bodies?: BodyBatch): void {
    this.#statements.begin.run();
    try {
      const first = this.#seen + 1;
      let last = this.#seen;
      if (bodies) this.#writeBodies(bodies);
      for (const batch of batches) {
        this.#writeRecords(batch);
        last = this.#log(batch, last);
      }
      if (Math.floor(last / pruneEvery) > Math.floor((first - 1) / pruneEvery))
        this.#statements.prune.run(last - keptRevisions);
      this.#statements.commit.run();
      this.#seen = last;
    } catch (error) {
      if (this.#file.db.isTransaction) this.#statements.rollback.run();
      throw error;
    }
  }

  /** Gives up to `pages` unused pages back to the file system. Returns whether there are more. */
  shrink(pages: number): boolean {
    this.#file.db.exec(`PRAGMA incremental_vacuum(${pages})`);
    return Number(this.#statements.unusedPages.get()?.['freelist_count']) > 0;
  }

  /** What other connections committed since the last call. */
  takeForeignChanges(): readonly ForeignChange[] {
    const dataVersion = this.#statements.dataVersion.get()?.['data_version'];
    if (dataVersion !== this.#dataVersion) {
      this.#readLog(Number(this.#statements.newestRevision.get()?.['revision'] ?? 0));
      this.#dataVersion = dataVersion;
    }
    const changes = this.#foreign;
    if (changes.length > 0) this.#foreign = [];
    return changes;
  }

  close(): void {
    this.#file.db.close();
  }

  #writeRecords({ collection, cleared, groups }: WriteBatch): void {
    const { insert, update, remove, clear, addTotal } = this.#statements;
    let added = cleared ? -Number(clear.run(collection).changes) : 0;
    for (const [group, records] of groups) {
      for (const [key, { text }] of records) {
        if (text === undefined) added -= Number(remove.run(collection, group, key).changes);
        else if (insert.run(collection, group, key, text).changes) added++;
        else update.run(text, collection, group, key);
      }
    }
    if (added !== 0) addTotal.run(collection, added);
  }

  #writeBodies({ cleared, bodies }: BodyBatch): void {
    const { clearBodies, putBody, removeBody } = this.#statements;
    if (cleared) clearBodies.run();
    for (const [id, body] of bodies) {
      if (body) putBody.run(id, body);
      else removeBody.run(id);
    }
  }

  /** Logs what changed, and notes what others logged since we looked. Returns the newest revision. */
  #log({ collection, cleared, groups }: WriteBatch, before: number): number {
    const names = cleared || groups.size > maxLoggedGroups ? [null] : groups.keys();
    let last = before;
    for (const name of names) {
      const revision = Number(this.#statements.log.run(collection, name).lastInsertRowid);
      if (revision !== last + 1) this.#readLog(revision - 1);
      last = revision;
    }
    return last;
  }

  /** Notes the revisions after the newest known one up to `newest`, which are all of others. */
  #readLog(newest: number): void {
    const rows = this.#statements.changes.all(this.#seen, newest);
    if (rows.length < newest - this.#seen)
      this.#foreign.push({}); // pruned before we looked
    else for (const { collection, grp } of rows) this.#foreign.push(foreignChange(String(collection), grp));
    this.#seen = newest;
  }
}

function foreignChange(collection: string, group: unknown): ForeignChange {
  return typeof group === 'string' ? { collection, group } : { collection };
}

type Statements = Record<keyof typeof sql, StatementSync>;

const sql = {
  begin: 'BEGIN IMMEDIATE',
  commit: 'COMMIT',
  rollback: 'ROLLBACK',
  group: 'SELECT key, value FROM records WHERE collection = ? AND grp = ?',
  // One seek a group, where SELECT DISTINCT would read every record.
  groups: `WITH RECURSIVE names(grp) AS (
             SELECT min(grp) FROM records WHERE collection = ?
             UNION ALL
             SELECT (SELECT min(grp) FROM records WHERE collection = ? AND grp > names.grp) FROM names
             WHERE names.grp IS NOT NULL)
           SELECT grp FROM names WHERE grp IS NOT NULL`,
  has: 'SELECT 1 FROM records WHERE collection = ? AND grp = ? AND key = ?',
  total: 'SELECT records FROM totals WHERE collection = ?',
  insert: 'INSERT INTO records VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING',
  update: 'UPDATE records SET value = ? WHERE collection = ? AND grp = ? AND key = ?',
  remove: 'DELETE FROM records WHERE collection = ? AND grp = ? AND key = ?',
  clear: 'DELETE FROM records WHERE collection = ?',
  addTotal: 'INSERT INTO totals VALUES (?, ?) ON CONFLICT DO UPDATE SET records = records + excluded.records',
  unusedPages: 'PRAGMA freelist_count',
  dataVersion: 'PRAGMA data_version',
  newestRevision: 'SELECT max(revision) AS revision FROM changes',
  log: 'INSERT INTO changes (collection, grp) VALUES (?, ?)',
  changes: 'SELECT collection, grp FROM changes WHERE revision > ? AND revision <= ?',
  body: 'SELECT bytes FROM bodies WHERE id = ?',
  bodyIds: 'SELECT id FROM bodies WHERE id > ? ORDER BY id LIMIT ?',
  putBody: 'INSERT INTO bodies VALUES (?, ?)',
  removeBody: 'DELETE FROM bodies WHERE id = ?',
  clearBodies: 'DELETE FROM bodies',
  prune: 'DELETE FROM changes WHERE revision <= ?',
} as const;

function prepare(db: DatabaseSync): Statements {
  const statements = Object.fromEntries(
    Object.entries(sql).map(([name, text]) => [name, db.prepare(text)]),
  ) as Statements;
  // Arrays cost a fifth less than objects, and these rows are the many.
  statements.group.setReturnArrays(true);
  return statements;
}
