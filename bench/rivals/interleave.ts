import { execFileSync } from 'node:child_process';
import { loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';

/** What one trial, in a process of its own, measured. */
export interface Sample {
  /** Work done per second of wall time. */
  readonly perSecond: number;
  /** CPU seconds for 10,000 units of work. */
  readonly cpuSecondsPer10k: number;
}

interface Plan {
  readonly title: string;
  /** The file that runs one trial when called with `--trial NAME ...args` and prints a Sample as JSON. */
  readonly file: string;
  readonly contestants: readonly string[];
  /** The contestant that the ratios are taken over. */
  readonly base: string;
  readonly args: readonly string[];
  readonly rounds: number;
}

/** Runs every contestant once a round, in turn, so that a change of the machine's pace meets all alike; prints medians. */
export function interleave(plan: Plan): void {
  const samples = new Map<string, Sample[]>(plan.contestants.map(name => [name, []]));
  for (let round = 0; round < plan.rounds; round++) {
    for (const name of plan.contestants) samples.get(name)!.push(runTrial(plan, name));
  }
  const base = summary(samples.get(plan.base)!);
  console.log(
    `\n${plan.title} (${plan.rounds} rounds, interleaved; Node ${process.version}; load ${loadavg()[0]!.toFixed(1)})`,
  );
  console.table(
    plan.contestants.map(name => {
      const own = summary(samples.get(name)!);
      return {
        name,
        'per second': Math.round(own.perSecond),
        [`over ${plan.base}`]: round2(own.perSecond / base.perSecond),
        'CPU s per 10k': round2(own.cpuSecondsPer10k),
        'CPU over base': round2(own.cpuSecondsPer10k / base.cpuSecondsPer10k),
      };
    }),
  );
}

function runTrial(plan: Plan, name: string): Sample {
  const output = execFileSync(process.execPath, [plan.file, '--trial', name, ...plan.args], { encoding: 'utf8' });
  return JSON.parse(output.trim().split('\n').at(-1)!) as Sample;
}

function summary(samples: readonly Sample[]): Sample {
  return {
    perSecond: median(samples.map(sample => sample.perSecond)),
    cpuSecondsPer10k: median(samples.map(sample => sample.cpuSecondsPer10k)),
  };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!;
}

function round2(value: number): number {
  return Math.round(value * 100) / 100;
}

/** The name of the trial that this process was started for, and its arguments; undefined in the process that plans. */
export function trialArguments(): { readonly name: string; readonly args: readonly string[] } | undefined {
  const at = process.argv.indexOf('--trial');
  return at === -1 ? undefined : { name: process.argv[at + 1]!, args: process.argv.slice(at + 2) };
}

/** Does `total` pieces of work, `width` at a time, after a warm-up of a fifth of it. */
export async function measure(
  work: () => Promise<unknown>,
  { total, width }: { total: number; width: number },
): Promise<Sample> {
  await pool(work, Math.ceil(total / 5), width);
  const cpu = process.cpuUsage();
  const start = performance.now();
  await pool(work, total, width);
  const seconds = (performance.now() - start) / 1000;
  const used = process.cpuUsage(cpu);
  return { perSecond: total / seconds, cpuSecondsPer10k: ((used.user + used.system) / 1e6 / total) * 1e4 };
}

async function pool(work: () => Promise<unknown>, total: number, width: number): Promise<void> {
  let left = total;
  const worker = async (): Promise<void> => {
    while (left-- > 0) await work();
  };
  await Promise.all(Array.from({ length: width }, worker));
}

/** The path of a file, for `Plan.file`. */
export function pathOf(moduleUrl: string): string {
  return fileURLToPath(moduleUrl);
}
