// `npm run check`: every gate, one line for each, and what it printed when it failed. `--no-tests` leaves out the gates
// that run tests, for a caller that has run them already.
import { readdirSync, readFileSync } from 'node:fs';
import { capture } from './run.ts';

interface Gate {
  readonly name: string;
  readonly program: string;
  readonly args: readonly string[];
  readonly tests?: true;
}

const gates: readonly Gate[] = [
  { name: 'format', program: 'biome', args: ['format', '.'] },
  { name: 'layers', program: 'node', args: ['scripts/layers.ts', '--check'] },
  {
    name: 'lint',
    program: 'oxlint',
    args: ['--type-aware', '--deny-warnings', '--report-unused-disable-directives', '--format=unix'],
  },
  { name: 'types', program: 'tsc', args: ['-p', 'tsconfig.json', '--noEmit'] },
  { name: 'unit tests', program: 'vitest', args: ['run', '--project', 'unit'], tests: true },
  { name: 'API report', program: 'node', args: ['scripts/api-report.ts'] },
  { name: 'docs examples', program: 'vitest', args: ['run', 'test/docs'], tests: true },
];

const chosen = gates.filter(gate => !gate.tests || !process.argv.includes('--no-tests'));
let failed = 0;
for (const gate of chosen) {
  const started = performance.now();
  const { status, output } = await capture(gate.program, gate.args);
  const seconds = ((performance.now() - started) / 1000).toFixed(1);
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'} ${gate.name} (${seconds} s)`);
  if (status === 0) continue;
  failed++;
  console.log(output.trimEnd().replaceAll(/^/gm, '       '));
}
printLargestFiles();
console.log(`${chosen.length - failed} gates passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function printLargestFiles(): void {
  const sizes = readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter(file => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map(file => ({ file, lines: readFileSync(`src/${file}`, 'utf8').split('\n').length - 1 }))
    .toSorted((a, b) => b.lines - a.lines);
  const median = sizes[sizes.length >> 1]?.lines ?? 0;
  console.log(`The ten largest of ${sizes.length} source files (aims: 300 lines, half of them 120; now ${median}):`);
  for (const { file, lines } of sizes.slice(0, 10)) console.log(`  ${String(lines).padStart(4)}  src/${file}`);
}
