import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makePrivateDirectory } from './private-directory.ts';

test('missing parents are made, all for the user alone; what is there is left', () => {
  const root = mkdtempSync(join(tmpdir(), 'sojourn-directory-'));
  try {
    makePrivateDirectory(join(root, 'a', 'b', 'c'));
    makePrivateDirectory(join(root, 'a', 'b', 'c'));
    expect(statSync(join(root, 'a', 'b', 'c')).mode & 0o777).toBe(0o700);
    expect(statSync(join(root, 'a')).mode & 0o777).toBe(0o700);
    writeFileSync(join(root, 'file'), '');
    expect(() => makePrivateDirectory(join(root, 'file', 'below'))).toThrow(/ENOTDIR/);
  } finally {
    rmSync(root, { recursive: true });
  }
});

test.runIf(process.platform === 'linux')('a place where nothing can be made is refused, and does not hang', () => {
  expect(() => makePrivateDirectory('/proc/sojourn/below')).toThrow(/ENOENT/);
});
