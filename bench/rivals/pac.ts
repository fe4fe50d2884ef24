// PAC scripts of 20 lines and of 2,000 rules, every URL new or always the same: ours, pac-resolver, and plain node:vm,
// which is no sandbox. One process per trial, rivals interleaved, medians.  node bench/rivals/pac.ts [rounds=5]
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createContext, runInContext } from 'node:vm';
import { interleave, pathOf, trialArguments, type Sample } from './interleave.ts';

type Find = (url: string, host: string) => unknown;

const rivals: Readonly<Record<string, (source: string) => Promise<Find>>> = {
  sojourn,
  'pac-resolver': pacResolver,
  'node:vm': nodeVm,
};

async function sojourn(source: string): Promise<Find> {
  const { PacScript } = await import('../../src/proxy/pac-script.ts');
  const { systemClock } = await import('../../src/util/clock.ts');
  const script = await PacScript.load(source, {
    clock: systemClock,
    random: Math.random,
    resolve: () => Promise.resolve([]),
    ownAddresses: () => [],
    report: console.error,
  });
  return (url, host) => script.find(url, host);
}

async function pacResolver(source: string): Promise<Find> {
  const { createPacResolver } = await import('pac-resolver');
  const { QuickJS } = await import('quickjs-wasi');
  const main = createRequire(import.meta.url).resolve('quickjs-wasi');
  const engine = await QuickJS.create(await readFile(new URL('../quickjs.wasm', `file://${main}`)));
  return createPacResolver(engine, source);
}

async function nodeVm(source: string): Promise<Find> {
  const { sandbox } = await import('pac-resolver');
  const context = createContext({ ...sandbox });
  runInContext(source, context);
  return context['FindProxyForURL'] as Find;
}

const twentyLines = `
function FindProxyForURL(url, host) {
  var lower = host.toLowerCase();
  if (isPlainHostName(lower)) return "DIRECT";
  if (dnsDomainIs(lower, ".intranet.example")) return "DIRECT";
  if (dnsDomainIs(lower, ".corp.example")) return "DIRECT";
  if (localHostOrDomainIs(lower, "www.example")) return "DIRECT";
  if (shExpMatch(lower, "*.local")) return "DIRECT";
  if (shExpMatch(url, "ftp:*")) return "PROXY ftp.example:3128";
  if (lower.indexOf("static") === 0) return "PROXY static.example:8080; DIRECT";
  var parts = lower.split(".");
  if (parts[parts.length - 1] === "onion") return "SOCKS5 127.0.0.1:9050";
  for (var i = 0; i < parts.length; i++) {
    if (parts[i] === "cdn") return "PROXY cdn.example:8080";
  }
  if (url.substring(0, 6) === "https:") {
    return "PROXY a.example:3128; PROXY b.example:3128; DIRECT";
  }
  return "PROXY a.example:3128; DIRECT";
}`;

const rules = Array.from({ length: 2000 }, (_, index) => {
  const test = index % 4 === 0 ? `shExpMatch(host, "*.s${index}.example")` : `dnsDomainIs(host, ".s${index}.example")`;
  return `  if (${test}) return "PROXY p${index % 7}.example:3128";`;
});
const twoThousandRules = `function FindProxyForURL(url, host) {\n${rules.join('\n')}\n  return "DIRECT";\n}`;

const scripts: Readonly<Record<string, string>> = { '20 lines': twentyLines, '2,000 rules': twoThousandRules };

async function runTrial(name: string, [script, urls]: readonly string[]): Promise<void> {
  const start = process.cpuUsage();
  const find = await rivals[name]!(scripts[script!]!);
  await find('https://first.test/', 'first.test');
  const first = process.cpuUsage(start);
  let count = 0;
  const once = (): unknown => {
    const host = urls === 'new' ? `h${count++}.test` : 'same.test';
    return find(`https://${host}/`, host);
  };
  for (const until = performance.now() + 500; performance.now() < until; ) await burst(once, 50);
  const cpu = process.cpuUsage();
  const begun = performance.now();
  let done = 0;
  for (; performance.now() < begun + 1000; done += 50) await burst(once, 50);
  const perSecond = (done * 1000) / (performance.now() - begun);
  const used = process.cpuUsage(cpu);
  const cpuSecondsPer10k = ((used.user + used.system) / 1e6 / done) * 1e4;
  const sample: Sample = { perSecond, cpuSecondsPer10k };
  console.error(`${name}: first evaluation after ${Math.round((first.user + first.system) / 1000)} ms of CPU`);
  console.log(JSON.stringify(sample));
}

/** Waits only for what is not there at once. */
async function burst(once: () => unknown, times: number): Promise<void> {
  for (let time = 0; time < times; time++) {
    const found = once();
    if (found instanceof Promise) await found;
  }
}

const trial = trialArguments();
if (trial) await runTrial(trial.name, trial.args);
else {
  for (const script of Object.keys(scripts)) {
    for (const urls of ['new', 'same']) {
      interleave({
        title: `PAC script of ${script}, ${urls === 'new' ? 'every URL new' : 'always the same URL'}`,
        file: pathOf(import.meta.url),
        contestants: Object.keys(rivals),
        base: 'pac-resolver',
        args: [script, urls],
        rounds: Number(process.argv[2] ?? 5),
      });
    }
  }
}
