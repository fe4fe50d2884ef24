// CPU milliseconds of a fresh process up to the first piece of work, above one that does nothing. Runs the built package.
// Run: npm run build && node bench/rivals/start-up.ts [rounds]
import { execFileSync } from 'node:child_process';
import { loadavg } from 'node:os';
import { pathOf } from './interleave.ts';

const built = JSON.stringify(import.meta.resolve('../../dist/index.js'));
const url = (port: string): string => JSON.stringify(`http://127.0.0.1:${port}/`);

const programs: Record<string, (port: string) => string> = {
  'nothing (base)': () => '',
  'sojourn: first cookie set and read': () => `
    const { session } = await import(${built});
    const { cookies } = session.fromPartition('bench');
    await cookies.set({ url: 'https://a.test/', name: 'a', value: 'b' });
    await cookies.get({ url: 'https://a.test/' });`,
  'tough-cookie: first cookie set and read': () => `
    const { CookieJar } = await import('tough-cookie');
    const jar = new CookieJar();
    await jar.setCookie('a=b', 'https://a.test/');
    await jar.getCookies('https://a.test/');`,
  'sojourn: first fetch': port => `
    const { session } = await import(${built});
    await (await session.fromPartition('bench').fetch(${url(port)})).text();`,
  'undici.request: first request': port => `
    const { request } = await import('undici');
    await (await request(${url(port)})).body.text();`,
  'global fetch: first fetch': port => `await (await fetch(${url(port)})).text();`,
  'got: first request': port => `
    const { default: got } = await import('got');
    await got(${url(port)}).text();`,
  'playwright-core: import': () => `await import('playwright-core');`,
};

function cpuMs(program: string): number {
  const measured = `const before = process.cpuUsage();${program}
    const used = process.cpuUsage(before); console.log((used.user + used.system) / 1000); process.exit();`;
  const output = execFileSync(process.execPath, ['--input-type=module', '--eval', measured], {
    encoding: 'utf8',
    cwd: pathOf(import.meta.resolve('../../')),
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return Number(output.trim());
}

const { spawn } = await import('node:child_process');
const server = spawn(process.execPath, [pathOf(import.meta.resolve('./request-server.ts'))], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const port = await new Promise<string>(resolve => server.stdout.once('data', data => resolve(String(data).trim())));
const rounds = Number(process.argv[2] ?? 7);
const samples = new Map<string, number[]>(Object.keys(programs).map(name => [name, []]));
for (let round = 0; round < rounds; round++) {
  for (const [name, program] of Object.entries(programs)) samples.get(name)!.push(cpuMs(program(port)));
}
server.stdin.end();
console.log(`\nStart-up (${rounds} rounds, interleaved; Node ${process.version}; load ${loadavg()[0]!.toFixed(1)})`);
console.table(
  [...samples].map(([name, values]) => ({
    name,
    'CPU ms, median': Math.round(values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!),
    least: Math.round(Math.min(...values)),
  })),
);
