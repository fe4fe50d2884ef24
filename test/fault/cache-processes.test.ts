import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStore } from '../../src/storage/open-store.ts';
import { bodyOf, serveBody } from '../fixtures/cache-bodies.ts';
import type { Order, Outcome } from '../fixtures/cache-child.ts';
import { CacheClient } from '../fixtures/cache-client.ts';
import { HttpOrigin } from '../fixtures/http-origin.ts';

const rounds = Number(process.env['SOJOURN_ROUNDS'] ?? 20);
const root = mkdtempSync(join(tmpdir(), 'sojourn-cache-'));
const origin = new HttpOrigin(serveBody);
let url: string;
beforeAll(async () => {
  url = await origin.listen();
});
afterAll(async () => {
  await origin.close();
  rmSync(root, { recursive: true });
});

async function startChild(directory: string): Promise<ChildProcess> {
  const child = fork('test/fixtures/cache-child.ts', { execArgv: [] });
  await ask(child, { open: directory });
  return child;
}

async function ask<T>(child: ChildProcess, order: Order): Promise<T> {
  child.send(order);
  return (await once(child, 'message'))[0] as T;
}

async function stop(child: ChildProcess): Promise<void> {
  child.send({ close: true } satisfies Order);
  await once(child, 'close');
}

test(`what is served after kill -9 is right, ${rounds} times`, async () => {
  const directory = join(root, 'kill');
  let hits = 0;
  for (let round = 0; round < rounds; round++) {
    const child = await startChild(directory);
    let toLive = Math.floor(Math.random() * 30);
    child.on('message', () => {
      if (toLive-- <= 0) child.kill('SIGKILL');
    });
    child.send({ fill: url } satisfies Order);
    await once(child, 'close');
    const problems: string[] = [];
    const store = openStore({ directory, onProblem: error => problems.push(error.message) });
    const client = new CacheClient({ store });
    for (const { url: stored, size, complete } of client.cache.entries()) {
      const wanted = bodyOf(new URL(stored).pathname);
      expect([complete, size >= wanted.byteLength]).toEqual([true, true]);
      const reply = await client.fetch(stored);
      expect(reply.body.equals(wanted), stored).toBe(true);
      if (reply.cacheStatus === 'hit') hits++;
    }
    await client.close();
    await store.close();
    expect(problems).toEqual([]);
  }
  expect(hits).toBeGreaterThan(rounds);
});

test('two processes fill one cache, and each answers with what the other one stored', async () => {
  const directory = join(root, 'two');
  const [one, two] = [await startChild(directory), await startChild(directory)];
  const paths = Array.from({ length: 40 }, (_, n) => `/p${n}-${[10, 70_000][n % 2]}`);
  const half = paths.length / 2;
  const stored = await Promise.all([
    Promise.resolve().then(async () => {
      for (const path of paths.slice(0, half)) await ask<Outcome>(one, { fetch: url + path });
    }),
    Promise.resolve().then(async () => {
      for (const path of paths.slice(half)) await ask<Outcome>(two, { fetch: url + path });
    }),
  ]);
  expect(stored.length).toBe(2);
  for (const path of paths) {
    expect([path, await ask<Outcome>(one, { fetch: url + path })]).toEqual([path, { cacheStatus: 'hit', right: true }]);
    expect([path, await ask<Outcome>(two, { fetch: url + path })]).toEqual([path, { cacheStatus: 'hit', right: true }]);
  }
  // What a process has in memory is gone, too, when another one clears.
  await ask(one, { clear: true });
  for (const path of paths) {
    expect([path, await ask<Outcome>(two, { fetch: url + path })]).toEqual([
      path,
      { cacheStatus: 'miss', right: true },
    ]);
  }
  await Promise.all([stop(one), stop(two)]);
});

test('a clear by another process overtakes a response that is being stored', async () => {
  const directory = join(root, 'overtaken');
  const child = await startChild(directory);
  const store = openStore({ directory, onProblem: () => undefined });
  const client = new CacheClient({ store });
  const slow = new HttpOrigin((_request, response) => {
    response.writeHead(200, { 'Cache-Control': 'max-age=1000' }).write('bo');
    void ask(child, { clear: true }).then(() => response.end('dy'));
  });
  const slowUrl = await slow.listen();
  expect((await client.fetch(`${slowUrl}/a`)).body.toString()).toBe('body');
  await store.committed();
  expect([...client.cache.entries()]).toEqual([]);
  await client.close();
  await store.close();
  await slow.close();
  await stop(child);
});
