import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Events } from '../fixtures/store-disk.ts';

const root = mkdtempSync(join(tmpdir(), 'sojourn-disk-'));
afterAll(() => rmSync(root, { recursive: true }));

// A mount namespace of its own: what is mounted there goes with the process, whatever becomes of it.
const namespace = ['--map-root-user', '--mount'];
const canMount = spawnSync('unshare', [...namespace, 'mount', '-t', 'tmpfs', 'none', root]).status === 0;

/** Runs a trial of test/fixtures/store-disk.ts on a disk of 2 MiB. */
function run(trial: string): Events {
  const script = 'mount -t tmpfs -o size=2m none "$1" && exec "$2" test/fixtures/store-disk.ts "$1" "$3"';
  const args = [...namespace, 'sh', '-c', script, 'sh', root, process.execPath, trial];
  return JSON.parse(execFileSync('unshare', args, { encoding: 'utf8' })) as Events;
}

describe('a disk that fails: reads go on, and what was written meanwhile is written when it is back', () => {
  test.for<[string, string, Events]>([
    [
      'full under a running store',
      'full',
      [
        ['before', 'committed'],
        ['readable', ['before']],
        ['problem', 'ERR_STORE_FULL'],
        ['during', 'ERR_STORE_FULL'],
        ['readable', ['before', 'during']],
        ['still', 'ERR_STORE_FULL'],
        ['readable', ['before', 'during', 'still']],
        ['small body', 'gone'],
        ['large body', 'ERR_STORE_FULL'],
        ['after', 'committed'],
        ['readable', ['after', 'before', 'during', 'still']],
        ['reopened', ['after', 'before', 'during', 'still']],
      ],
    ],
    [
      'full before the store was made',
      'full-at-open',
      [
        ['problem', 'ERR_STORE_FULL'],
        ['during', 'ERR_STORE_FULL'],
        ['readable', ['during']],
        ['after', 'committed'],
        ['readable', ['after', 'during']],
        ['reopened', ['after', 'during']],
      ],
    ],
    [
      'read-only, with a store on it',
      'read-only-at-open',
      [
        ['before', 'committed'],
        ['readable', ['before']],
        ['problem', 'ERR_STORE_READONLY'],
        ['during', 'ERR_STORE_READONLY'],
        ['readable', ['before', 'during']],
        ['after', 'committed'],
        ['readable', ['after', 'before', 'during']],
        ['reopened', ['after', 'before', 'during']],
      ],
    ],
  ])('%s', ([, trial, events], { skip }) => {
    skip(!canMount, 'mounting a file system in a namespace (unshare) is not permitted here');
    expect(run(trial)).toEqual(events);
  });
});
