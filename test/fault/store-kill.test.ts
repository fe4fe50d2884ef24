import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openStore } from '../../src/storage/open-store.ts';

const rounds = Number(process.env['SOJOURN_ROUNDS'] ?? 20);
/** A store is killed this often before the next one is begun: what must be found again grows with each time. */
const killsPerStore = 20;
const root = mkdtempSync(join(tmpdir(), 'sojourn-kill-'));
afterAll(() => rmSync(root, { recursive: true }));

/** Lets a process write, kills it after some of its commits, and returns the keys that it said were committed. */
async function writeUntilKilled(directory: string, round: number): Promise<string[]> {
  const child = fork('test/fixtures/store-child.ts', { execArgv: [] });
  child.send({ open: directory });
  await once(child, 'message');
  const commitsToLive = Math.floor(Math.random() * 400);
  const acknowledged: string[] = [];
  let commits = 0;
  child.on('message', (keys: string[]) => {
    acknowledged.push(...keys);
    if (++commits > commitsToLive) child.kill('SIGKILL');
  });
  child.send({ fill: `r${round}` });
  await once(child, 'close');
  return acknowledged;
}

test(`what was acknowledged survives kill -9, ${rounds} times`, { timeout: 10_000 + rounds * 2_000 }, async () => {
  const acknowledged = new Set<string>();
  for (let round = 0; round < rounds; round++) {
    const directory = join(root, `${Math.floor(round / killsPerStore)}`);
    if (round % killsPerStore === 0) acknowledged.clear();
    for (const key of await writeUntilKilled(directory, round)) acknowledged.add(key);
    const problems: string[] = [];
    const store = openStore({ directory, onProblem: error => problems.push(error.message) });
    const records = store.records('test', { encode: String, decode: String });
    const found = new Set(Array.from(records.entries(), entry => entry.key));
    expect([...acknowledged].filter(key => !found.has(key))).toEqual([]);
    const bodies = store.bodies();
    expect(records.load('bodies').filter(({ record }) => bodies.readNow(record) === undefined)).toEqual([]);
    expect(records.count()).toBe(Array.from(records.entries()).length);
    await store.close();
    expect(problems).toEqual([]);
    expect(acknowledged.size).toBeGreaterThan(round % killsPerStore);
  }
});
