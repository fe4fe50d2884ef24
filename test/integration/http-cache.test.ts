import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import type { CacheMode, Controller } from '../../src/network/request-job.ts';
import { openStore } from '../../src/storage/open-store.ts';
import { ManualClock } from '../../src/util/testing/manual-clock.ts';
import { CacheClient } from '../fixtures/cache-client.ts';
import { HttpOrigin, type Respond } from '../fixtures/http-origin.ts';

const root = mkdtempSync(join(tmpdir(), 'sojourn-http-cache-'));
afterAll(() => rmSync(root, { recursive: true }));

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** Settles when the event loop has gone round a few times: what would have happened by then has. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise(resolve => setImmediate(resolve));
}

const fresh = { 'Cache-Control': 'max-age=100' };
const tagged = { ...fresh, ETag: '"a"' };

/** Serves `body` under a strong entity tag, whole or in ranges, and cuts the connection after `cutAfter` bytes once. */
function ranged(body: string, cut: { after?: number } = {}): Respond {
  return (request, response) => {
    const match = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
    const goes = match && (request.headers['if-range'] ?? '"a"') === '"a"';
    const start = goes ? Number(match[1]) : 0;
    const end = goes && match[2] !== '' ? Number(match[2]) + 1 : body.length;
    const part = body.slice(start, end);
    response.writeHead(goes ? 206 : 200, {
      ...tagged,
      'Content-Length': part.length,
      ...(goes ? { 'Content-Range': `bytes ${start}-${end - 1}/${body.length}` } : {}),
    });
    if (cut.after === undefined) return void response.end(part);
    response.write(part.slice(0, cut.after), () => setImmediate(() => response.destroy()));
    delete cut.after;
  };
}

