// CPU milliseconds of whole commands on a session of 100,000 cookies. Runs the built package.
// Run: npm run build && node bench/rivals/cli.ts [rounds]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { app, session } from '../../src/index.ts';
import { pathOf } from './interleave.ts';

const built = pathOf(import.meta.resolve('../../dist/cli/main.js'));
const data = mkdtempSync(join(tmpdir(), 'sojourn-bench-'));
const rounds = Number(process.argv[2] ?? 7);
const count = 100_000;
const sites = 5_000;

app.setPath('userData', data);
const ses = session.fromPartition('persist:full', { cookieLimits: { total: Infinity } });
const expires = Math.floor(Date.now() / 1000) + 86_400 * 300;
const lines = Array.from(
  { length: count },
  (_, at) => `.site${at % sites}.test\tTRUE\t/\tTRUE\t${expires}\tname${Math.floor(at / sites)}\tvalue-${at}`,
);
await ses.cookies.import(['# Netscape HTTP Cookie File', ...lines].join('\n'));
await ses.close();

// It reports its own CPU time, of all its threads, when it exits.
const report = join(data, 'report.mjs');
writeFileSync(
  report,
  `process.on('exit', () => {
    const { userCPUTime, systemCPUTime } = process.resourceUsage();
    console.error((userCPUTime + systemCPUTime) / 1000);
  });`,
);

function cpuMs(command: readonly string[]): number {
  const { stderr } = spawnSync(process.execPath, ['--import', report, built, ...command, '--data', data], {
    encoding: 'utf8',
    maxBuffer: Number.POSITIVE_INFINITY,
  });
  return Number(stderr.trim());
}

const commands = [
  ['--version'],
  ['cookies', 'get', 'https://site1.test/', 'name1', '-p', 'persist:full'],
  ['cookies', 'list', '-p', 'persist:full'],
  ['cookies', 'list', '--json', '-p', 'persist:full'],
  ['cookies', 'export', '-p', 'persist:full'],
];
const samples = commands.map(() => [] as number[]);
for (let round = 0; round < rounds; round++) commands.forEach((command, at) => samples[at]!.push(cpuMs(command)));
rmSync(data, { recursive: true });

console.log(
  `\nCommands on ${count} cookies (${rounds} rounds, interleaved; Node ${process.version}; load ${loadavg()[0]!.toFixed(1)})`,
);
console.table(
  commands.map((command, at) => ({
    command: command.slice(0, 3).join(' ').replace(' -p', ''),
    'CPU ms, median': Math.round(samples[at]!.toSorted((a, b) => a - b)[rounds >> 1]!),
    least: Math.round(Math.min(...samples[at]!)),
  })),
);
