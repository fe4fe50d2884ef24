import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import type { Events } from '../fixtures/cache-disk.ts';

const root = mkdtempSync(join(tmpdir(), 'sojourn-cache-disk-'));
afterAll(() => rmSync(root, { recursive: true }));

// A mount namespace of its own: what is mounted there goes with the process, whatever becomes of it.
const namespace = ['--map-root-user', '--mount'];
const canMount = spawnSync('unshare', [...namespace, 'mount', '-t', 'tmpfs', 'none', root]).status === 0;

test('a disk that is full costs hits, never a response', ({ skip }) => {
  skip(!canMount, 'mounting a file system in a namespace (unshare) is not permitted here');
  const script = 'mount -t tmpfs -o size=3m none "$1" && exec "$2" test/fixtures/cache-disk.ts "$1"';
  const args = [...namespace, 'sh', '-c', script, 'sh', root, process.execPath];
  const events = JSON.parse(execFileSync('unshare', args, { encoding: 'utf8' })) as Events;
  expect(events.every(([, , right]) => right)).toBe(true);
  const statuses = (step: string) => events.filter(([name]) => name === step).map(([, status]) => status);
  expect(statuses('again')).toEqual(['hit', 'hit']);
  expect(statuses('full')).toEqual(['miss', 'miss']);
  expect(statuses('stored before')).toEqual(['hit', 'hit']);
  expect(statuses('and kept')).toEqual(['hit', 'hit']);
});
