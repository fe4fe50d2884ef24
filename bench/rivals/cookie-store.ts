// Cookie look-ups per CPU second and bytes per cookie: ours, tough-cookie's and a naive Map's. One process per trial,
// rivals interleaved, medians.  node bench/rivals/cookie-store.ts [trials=5]
import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';

interface Rival {
  /** Stores one cookie of a host, as a response would. */
  store(host: string, line: string): void;
  /** The Cookie header for a host's root page. */
  header(host: string): string;
}

interface Shape {
  readonly label: string;
  readonly hosts: number;
  readonly perHost: number;
}

const shapes: readonly Shape[] = [
  { label: '1k cookies', hosts: 100, perHost: 10 },
  { label: '10k cookies', hosts: 1_000, perHost: 10 },
  { label: '100k cookies', hosts: 10_000, perHost: 10 },
  { label: '1m cookies', hosts: 100_000, perHost: 10 },
  { label: 'one domain, 180', hosts: 1, perHost: 180 },
  { label: 'one domain, 500', hosts: 1, perHost: 500 },
  { label: 'one domain, 3000', hosts: 1, perHost: 3_000 },
];

const rivals: Readonly<Record<string, () => Promise<Rival>>> = {
  sojourn,
  'tough-cookie': toughCookie,
  'naive Map': naiveMap,
};

async function sojourn(): Promise<Rival> {
  const { CookieStore } = await import('../../src/cookies/cookie-store.ts');
  const { MemoryStore } = await import('../../src/storage/memory/memory-store.ts');
  const { systemClock } = await import('../../src/util/clock.ts');
  const store = new CookieStore({
    records: new MemoryStore().records('cookies'),
    clock: systemClock,
    limits: { perSite: Number.POSITIVE_INFINITY, total: Number.POSITIVE_INFINITY },
    keepSessionCookies: true,
  });
  const target = (host: string) => ({ protocol: 'https:', hostname: host, path: '/' });
  const context = (host: string) =>
    ({ sameSite: 'same-site-strict', topLevelSite: `https://${host}`, http: true }) as const;
  return {
    store: (host, line) => void store.receive(target(host), [line], context(host)),
    header: host => store.header(target(host), context(host)),
  };
}

async function toughCookie(): Promise<Rival> {
  const { CookieJar } = await import('tough-cookie');
  const jar = new CookieJar();
  return {
    store: (host, line) => void jar.setCookieSync(line, `https://${host}/`),
    header: host => jar.getCookieStringSync(`https://${host}/`),
  };
}

/** The floor: no rules at all, a Map of Maps, the header put together each time. */
async function naiveMap(): Promise<Rival> {
  const hosts = new Map<string, Map<string, { name: string; value: string; path: string; createdAt: number }>>();
  return {
    store(host, line) {
      const name = line.slice(0, line.indexOf('='));
      const value = line.slice(name.length + 1, line.indexOf(';'));
      let cookies = hosts.get(host);
      if (!cookies) hosts.set(host, (cookies = new Map()));
      cookies.set(`${host};/;${name}`, { name, value, path: '/', createdAt: Date.now() });
    },
    header: host => Array.from(hosts.get(host)?.values() ?? [], cookie => `${cookie.name}=${cookie.value}`).join('; '),
  };
}

interface Measured {
  readonly perSecond: number;
  readonly bytesPerCookie: number;
}

async function measure(rivalName: string, shape: Shape): Promise<Measured> {
  // Code and its tables are not counted.
  const warm = await rivals[rivalName]!();
  fill(warm, shapes[0]!);
  const before = memory();
  const rival = await rivals[rivalName]!();
  fill(rival, shape);
  const bytesPerCookie = (memory() - before) / (shape.hosts * shape.perHost);
  lookUp(warm, shapes[0]!, 100);
  lookUp(rival, shape, 200);
  return { perSecond: lookUp(rival, shape, 2_000), bytesPerCookie };
}

function fill(rival: Rival, shape: Shape): void {
  for (let cookie = 0; cookie < shape.perHost; cookie++) {
    for (let host = 0; host < shape.hosts; host++) {
      rival.store(hostName(host), `cookie${cookie}=value-${host}-${cookie}-abcdefgh; Path=/; Secure; Max-Age=86400`);
    }
  }
}

/** Look-ups per CPU second, of hosts in an order without a pattern. */
function lookUp(rival: Rival, shape: Shape, forMs: number): number {
  const started = process.cpuUsage();
  let done = 0;
  let seed = 12_345;
  let spentMicroseconds = 0;
  while (spentMicroseconds < forMs * 1000) {
    for (let batch = 0; batch < 200; batch++) {
      seed = (seed * 1_103_515_245 + 12_345) & 0x7fffffff;
      if (rival.header(hostName((seed >>> 8) % shape.hosts)) === '') throw new Error('a header is missing');
    }
    done += 200;
    const { user, system } = process.cpuUsage(started);
    spentMicroseconds = user + system;
  }
  return (done / spentMicroseconds) * 1e6;
}

function hostName(index: number): string {
  return `www.site${index}.test`;
}

function memory(): number {
  globalThis.gc?.();
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
}

function trial(rivalName: string, shape: Shape): Measured | undefined {
  // tough-cookie needs minutes to be filled with a million cookies, or to look through thousands of one domain.
  if (rivalName === 'tough-cookie' && shape.hosts * shape.perHost > 100_000) return undefined;
  const file = fileURLToPath(import.meta.url);
  const flags = ['--expose-gc', '--max-old-space-size=4096', file, 'trial', rivalName, shape.label];
  return JSON.parse(execFileSync(process.execPath, flags, { encoding: 'utf8' })) as Measured;
}

/** NaN when nothing was measured. */
function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

function main(trials: number): void {
  console.log(`node ${process.version}, ${cpus()[0]?.model}, medians of ${trials}, tough-cookie 6.1.0\n`);
  console.log(
    '| | sojourn/s | tough-cookie/s | naive Map/s | over tough | over naive | bytes each: ours / tough / naive |',
  );
  console.log('|---|---|---|---|---|---|---|');
  for (const shape of shapes) {
    const results = new Map<string, Measured[]>(Object.keys(rivals).map(name => [name, []]));
    for (let round = 0; round < trials; round++) {
      for (const [name, ofRival] of results) {
        const result = trial(name, shape);
        if (result) ofRival.push(result);
      }
    }
    const measured = [...results.values()];
    const speeds = measured.map(one => median(one.map(({ perSecond }) => perSecond)));
    const bytes = measured.map(one => median(one.map(({ bytesPerCookie }) => bytesPerCookie)));
    const [ours, tough, naive] = speeds as [number, number, number];
    const ratios = [shown(ours / tough, 1), shown(ours / naive, 1)];
    const cells = [...speeds.map(speed => shown(speed)), ...ratios, bytes.map(size => shown(size)).join(' / ')];
    console.log(`| ${shape.label} | ${cells.join(' | ')} |`);
  }
}

function shown(value: number, digits = 0): string {
  return Number.isNaN(value) ? '-' : value.toLocaleString('en', { maximumFractionDigits: digits });
}

const [mode, rivalName, label] = process.argv.slice(2);
if (mode === 'trial') {
  const shape = shapes.find(one => one.label === label)!;
  console.log(JSON.stringify(await measure(rivalName!, shape)));
} else {
  main(Number(mode ?? 5));
}
