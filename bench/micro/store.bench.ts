// The store on disk: commits one by one and in a batch, opening at a million records. node bench/micro/store.bench.ts
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openStore } from '../../src/storage/open-store.ts';
import type { Codec, Store } from '../../src/storage/store.ts';

interface Sample {
  readonly name: string;
  readonly value: string;
}
const codec: Codec<Sample> = { encode: JSON.stringify, decode: text => JSON.parse(text) as Sample };
const sample = { name: 'sid', value: 'x'.repeat(60), domain: 'host.test', path: '/', secure: true, createdAt: 1.7e12 };
const perGroup = 10;

const root = mkdtempSync(join(tmpdir(), 'sojourn-bench-'));
const open = (name: string): Store =>
  openStore({ directory: join(root, name), onProblem: error => console.error(error.message) });

/** Prints how long `count` of `what` took, by the clock and in CPU time (the one to compare on a machine at work). */
async function measure(what: string, count: number, action: () => unknown): Promise<void> {
  const began = performance.now();
  const cpuBegan = process.cpuUsage();
  await action();
  const ms = performance.now() - began;
  const { user, system } = process.cpuUsage(cpuBegan);
  const perSecond = Math.round((count / (user + system)) * 1e6);
  console.log(
    `${what}: ${ms.toFixed(1)} ms; ${perSecond} per CPU second, ${((user + system) / count).toFixed(1)} us each`,
  );
}

try {
  await bare();
  const store = open('small');
  const records = store.records('cookies', codec);
  await measure('put and committed, one by one', 20_000, async () => {
    for (let i = 0; i < 20_000; i++) {
      records.put(`host${i % 2000}.test`, `k${i}`, sample);
      await store.committed();
    }
  });
  await measure('the same with a look for foreign changes and a count before each', 20_000, async () => {
    for (let i = 0; i < 20_000; i++) {
      records.takeForeignChanges();
      records.count();
      records.put(`host${i % 2000}.test`, `l${i}`, sample);
      await store.committed();
    }
  });
  await measure('put in one batch, committed', 100_000, async () => {
    for (let i = 0; i < 100_000; i++) records.put(`new${Math.floor(i / perGroup)}.test`, `k${i}`, sample);
    await store.committed();
  });
  await measure('load one group of 10', 20_000, () => {
    for (let i = 0; i < 20_000; i++) records.load(`new${i % 10_000}.test`);
  });
  await measure('look for foreign changes, once a turn', 20_000, async () => {
    for (let i = 0; i < 20_000; i++) {
      records.takeForeignChanges();
      await new Promise(resolve => setImmediate(resolve));
    }
  });
  await store.close();
  await atAMillion();
} finally {
  rmSync(root, { recursive: true });
}

/** What the driver alone costs: the floor. */
async function bare(): Promise<void> {
  const db = new DatabaseSync(join(root, 'bare.db'));
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
  db.exec('CREATE TABLE records (grp TEXT, key TEXT, value TEXT, PRIMARY KEY (grp, key)) WITHOUT ROWID');
  const insert = db.prepare('INSERT INTO records VALUES (?, ?, ?)');
  await measure('node:sqlite alone: one row, one commit', 20_000, () => {
    for (let i = 0; i < 20_000; i++) insert.run(`host${i % 2000}.test`, `k${i}`, codec.encode(sample));
  });
  await measure('node:sqlite alone: one batch', 100_000, () => {
    db.exec('BEGIN');
    for (let i = 0; i < 100_000; i++) insert.run(`new${Math.floor(i / perGroup)}.test`, `k${i}`, codec.encode(sample));
    db.exec('COMMIT');
  });
  db.close();
}

async function atAMillion(): Promise<void> {
  const store = open('large');
  const records = store.records('cookies', codec);
  for (let batch = 0; batch < 10; batch++) {
    for (let i = batch * 100_000; i < (batch + 1) * 100_000; i++) {
      records.put(`host${Math.floor(i / perGroup)}.test`, `k${i}`, sample);
    }
    await store.committed();
  }
  await store.close();
  let reopened: Store | undefined;
  await measure('a million records: open and load one group', 1, () => {
    reopened = open('large');
    if (reopened.records('cookies', codec).load('host777.test').length !== perGroup) throw new Error('lost');
  });
  const again = reopened?.records('cookies', codec);
  await measure('a million records: count', 1, () => again?.count());
  await measure('a million records: names of 100,000 groups', 100_000, () => again?.groups());
  await reopened?.close();
}
