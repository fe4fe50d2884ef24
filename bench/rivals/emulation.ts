// What the emulated network costs while it is off, and how near it comes in real time while it is on.
// Run: node bench/rivals/emulation.ts cost [rounds]; node bench/rivals/emulation.ts accuracy [seconds] [transfers,...]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { interleave, measure, pathOf, trialArguments } from './interleave.ts';

const serverFile = pathOf(import.meta.resolve('./request-server.ts'));

async function runTrial(name: string, url: string): Promise<void> {
  const { session } = await import('../../src/index.ts');
  const { Pipeline } = await import('../../src/network/pipeline.ts');
  if (name === 'without the step') {
    const set = Object.getOwnPropertyDescriptor(Pipeline.prototype, 'set')!.value as InstanceType<
      typeof Pipeline
    >['set'];
    Pipeline.prototype.set = function (step, interceptor) {
      set.call(this, step, step === 'conditions' ? undefined : interceptor);
    };
  }
  const ses = session.fromPartition('bench', { cache: false });
  if (name === 'on and off again') {
    ses.enableNetworkEmulation('DSL');
    ses.disableNetworkEmulation();
  }
  const work = async (): Promise<unknown> => (await ses.fetch(url)).text();
  console.log(JSON.stringify(await measure(work, { total: 20_000, width: 64 })));
  process.exit();
}

async function compareCost(rounds: number): Promise<void> {
  const server = spawn(process.execPath, [serverFile], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [port] = (await once(server.stdout, 'data')) as [Buffer];
  interleave({
    title: 'Emulation off',
    file: pathOf(import.meta.url),
    contestants: ['without the step', 'off', 'on and off again'],
    base: 'without the step',
    args: [`http://127.0.0.1:${String(port).trim()}/`],
    rounds,
  });
  server.stdin.end();
}

/** Bytes per second. */
const rates = { GPRS: 6400, '3G': 180_000, '20 Mbit/s': 2_500_000 };

interface Point {
  readonly rate: number;
  readonly transfers: number;
  readonly direction: 'down' | 'up';
  readonly seconds: number;
}

/** How far the rate is off, and the share that is furthest from fair; both relative. */
async function measurePoint({ rate, transfers, direction, seconds }: Point): Promise<readonly [number, number]> {
  const { session } = await import('../../src/index.ts');
  const received = Array<number>(transfers).fill(0);
  const body = Buffer.alloc(Math.ceil((rate * (seconds + 4)) / transfers));
  const server = createServer((request, response) => {
    if (direction === 'down') return void response.end(body);
    const index = Number(request.url!.slice(1));
    request.on('data', (chunk: Buffer) => (received[index]! += chunk.byteLength)).on('error', () => {});
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const ses = session.fromPartition('accuracy', { cache: false });
  ses.enableNetworkEmulation(direction === 'down' ? { downloadThroughput: rate } : { uploadThroughput: rate });
  const take = async (index: number): Promise<void> => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/${index}`;
    const response = await ses.fetch(url, direction === 'down' ? {} : { method: 'POST', body });
    for await (const chunk of response.body!) received[index]! += (chunk as Uint8Array).byteLength;
  };
  for (let index = 0; index < transfers; index++) take(index).catch(() => {});
  await pause(1000);
  const [before, begin] = [[...received], performance.now()];
  await pause(seconds * 1000);
  const tookSeconds = (performance.now() - begin) / 1000;
  const got = received.map((bytes, index) => bytes - before[index]!);
  const total = got.reduce((sum, bytes) => sum + bytes, 0);
  await ses.destroy();
  server.closeAllConnections();
  server.close();
  const unfair = Math.max(...got.map(bytes => Math.abs(bytes / (total / transfers) - 1)));
  return [total / (rate * tookSeconds) - 1, unfair];
}

function pause(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms));
}

async function showAccuracy(seconds: number, counts: readonly number[]): Promise<void> {
  const rows: object[] = [];
  for (const [name, rate] of Object.entries(rates)) {
    for (const transfers of counts) {
      for (const direction of ['down', 'up'] as const) {
        const [off, unfair] = await measurePoint({ rate, transfers, direction, seconds });
        const percent = (value: number): string => `${(value * 100).toFixed(2)} %`;
        rows.push({ name, transfers, direction, 'rate off by': percent(off), 'worst share off by': percent(unfair) });
      }
    }
  }
  console.log(`\nThe emulated network in real time, ${seconds} s a point; Node ${process.version}`);
  console.table(rows);
}

const trial = trialArguments();
if (trial) await runTrial(trial.name, trial.args[0]!);
else if (process.argv[2] === 'accuracy') {
  const counts = (process.argv[4] ?? '1,6,50').split(',').map(Number);
  await showAccuracy(Number(process.argv[3] ?? 5), counts);
} else await compareCost(Number(process.argv[3] ?? 7));
