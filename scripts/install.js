// Makes `npm start` and `npm test` work in a fresh clone: installs what the lock file names when it is not there.
// Plain JavaScript, because it runs on whatever Node the machine has (20 or newer). Not `npm ci`: it refuses a lock file
// that lacks binaries for other platforms, as one made against a partial mirror does (npm issue 9846).
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const lock = createHash('sha256').update(readFileSync('package-lock.json')).digest('hex');
const stamp = 'node_modules/.sojourn-lock';

if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== lock) {
  console.log('Installing the development dependencies (once, about 20 seconds) ...');
  const npm = spawnSync('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  if (npm.status !== 0) process.exit(npm.status ?? 1);
  writeFileSync(stamp, lock);
}
