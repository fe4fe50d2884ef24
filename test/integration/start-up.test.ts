import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const built = resolve('dist/index.js');

test('up to the first cookie at most 35 files are loaded, and nothing of undici', async context => {
  if (!existsSync(built)) return context.skip('the package is not built: npm run build');
  const child = resolve('test/fixtures/start-up-child.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [child, built]);
  const files = JSON.parse(stdout) as string[];
  expect(files.length).toBeGreaterThan(0);
  expect(files.length).toBeLessThanOrEqual(35);
  expect(files.filter(file => /node_modules\/undici|quickjs/.test(file))).toEqual([]);
});
