import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { capture } from '../../scripts/run.ts';

/** How the smoke test ended. */
export interface SmokeResult {
  readonly passed: number;
  readonly failed: number;
  /** What was not run, and why. */
  readonly passedOver: readonly string[];
}

const nodes = resolve('test/smoke/nodes');
const others = {
  'Node 22': `${nodes}/node_modules/node22/bin/node`,
  'Node 24': `${nodes}/node_modules/node24/bin/node`,
};

/** Packs the built package, installs the tarball in an empty project, and runs a first program with it on each Node. */
export async function runSmoke(): Promise<SmokeResult> {
  const project = mkdtempSync(join(tmpdir(), 'sojourn-smoke-'));
  try {
    await installPackage(project);
    await must(nodes, ['ci', '--no-audit', '--no-fund', '--loglevel=error']);
    return await runOnAll(project);
  } finally {
    rmSync(project, { recursive: true, force: true });
  }
}

async function installPackage(project: string): Promise<void> {
  await must('.', ['pack', '--pack-destination', project, '--loglevel=error']);
  writeFileSync(join(project, 'package.json'), '{ "private": true }');
  const tarball = readdirSync(project).find(name => name.endsWith('.tgz'));
  await must(project, ['install', '--prefer-offline', '--no-audit', '--no-fund', '--loglevel=error', `./${tarball}`]);
  for (const file of ['scenario.mjs', 'by-import.mjs', 'by-require.cjs'])
    cpSync(`test/smoke/${file}`, join(project, file));
}

async function runOnAll(project: string): Promise<SmokeResult> {
  const [passedOver, binaries] = [[] as string[], [['Node 26', process.execPath]]];
  for (const [name, binary] of Object.entries(others)) {
    if (existsSync(binary)) binaries.push([name, binary]);
    else passedOver.push(`the package on ${name} (no binary of it for ${process.platform} ${process.arch})`);
  }
  let [passed, failed] = [0, 0];
  for (const [name, binary] of binaries) {
    for (const entry of ['by-import.mjs', 'by-require.cjs', 'sojourn']) {
      const data = join(project, `data ${name} ${entry}`);
      const failure =
        entry === 'sojourn'
          ? await runCommands(binary!, project, data)
          : await runTwice(binary!, join(project, entry), data);
      if (failure === undefined) passed++;
      else failed++;
      console.log(` ${failure === undefined ? '✓' : '✗'} the packed package on ${name}, ${entry}`);
      if (failure !== undefined) console.log(failure);
    }
  }
  return { passed, failed, passedOver };
}

// In two processes, one after the other. Returns what the one that failed printed.
async function runTwice(binary: string, entry: string, data: string): Promise<string | undefined> {
  for (const time of ['first', 'second']) {
    const { status, output } = await capture(binary, [entry, data, 'smoke', time]);
    if (status !== 0) return output;
  }
  return undefined;
}

// What the installed command prints on both of its outputs, warnings of Node included. Returns what is wrong with it.
async function runCommands(binary: string, project: string, data: string): Promise<string | undefined> {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  const commands: readonly [line: string, expected: string][] = [
    ['--version', `${version}\n`],
    ['cookies set https://site.test/ theme dark', ''],
    [
      'cookies list --values',
      'DOMAIN     PATH  NAME   EXPIRES (UTC)  FLAGS         VALUE\nsite.test  /     theme  session        SameSite=lax  dark\n',
    ],
  ];
  const command = join(project, 'node_modules', '.bin', 'sojourn');
  for (const [line, expected] of commands) {
    const { status, output } = await capture(binary, [command, ...line.split(' '), '--data', data]);
    if (status !== 0 || output !== expected) return `sojourn ${line}: ${status}\n${output}`;
  }
  return undefined;
}

async function must(cwd: string, args: readonly string[]): Promise<void> {
  const { status, output } = await capture('npm', args, { cwd });
  if (status !== 0) throw new Error(`npm ${args.join(' ')} failed:\n${output}`);
}
