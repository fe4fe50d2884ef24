// `npm run bench`: every trial against its rivals, one after the other; the tables go to bench/results.md too.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { pathOf } from './interleave.ts';

const trials = [
  'start-up',
  'requests',
  'cookie-store',
  'cache',
  'pac',
  'agents',
  'websocket',
  'proxy',
  'verify-proc',
  'emulation',
  'cli',
];
const rivals = ['undici', 'tough-cookie', 'fetch-cookie', 'got', 'axios', 'pac-resolver', 'ws'];

const versions = rivals.map(name => {
  const manifest = readFileSync(pathOf(import.meta.resolve(`../../node_modules/${name}/package.json`)), 'utf8');
  return `${name} ${(JSON.parse(manifest) as { version: string }).version}`;
});
const only = process.argv.slice(2);
const sections: string[] = [];
for (const trial of trials.filter(name => only.length === 0 || only.includes(name))) {
  const { stdout, status } = spawnSync(process.execPath, [pathOf(import.meta.resolve(`./${trial}.ts`))], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  process.stdout.write(stdout);
  sections.push(
    `## ${trial}\n\n\`\`\`\n${stdout.trim()}\n\`\`\`\n${status === 0 ? '' : `\nEnded with status ${status}.\n`}`,
  );
}
if (only.length === 0) {
  const machine = `${cpus().length} x ${cpus()[0]!.model.trim()}, Node ${process.version}, ${new Date().toISOString().slice(0, 10)}`;
  const intro = `Shared machines are noisy: read the ratios, not the absolutes. ${machine}; ${versions.join(', ')}.`;
  writeFileSync(
    pathOf(import.meta.resolve('../results.md')),
    `# Benchmark results\n\n${intro}\n\n${sections.join('\n')}`,
  );
}