describe.each(['in memory', 'on disk'] as const)('the cache %s', place => {
  async function setUp(respond: Respond, options: { maxBytes?: number; maxMemoryBytes?: number } = {}) {
    const clock = new ManualClock();
    const origin = new HttpOrigin(respond);
    const url = await origin.listen();
    const directory = place === 'on disk' ? mkdtempSync(join(root, 'c')) : undefined;
    const store = openStore({ directory, clock, onProblem: () => undefined });
    const client = new CacheClient({ clock, store, ...options });
    closers.push(
      () => client.close(),
      () => store.close(),
      () => origin.close(),
    );
    return { clock, origin, url, client, cache: client.cache };
  }

  describe('concurrent identical requests', () => {
    test('share one fetch', async () => {
      const { client, url, origin, cache } = await setUp((_request, response) =>
        response.writeHead(200, fresh).end('body'),
      );
      const replies = await Promise.all(Array.from({ length: 10 }, () => client.fetch(`${url}/a`)));
      expect(origin.requests.length).toBe(1);
      expect(replies.map(reply => reply.body.toString())).toEqual(Array(10).fill('body'));
      expect(replies.map(reply => reply.cacheStatus)).toEqual(['miss', ...Array(9).fill('hit')]);
      expect(cache.stats()).toEqual({ hits: 9, revalidated: 0, misses: 1 });
    });

    test('one that comes while the body is on its way gets all of it', async () => {
      let late: ServerResponse | undefined;
      const { client, url, origin } = await setUp((_request, response) => {
        response.writeHead(200, fresh).write('first ');
        late = response;
      });
      const first = client.fetch(`${url}/a`);
      await origin.received(1);
      await settled();
      const second = client.fetch(`${url}/a`);
      late!.end('second');
      expect((await first).body.toString()).toBe('first second');
      expect((await second).body.toString()).toBe('first second');
      expect(origin.requests.length).toBe(1);
    });

    test('go on by themselves when the response may not be stored, and do not wait the next time', async () => {
      const { client, url, origin } = await setUp((_request, response, count) => {
        response.writeHead(200, { 'Cache-Control': 'no-store' }).end(String(count));
      });
      const replies = await Promise.all([client.fetch(`${url}/a`), client.fetch(`${url}/a`), client.fetch(`${url}/a`)]);
      expect(replies.map(reply => reply.cacheStatus)).toEqual(['miss', 'miss', 'miss']);
      expect(new Set(replies.map(reply => reply.body.toString())).size).toBe(3);
      const again = [client.fetch(`${url}/a`), client.fetch(`${url}/a`)];
      await origin.received(5);
      await Promise.all(again);
    });

    test('go on by themselves when Vary tells them apart', async () => {
      const { client, url, origin } = await setUp((request, response) => {
        response.writeHead(200, { ...fresh, Vary: 'X-Kind' }).end(String(request.headers['x-kind']));
      });
      const ask = (kind: string) => client.fetch(`${url}/a`, { headers: ['X-Kind', kind] });
      const replies = await Promise.all([ask('1'), ask('2'), ask('1')]);
      expect(replies.map(reply => reply.body.toString())).toEqual(['1', '2', '1']);
      expect(origin.requests.length).toBe(2);
    });

    test('share a validation', async () => {
      const { client, url, origin, clock } = await setUp((request, response) => {
        if (request.headers['if-none-match'] === '"a"') response.writeHead(304, tagged).end();
        else response.writeHead(200, tagged).end('body');
      });
      await client.fetch(`${url}/a`);
      clock.advance(200_000);
      const replies = await Promise.all([client.fetch(`${url}/a`), client.fetch(`${url}/a`)]);
      expect(origin.requests.length).toBe(2);
      expect(replies.map(reply => [reply.cacheStatus, reply.body.toString()])).toEqual([
        ['revalidated', 'body'],
        ['revalidated', 'body'],
      ]);
    });

    test.each(['while waiting', 'while receiving'])(
      'a reader that leaves does not cancel the others: %s',
      async when => {
        let open: ServerResponse | undefined;
        const { client, url, origin } = await setUp((_request, response) => {
          open = response;
          if (when === 'while receiving') response.writeHead(200, fresh).write('first ');
        });
        const left = Promise.withResolvers<Error>();
        let controller: Controller | undefined;
        client.dispatch(
          `${url}/a`,
          {},
          {
            onRequestStart: given => void (controller = given),
            onResponseError: (_controller, error) => left.resolve(error),
          },
        );
        await origin.received(1);
        const other = client.fetch(`${url}/a`);
        await settled();
        controller!.abort(new Error('no longer wanted'));
        expect((await left.promise).message).toBe('no longer wanted');
        if (when === 'while waiting') open!.writeHead(200, fresh).write('first ');
        open!.end('second');
        expect((await other).body.toString()).toBe('first second');
        expect(origin.requests.length).toBe(1);
      },
    );

    test('a waiter goes alone when the head does not come', async () => {
      const { client, url, origin, clock } = await setUp((_request, response, count) => {
        if (count > 1) response.writeHead(200, fresh).end('second');
      });
      const first = client.fetch(`${url}/a`);
      first.catch(() => undefined); // It is cut off at the end of the test.
      await origin.received(1);
      const second = client.fetch(`${url}/a`);
      clock.advance(5_000);
      expect((await second).body.toString()).toBe('second');
    });

    test('fail together when the origin goes away', async () => {
      const { client, url, origin } = await setUp(request => request.socket.destroy());
      const results = await Promise.allSettled([client.fetch(`${url}/a`), client.fetch(`${url}/a`)]);
      expect(results.map(result => result.status)).toEqual(['rejected', 'rejected']);
      expect(origin.requests.length).toBe(1);
    });

    test('read one after the other do not wait for each other', async () => {
      const body = Buffer.alloc(3_000_000, 'x');
      const { client, url } = await setUp((_request, response) => response.writeHead(200, fresh).end(body));
      const second: Buffer[] = [];
      const done = Promise.withResolvers<void>();
      let controller: Controller | undefined;
      const first = client.fetch(`${url}/a`);
      client.dispatch(
        `${url}/a`,
        {},
        {
          onRequestStart: given => {
            controller = given;
            given.pause();
          },
          onResponseData: (_controller, chunk) => void second.push(chunk),
          onResponseEnd: () => done.resolve(),
        },
      );
      expect((await first).body.equals(body)).toBe(true);
      expect(second).toEqual([]);
      controller!.resume();
      await done.promise;
      expect(Buffer.concat(second).equals(body)).toBe(true);
    });
  });

  describe('a response that breaks off', () => {
    test('is an error, and is completed by a range the next time', async () => {
      const { client, url, origin } = await setUp(ranged('0123456789', { after: 4 }));
      await expect(client.fetch(`${url}/a`)).rejects.toThrow();
      const reply = await client.fetch(`${url}/a`);
      expect([reply.status, reply.body.toString(), reply.headers['content-length']]).toEqual([200, '0123456789', '10']);
      expect(reply.headers['content-range']).toBeUndefined();
      expect(origin.requests[1]!.headers).toMatchObject({ range: 'bytes=4-', 'if-range': '"a"' });
      const again = await client.fetch(`${url}/a`);
      expect([again.cacheStatus, again.body.toString()]).toEqual(['hit', '0123456789']);
    });

    test('is fetched anew when the representation has changed meanwhile', async () => {
      const { client, url } = await setUp((request, response, count) => {
        if (count > 1) return void response.writeHead(200, { ...fresh, ETag: '"b"' }).end('another');
        ranged('0123456789', { after: 4 })(request, response, count);
      });
      await expect(client.fetch(`${url}/a`)).rejects.toThrow();
      expect((await client.fetch(`${url}/a`)).body.toString()).toBe('another');
    });

    test('is fetched anew when a 206 is not what goes on from it', async () => {
      const { client, url, origin } = await setUp((request, response, count) => {
        if (count === 2)
          return void response.writeHead(206, { ...tagged, 'Content-Range': 'bytes 6-9/10' }).end('6789');
        ranged('0123456789', count === 1 ? { after: 4 } : {})(request, response, count);
      });
      await expect(client.fetch(`${url}/a`)).rejects.toThrow();
      expect((await client.fetch(`${url}/a`)).body.toString()).toBe('0123456789');
      expect(origin.requests[2]!.headers.range).toBeUndefined();
    });

    test('is not kept without a strong validator', async () => {
      const { client, url, origin, cache } = await setUp((_request, response, count) => {
        response.writeHead(200, { ...fresh, 'Content-Length': 10, ETag: 'W/"a"' });
        if (count > 1) response.end('0123456789');
        else response.write('0123', () => setImmediate(() => response.destroy()));
      });
      await expect(client.fetch(`${url}/a`)).rejects.toThrow();
      expect([...cache.entries()]).toEqual([]);
      expect((await client.fetch(`${url}/a`)).body.toString()).toBe('0123456789');
      expect(origin.requests[1]!.headers.range).toBeUndefined();
    });

    test('is kept when its reader leaves, and the connection is let go', async () => {
      const { client, url, origin, cache } = await setUp((_request, response) => {
        response.writeHead(200, { ...tagged, 'Content-Length': 10 }).write('0123');
      });
      client.dispatch(
        `${url}/a`,
        {},
        {
          onRequestStart: () => undefined,
          onResponseData: controller => controller.abort(new Error('enough')),
          onResponseError: () => undefined,
        },
      );
      await origin.received(1);
      await once(origin.requests[0]!.socket, 'close');
      expect([...cache.entries()]).toMatchObject([{ complete: false }]);
    });
  });

  describe('ranges', () => {
    test.each([
      ['in order', ['bytes=0-4', 'bytes=5-9']],
      ['in reverse', ['bytes=5-9', 'bytes=0-4']],
      ['overlapping', ['bytes=0-6', 'bytes=3-9']],
      ['around what is there', ['bytes=3-6', 'bytes=0-9']],
    ])('parts %s make the whole', async (_how, parts) => {
      const { client, url, origin } = await setUp(ranged('0123456789'));
      for (const range of parts) {
        expect((await client.fetch(`${url}/a`, { headers: ['Range', range] })).status).toBe(206);
      }
      const whole = await client.fetch(`${url}/a`);
      expect([whole.status, whole.cacheStatus, whole.body.toString()]).toEqual([200, 'hit', '0123456789']);
      expect(origin.requests.length).toBe(2);
    });

    test.each([
      ['bytes=2-4', 206, '234', 'bytes 2-4/10'],
      ['bytes=-3', 206, '789', 'bytes 7-9/10'],
      ['bytes=7-', 206, '789', 'bytes 7-9/10'],
      ['bytes=7-100', 206, '789', 'bytes 7-9/10'],
      ['bytes=10-', 416, '', 'bytes */10'],
    ])('%s is answered from the whole', async (range, status, body, contentRange) => {
      const { client, url, origin } = await setUp(ranged('0123456789'));
      await client.fetch(`${url}/a`);
      const reply = await client.fetch(`${url}/a`, { headers: ['Range', range] });
      expect([reply.status, reply.body.toString(), reply.headers['content-range']]).toEqual([
        status,
        body,
        contentRange,
      ]);
      expect(reply.headers['content-length']).toBe(String(body.length));
      expect(origin.requests.length).toBe(1);
    });

    test.each([
      ['the strong validator', '"a"', 206, '23'],
      ['another one', '"b"', 200, '0123456789'],
    ])('If-Range with %s', async (_what, validator, status, body) => {
      const { client, url, origin } = await setUp(ranged('0123456789'));
      await client.fetch(`${url}/a`);
      const reply = await client.fetch(`${url}/a`, { headers: ['Range', 'bytes=2-3', 'If-Range', validator] });
      expect([reply.status, reply.body.toString()]).toEqual([status, body]);
      expect(origin.requests.length).toBe(1);
    });

    test('parts of different representations are not joined', async () => {
      const { client, url, origin } = await setUp((request, response, count) => {
        if (count === 1) return ranged('0123456789')(request, response, count);
        response.writeHead(206, { ...fresh, ETag: '"b"', 'Content-Range': 'bytes 5-9/10' }).end('VWXYZ');
      });
      await client.fetch(`${url}/a`, { headers: ['Range', 'bytes=0-4'] });
      await client.fetch(`${url}/a`, { headers: ['Range', 'bytes=5-9'] });
      const part = await client.fetch(`${url}/a`, { headers: ['Range', 'bytes=5-9'] });
      expect([part.cacheStatus, part.body.toString()]).toEqual(['hit', 'VWXYZ']);
      void client.fetch(`${url}/a`).catch(() => undefined);
      await origin.received(3);
    });

    test("several ranges are the origin's to answer, and are not stored", async () => {
      const { client, url, origin, cache } = await setUp((_request, response) => {
        response.writeHead(206, { ...tagged, 'Content-Type': 'multipart/byteranges; boundary=x' }).end('--x--');
      });
      await client.fetch(`${url}/a`, { headers: ['Range', 'bytes=0-1,4-5'] });
      expect([...cache.entries()]).toEqual([]);
      expect(origin.requests.length).toBe(1);
    });
  });

  describe('stale responses', () => {
    test('stale-while-revalidate answers at once and gets a new one in the background, once', async () => {
      const { client, url, origin, clock } = await setUp((_request, response, count) => {
        response.writeHead(200, { 'Cache-Control': 'max-age=10, stale-while-revalidate=60' }).end(String(count));
      });
      await client.fetch(`${url}/a`);
      clock.advance(20_000);
      const stale = await Promise.all([client.fetch(`${url}/a`), client.fetch(`${url}/a`)]);
      expect(stale.map(reply => [reply.cacheStatus, reply.body.toString(), reply.headers['age']])).toEqual([
        ['hit', '1', '20'],
        ['hit', '1', '20'],
      ]);
      await origin.received(2);
      await settled();
      expect((await client.fetch(`${url}/a`)).body.toString()).toBe('2');
      expect(origin.requests.length).toBe(2);
    });

    test.each([
      ['a 503 without leave', '', 503],
      ['a 503 with leave', ', stale-if-error=60', 200],
      ['a 503 with leave that must-revalidate takes back', ', stale-if-error=60, must-revalidate', 503],
      ['a 503 with leave that has run out', ', stale-if-error=5', 503],
    ])('%s', async (_what, directives, status) => {
      const { client, url, clock } = await setUp((_request, response, count) => {
        response.writeHead(count === 1 ? 200 : 503, { 'Cache-Control': `max-age=10${directives}` }).end('body');
      });
      await client.fetch(`${url}/a`);
      clock.advance(20_000);
      expect((await client.fetch(`${url}/a`)).status).toBe(status);
    });

    test.each([
      ['an origin that cannot be reached is stood in for', 'max-age=10', [], 200],
      ['but not for what must be validated', 'max-age=10, must-revalidate', [], 'rejected'],
      ['nor for no-cache', 'no-cache', [], 'rejected'],
      ['nor when the caller asks for validation', 'max-age=10', ['Cache-Control', 'no-cache'], 'rejected'],
    ])('%s', async (_what, cacheControl, headers, outcome) => {
      const { client, url, clock } = await setUp((request, response, count) => {
        if (count > 1) request.socket.destroy();
        else response.writeHead(200, { 'Cache-Control': cacheControl, ETag: '"a"' }).end('body');
      });
      await client.fetch(`${url}/a`);
      clock.advance(20_000);
      const got = await client.fetch(`${url}/a`, { headers }).then(
        reply => reply.status,
        () => 'rejected',
      );
      expect(got).toBe(outcome);
    });
  });

  describe('what makes stored responses go', () => {
    test('a clear while a request is under way: its response is handed out, not stored', async () => {
      let open: ServerResponse | undefined;
      const { client, url, origin, cache } = await setUp((_request, response) => {
        response.writeHead(200, fresh).write('bo');
        open = response;
      });
      const reply = client.fetch(`${url}/a`);
      await origin.received(1);
      await settled();
      cache.clear();
      open!.end('dy');
      expect((await reply).body.toString()).toBe('body');
      expect([[...cache.entries()], cache.size()]).toEqual([[], 0]);
    });

    test('a clear before the head of the response comes', async () => {
      let open: ServerResponse | undefined;
      const { client, url, origin, cache } = await setUp((_request, response) => void (open = response));
      const reply = client.fetch(`${url}/a`);
      await origin.received(1);
      cache.clear();
      open!.writeHead(200, fresh).end('body');
      await reply;
      expect([...cache.entries()]).toEqual([]);
    });

    test('a clear during a validation: what was cleared is not served by the 304', async () => {
      let open: ServerResponse | undefined;
      const { client, url, origin, cache, clock } = await setUp((_request, response, count) => {
        if (count === 2) open = response;
        else response.writeHead(200, tagged).end(String(count));
      });
      await client.fetch(`${url}/a`);
      clock.advance(200_000);
      const reply = client.fetch(`${url}/a`);
      await origin.received(2);
      cache.clear();
      open!.writeHead(304, tagged).end();
      expect((await reply).body.toString()).toBe('3');
    });

    test('a PUT while a GET is under way: what the GET brings may be older, and is not stored', async () => {
      let open: ServerResponse | undefined;
      const { client, url, origin, cache } = await setUp((request, response) => {
        if (request.method === 'PUT') return void response.writeHead(204).end();
        response.writeHead(200, fresh).write('bo');
        open = response;
      });
      const reply = client.fetch(`${url}/a`);
      await origin.received(1);
      await settled();
      await client.fetch(`${url}/a`, { method: 'PUT', body: 'new' });
      open!.end('dy');
      await reply;
      expect([...cache.entries()]).toEqual([]);
    });

    test('Clear-Site-Data deletes what its origin has, in every partition', async () => {
      const { client, url, cache } = await setUp((request, response) => {
        response
          .writeHead(
            200,
            request.url === '/out' ? { 'Clear-Site-Data': '"cache", "cookies"', 'Cache-Control': 'no-store' } : fresh,
          )
          .end('body');
      });
      await client.fetch(`${url}/a`);
      await client.fetch(`${url}/a`, { topLevelSite: 'http://other.test' });
      expect([...cache.entries()].length).toBe(2);
      await client.fetch(`${url}/out`);
      expect([...cache.entries()]).toEqual([]);
    });

    test('a newer response that may not be stored takes the older one with it', async () => {
      const { client, url, cache, clock } = await setUp((_request, response, count) => {
        response.writeHead(200, count === 1 ? fresh : { 'Cache-Control': 'no-store' }).end('body');
      });
      await client.fetch(`${url}/a`);
      clock.advance(200_000);
      await client.fetch(`${url}/a`);
      expect([...cache.entries()]).toEqual([]);
    });

    test('the limit: what was not used for the longest time goes first', async () => {
      const { client, url, cache, clock } = await setUp(
        (_request, response) =>
          response.writeHead(200, { 'Cache-Control': 'max-age=9999999' }).end(Buffer.alloc(1_000)),
        { maxBytes: 10_000 },
      );
      for (let n = 0; n < 6; n++) {
        await client.fetch(`${url}/${n}`);
        clock.advance(3_600_000);
      }
      await client.fetch(`${url}/0`);
      clock.advance(3_600_000);
      for (let n = 6; n < 12; n++) {
        await client.fetch(`${url}/${n}`);
        clock.advance(3_600_000);
        await settled();
      }
      const kept = [...cache.entries()].map(entry => new URL(entry.url).pathname);
      expect(cache.size()).toBeLessThanOrEqual(10_000);
      expect(kept).toContain('/0');
      expect(kept).toContain('/11');
      expect(kept).not.toContain('/1');
    });

    test('a response larger than an eighth of the cache is handed out, not stored', async () => {
      const { client, url, cache } = await setUp(
        (_request, response) => {
          response.writeHead(200, fresh).write(Buffer.alloc(2_000));
          response.end(Buffer.alloc(2_000));
        },
        { maxBytes: 16_000 },
      );
      expect((await client.fetch(`${url}/a`)).body.byteLength).toBe(4_000);
      expect([...cache.entries()]).toEqual([]);
    });
  });

  describe('methods', () => {
    test('HEAD is answered from a stored GET', async () => {
      const { client, url, origin } = await setUp((_request, response) => response.writeHead(200, fresh).end('body'));
      await client.fetch(`${url}/a`);
      const head = await client.fetch(`${url}/a`, { method: 'HEAD' });
      expect([head.cacheStatus, head.body.byteLength, origin.requests.length]).toEqual(['hit', 0, 1]);
    });

    test('HEAD that shows another representation deletes the stored one', async () => {
      const { client, url, cache, clock } = await setUp((request, response) => {
        response.writeHead(200, { ...fresh, ETag: request.method === 'HEAD' ? '"b"' : '"a"' }).end('body');
      });
      await client.fetch(`${url}/a`);
      clock.advance(200_000);
      await client.fetch(`${url}/a`, { method: 'HEAD' });
      expect([...cache.entries()]).toEqual([]);
    });

    test('a POST that names itself in Content-Location is stored for GET', async () => {
      const { client, url, origin } = await setUp((request, response) => {
        response.writeHead(200, { ...fresh, 'Content-Location': request.url! }).end('body');
      });
      await client.fetch(`${url}/a`, { method: 'POST', body: 'x' });
      expect((await client.fetch(`${url}/a`)).cacheStatus).toBe('hit');
      await client.fetch(`${url}/a`, { method: 'POST', body: 'x' });
      expect(origin.requests.length).toBe(2);
    });
  });

  describe('headers', () => {
    test('a hit brings no cookie back; a 304 may set one', async () => {
      const { client, url, clock } = await setUp((_request, response, count) => {
        response
          .writeHead(count === 1 ? 200 : 304, { ...tagged, 'Set-Cookie': `n=${count}` })
          .end(count === 1 ? 'body' : undefined);
      });
      expect((await client.fetch(`${url}/a`)).headers['set-cookie']).toBe('n=1');
      expect((await client.fetch(`${url}/a`)).headers['set-cookie']).toBeUndefined();
      clock.advance(200_000);
      const validated = await client.fetch(`${url}/a`);
      expect([validated.cacheStatus, validated.headers['set-cookie'], validated.headers['age']]).toEqual([
        'revalidated',
        ['n=2'],
        undefined,
      ]);
      expect((await client.fetch(`${url}/a`)).headers['set-cookie']).toBeUndefined();
    });

    test('a hit has an Age, and what a caller does to its copy stays with the caller', async () => {
      const { client, url, clock } = await setUp((_request, response) =>
        response.writeHead(200, { ...fresh, 'X-Case': 'Kept' }).end('body'),
      );
      await client.fetch(`${url}/a`);
      clock.advance(7_500);
      const first = await client.fetch(`${url}/a`);
      expect(first.headers).toMatchObject({ age: '7', 'x-case': 'Kept' });
      first.body.fill(0);
      client.dispatch(
        `${url}/a`,
        {},
        { onRequestStart: () => undefined, onResponseData: (_controller, chunk) => void chunk.fill(0) },
      );
      expect((await client.fetch(`${url}/a`)).body.toString()).toBe('body');
    });

    test('what the readers of a miss do to their chunks stays with each of them', async () => {
      const { client, url, origin } = await setUp((_request, response) => response.writeHead(200, fresh).end('body'));
      const spoil = {
        onRequestStart: () => undefined,
        onResponseData: (_controller: Controller, chunk: Buffer) => void chunk.fill(0),
      };
      client.dispatch(`${url}/a`, {}, spoil);
      client.dispatch(`${url}/a`, {}, spoil);
      const shared = client.fetch(`${url}/a`);
      expect((await shared).body.toString()).toBe('body');
      expect((await client.fetch(`${url}/a`)).body.toString()).toBe('body');
      expect(origin.requests.length).toBe(1);
    });

    test('raw headers of a hit keep the case in which they came', async () => {
      const { client, url } = await setUp((_request, response) =>
        response.writeHead(200, { ...fresh, 'X-CaSe': 'Kept' }).end('body'),
      );
      await client.fetch(`${url}/a`);
      let raw: Controller['rawHeaders'];
      client.dispatch(
        `${url}/a`,
        {},
        { onRequestStart: () => undefined, onResponseStart: controller => void (raw = controller.rawHeaders) },
      );
      expect(raw).toEqual(expect.arrayContaining(['X-CaSe', 'Kept', 'age', '0']));
    });
  });

  describe('cache modes', () => {
    const modes: readonly [CacheMode, 'fresh' | 'stale' | 'none', string][] = [
      ['default', 'fresh', 'hit'],
      ['default', 'stale', 'revalidated'],
      ['no-store', 'fresh', 'miss'],
      ['reload', 'fresh', 'miss'],
      ['no-cache', 'fresh', 'revalidated'],
      ['force-cache', 'fresh', 'hit'],
      ['force-cache', 'stale', 'hit'],
      ['force-cache', 'none', 'miss'],
      ['only-if-cached', 'fresh', 'hit'],
      ['only-if-cached', 'stale', 'hit'],
      ['only-if-cached', 'none', 'ERR_CACHE_MISS'],
    ];
    test.each(modes)('%s with a response that is %s: %s', async (cacheMode, state, status) => {
      const { client, url, clock } = await setUp((request, response) => {
        if (request.headers['if-none-match']) response.writeHead(304, tagged).end();
        else response.writeHead(200, tagged).end('body');
      });
      if (state !== 'none') await client.fetch(`${url}/a`);
      if (state === 'stale') clock.advance(200_000);
      const got = await client.fetch(`${url}/a`, { cacheMode }).then(
        reply => reply.cacheStatus,
        error => error.code,
      );
      expect(got).toBe(status);
    });

    test('no-store does not store', async () => {
      const { client, url, cache } = await setUp((_request, response) => response.writeHead(200, fresh).end('body'));
      await client.fetch(`${url}/a`, { cacheMode: 'no-store' });
      expect([...cache.entries()]).toEqual([]);
    });

    test('the directive only-if-cached gets 504', async () => {
      const { client, url, origin } = await setUp((_request, response) => response.end());
      expect((await client.fetch(`${url}/a`, { headers: ['Cache-Control', 'only-if-cached'] })).status).toBe(504);
      expect(origin.requests.length).toBe(0);
    });

    test("partitions do not see each other's responses", async () => {
      const { client, url, origin } = await setUp((_request, response) => response.writeHead(200, fresh).end('body'));
      await client.fetch(`${url}/a`, { topLevelSite: 'http://one.test' });
      expect((await client.fetch(`${url}/a`, { topLevelSite: 'http://two.test' })).cacheStatus).toBe('miss');
      expect((await client.fetch(`${url}/a`, { topLevelSite: 'http://one.test' })).cacheStatus).toBe('hit');
      expect(origin.requests.length).toBe(2);
    });
  });

  describe('the handler of a hit', () => {
    test('may pause before the body, and resume', async () => {
      const { client, url } = await setUp((_request, response) => response.writeHead(200, fresh).end('body'));
      await client.fetch(`${url}/a`);
      const events: string[] = [];
      const done = Promise.withResolvers<void>();
      client.dispatch(
        `${url}/a`,
        {},
        {
          onRequestStart: () => void events.push('start'),
          onResponseStart: controller => {
            events.push('head');
            controller.pause();
            setImmediate(() => {
              events.push('resume');
              controller.resume();
            });
          },
          onResponseData: (_controller, chunk) => void events.push(chunk.toString()),
          onResponseEnd: () => {
            events.push('end');
            done.resolve();
          },
        },
      );
      await done.promise;
      expect(events).toEqual(['start', 'head', 'resume', 'body', 'end']);
    });

    test.each(['onRequestStart', 'onResponseStart', 'onResponseData'] as const)('may abort in %s', async where => {
      const { client, url } = await setUp((_request, response) => response.writeHead(200, fresh).end('body'));
      await client.fetch(`${url}/a`);
      const events: string[] = [];
      const at = (name: string) => (controller: Controller) => {
        events.push(name);
        if (name === where) controller.abort(new Error('stop'));
      };
      client.dispatch(
        `${url}/a`,
        {},
        {
          onRequestStart: at('onRequestStart'),
          onResponseStart: at('onResponseStart'),
          onResponseData: at('onResponseData'),
          onResponseEnd: () => void events.push('end'),
          onResponseError: (_controller, error) => void events.push(error.message),
        },
      );
      await settled();
      const all = ['onRequestStart', 'onResponseStart', 'onResponseData'];
      expect(events).toEqual([...all.slice(0, all.indexOf(where) + 1), 'stop']);
    });

    test('may throw: its own response fails, nothing else does', async () => {
      const { client, url } = await setUp((_request, response) => response.writeHead(200, fresh).end('body'));
      await client.fetch(`${url}/a`);
      const failed = Promise.withResolvers<Error>();
      client.dispatch(
        `${url}/a`,
        {},
        {
          onRequestStart: () => undefined,
          onResponseData: () => {
            throw new Error('mine');
          },
          onResponseError: (_controller, error) => failed.resolve(error),
        },
      );
      expect((await failed.promise).message).toBe('mine');
      expect((await client.fetch(`${url}/a`)).body.toString()).toBe('body');
    });
  });

  test('back-pressure reaches the connection while the only reader is paused', async () => {
    const { client, url, origin } = await setUp((_request, response) =>
      response.writeHead(200, fresh).end(Buffer.alloc(30_000_000)),
    );
    let got = 0;
    let controller: Controller | undefined;
    const done = Promise.withResolvers<void>();
    client.dispatch(
      `${url}/a`,
      {},
      {
        onRequestStart: given => void (controller = given),
        onResponseData: (given, chunk) => {
          if (got === 0) given.pause();
          got += chunk.byteLength;
        },
        onResponseEnd: () => done.resolve(),
      },
    );
    await origin.received(1);
    await settled();
    await settled();
    expect(got).toBeGreaterThan(0);
    expect(got).toBeLessThan(1_000_000);
    controller!.resume();
    await done.promise;
    expect(got).toBe(30_000_000);
  });
});
