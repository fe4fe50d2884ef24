import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { systemClock } from '../../util/clock.ts';
import { describeStore } from '../testing/store-contract.ts';
import { SqliteStore } from './sqlite-store.ts';

const root = mkdtempSync(join(tmpdir(), 'sojourn-store-'));
afterAll(() => rmSync(root, { recursive: true }));

let made = 0;
describeStore('SqliteStore', () => {
  const directory = join(root, `${made++}`);
  return new SqliteStore({
    directory,
    clock: systemClock,
    onProblem: error => {
      throw error;
    },
  });
});
