import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openStore } from '../../src/storage/open-store.ts';
import { ManualClock } from '../../src/util/testing/manual-clock.ts';
import { bodyOf, serveBody } from '../fixtures/cache-bodies.ts';
import { CacheClient } from '../fixtures/cache-client.ts';
import { HttpOrigin } from '../fixtures/http-origin.ts';

const root = mkdtempSync(join(tmpdir(), 'sojourn-damage-'));
const origin = new HttpOrigin(serveBody);
let url: string;
beforeAll(async () => {
  url = await origin.listen();
});
afterAll(async () => {
  await origin.close();
  rmSync(root, { recursive: true });
});

/** Uses a cache as one process would from start to end. */
async function session<T>(directory: string, use: (client: CacheClient) => Promise<T>): Promise<T> {
  const store = openStore({ directory, onProblem: () => undefined });
  const client = new CacheClient({ store });
  try {
    return await use(client);
  } finally {
    await client.close();
    await store.close();
  }
}

function filesBelow(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile())
    .map(entry => join(entry.parentPath, entry.name));
}

function bodyFiles(directory: string): string[] {
  return filesBelow(directory).filter(file => /\/f\.[^/]+$/.test(file));
}

function flipBit(file: string, at: number): void {
  const bytes = readFileSync(file);
  bytes[at]! ^= 1;
  writeFileSync(file, bytes);
}

const damages: readonly [string, string, (directory: string) => void][] = [
  ['a file with a bit flipped', '/file-700000', directory => flipBit(bodyFiles(directory)[0]!, 350_000)],
  ['a file that is cut short', '/file-700001', directory => truncateSync(bodyFiles(directory)[0]!, 300_000)],
  ['a file that is empty', '/file-700002', directory => truncateSync(bodyFiles(directory)[0]!, 0)],
  ['a file that is gone', '/file-700003', directory => rmSync(bodyFiles(directory)[0]!)],
  [
    'a row with other bytes',
    '/row-1000',
    directory => {
      const database = new DatabaseSync(filesBelow(directory).find(file => /\.(?:db|sqlite)$/.test(file))!);
      expect(database.prepare('UPDATE bodies SET bytes = zeroblob(length(bytes))').run().changes).toBe(1);
      database.close();
    },
  ],
];

test.each(damages)('%s is noticed, fetched again and whole from then on', async (_what, path, damage) => {
  const directory = mkdtempSync(join(root, 'd'));
  await session(directory, client => client.fetch(url + path));
  damage(directory);
  const asked = origin.requests.length;
  await session(directory, async client => {
    for (const status of ['miss', 'hit']) {
      const reply = await client.fetch(url + path);
      expect([reply.cacheStatus, reply.body.equals(bodyOf(path))]).toEqual([status, true]);
    }
  });
  expect(origin.requests.length).toBe(asked + 1);
});

test('damage behind what was handed out already ends the response with an error, and is gone the next time', async () => {
  const directory = mkdtempSync(join(root, 'd'));
  const path = '/file-5000000';
  await session(directory, client => client.fetch(url + path));
  flipBit(bodyFiles(directory)[0]!, 4_000_000);
  await session(directory, async client => {
    await expect(client.fetch(url + path)).rejects.toMatchObject({ code: 'ERR_CACHE_READ_FAILURE' });
    expect((await client.fetch(url + path)).body.equals(bodyOf(path))).toBe(true);
  });
});

test('a damaged index is set aside, and the cache begins anew', async () => {
  const directory = mkdtempSync(join(root, 'd'));
  await session(directory, client => client.fetch(`${url}/row-1000`));
  const database = filesBelow(directory).find(file => /\.(?:db|sqlite)$/.test(file))!;
  writeFileSync(database, Buffer.alloc(20_000, 'no database'));
  await session(directory, async client => {
    expect((await client.fetch(`${url}/row-1000`)).body.equals(bodyOf('/row-1000'))).toBe(true);
    expect((await client.fetch(`${url}/row-1000`)).cacheStatus).toBe('hit');
  });
});

test('a beginning on disk is completed by a range in a later process', async () => {
  const directory = mkdtempSync(join(root, 'd'));
  const body = bodyOf('/cut-400000');
  let cut = true;
  const server = new HttpOrigin((request, response) => {
    const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
    const headers = { 'Cache-Control': 'max-age=1000', ETag: '"a"', 'Content-Length': body.byteLength - start };
    if (start > 0)
      response.writeHead(206, {
        ...headers,
        'Content-Range': `bytes ${start}-${body.byteLength - 1}/${body.byteLength}`,
      });
    else response.writeHead(200, headers);
    if (!cut) return void response.end(body.subarray(start));
    cut = false;
    response.write(body.subarray(0, 200_000), () => setImmediate(() => response.destroy()));
  });
  const from = await server.listen();
  await session(directory, async client => {
    await expect(client.fetch(`${from}/cut-400000`)).rejects.toThrow();
    await new Promise(resolve => setImmediate(resolve));
  });
  await session(directory, async client => {
    expect([...client.cache.entries()]).toMatchObject([{ complete: false }]);
    expect((await client.fetch(`${from}/cut-400000`)).body.equals(body)).toBe(true);
  });
  await session(directory, async client => {
    const reply = await client.fetch(`${from}/cut-400000`);
    expect([reply.cacheStatus, reply.body.equals(body)]).toEqual(['hit', true]);
  });
  expect(server.requests.length).toBe(2);
  await server.close();
});

test('bodies that no response has are swept, an hour after they were written', async () => {
  const directory = mkdtempSync(join(root, 'd'));
  const clock = new ManualClock();
  const store = openStore({ directory, clock, onProblem: () => undefined });
  for (const size of [10, 100_000]) {
    const orphan = store.bodies().create();
    void orphan.write(Buffer.alloc(size));
    await orphan.commit();
  }
  await store.committed();
  clock.advance(2 * 3_600_000);
  const client = new CacheClient({ store, clock });
  await client.fetch(`${url}/kept-100000`);
  clock.advance(60_000);
  await client.close();
  await store.committed();
  expect(bodyFiles(directory).length).toBe(1);
  await store.close();
});
