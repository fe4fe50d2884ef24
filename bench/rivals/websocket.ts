// WebSocket echo on loopback: messages of 1 KB, 64 under way on one connection.
// Run: node bench/rivals/websocket.ts [rounds]
import { spawn } from 'node:child_process';
import { interleave, measure, pathOf, trialArguments } from './interleave.ts';

/** Sends a message and calls back for each that comes. */
interface Echo {
  readonly send: () => void;
  onMessage: () => void;
}

type Open = (url: string) => Promise<Echo>;

const text = 'x'.repeat(1024);
const bytes = Buffer.alloc(1024, 'x');

/** Of any class in the WHATWG's shape. */
async function opened(
  socket: EventTarget & { send(data: string | Uint8Array): void; binaryType?: unknown },
  data: string | Uint8Array,
): Promise<Echo> {
  const echo: Echo = { send: () => socket.send(data), onMessage: () => {} };
  socket.addEventListener('message', () => echo.onMessage());
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve());
    socket.addEventListener('error', reject);
  });
  return echo;
}

function withBuffers<S extends { binaryType: unknown }>(socket: S): S {
  socket.binaryType = 'arraybuffer';
  return socket;
}

const contestants: Record<string, Open> = {
  'undici, text': async url => opened(new (await import('undici')).WebSocket(url), text),
  'ses.WebSocket, text': async url => {
    const { session } = await import('../../src/index.ts');
    return opened(new (session.fromPartition('bench').WebSocket)(url), text);
  },
  'net.WebSocket, text': async url => {
    const { net } = await import('../../src/index.ts');
    return opened(new net.WebSocket(url, { partition: 'bench' }), text);
  },
  'ws, text': async url => {
    const { WebSocket } = await import('ws');
    return opened(new WebSocket(url) as never, text);
  },
  'undici, bytes': async url => opened(withBuffers(new (await import('undici')).WebSocket(url)), bytes),
  'ses.WebSocket, bytes': async url => {
    const { session } = await import('../../src/index.ts');
    return opened(withBuffers(new (session.fromPartition('bench').WebSocket)(url)), bytes);
  },
  'net.WebSocket, bytes': async url => {
    const { net } = await import('../../src/index.ts');
    return opened(new net.WebSocket(url, { partition: 'bench' }), bytes);
  },
  'ws, bytes': async url => {
    const { WebSocket } = await import('ws');
    return opened(new WebSocket(url) as never, bytes);
  },
};

const trial = trialArguments();
if (trial) {
  const echo = await contestants[trial.name]!(trial.args[0]!);
  const waiting: (() => void)[] = [];
  echo.onMessage = () => waiting.shift()?.();
  const work = (): Promise<void> =>
    new Promise(resolve => {
      waiting.push(resolve);
      echo.send();
    });
  console.log(JSON.stringify(await measure(work, { total: 60_000, width: 64 })));
  process.exit();
}

const server = spawn(process.execPath, [pathOf(import.meta.resolve('./websocket-server.ts'))], {
  stdio: ['pipe', 'pipe', 'inherit'],
});
const port = await new Promise<string>(resolve =>
  server.stdout.once('data', (data: Buffer) => resolve(String(data).trim())),
);
for (const kind of ['text', 'bytes']) {
  interleave({
    title: `WebSocket echo, ${kind}`,
    file: pathOf(import.meta.url),
    contestants: Object.keys(contestants).filter(name => name.endsWith(kind)),
    base: `undici, ${kind}`,
    args: [`ws://127.0.0.1:${port}/`],
    rounds: Number(process.argv[2] ?? 5),
  });
}
server.stdin.end();
