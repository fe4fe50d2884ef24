import { once } from 'node:events';
import { createSecureServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { Agent, type Dispatcher } from 'undici';
import { expect, test } from 'vitest';
import { makeServerCertificate, testAuthority } from '../../test/fixtures/certificates.ts';
import { noEmulation } from '../conditions/network-conditions.ts';
import { Shaper } from '../conditions/shaper.ts';
import { ManualClock } from '../util/testing/manual-clock.ts';
import { conditionsInterceptor } from './conditions-interceptor.ts';
import type { Controller, RequestJob } from './request-job.ts';

const rate = 180_000;

async function turn(): Promise<void> {
  for (let count = 0; count < 4; count++) await new Promise(setImmediate);
}

test.each([
  ['downloads', 6],
  ['uploads', 6],
] as const)('over HTTP/2, %s of one connection share the rate', async (kind, count) => {
  const received = new Map<number, number>();
  const add = (name: number, bytes: number): unknown => received.set(name, (received.get(name) ?? 0) + bytes);
  const server = createSecureServer(makeServerCertificate({ names: ['127.0.0.1'] }), (request, response) => {
    if (kind === 'downloads') response.end(Buffer.alloc(rate * 2));
    else request.on('data', (chunk: Buffer) => add(Number(request.headers['x-name']), chunk.byteLength));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const agent = new Agent({ allowH2: true, connections: 1, pipelining: 10, connect: { ca: testAuthority().pem } });

  const clock = new ManualClock();
  const shaper = new Shaper(clock);
  shaper.conditions = { ...noEmulation, downBytesPerSecond: rate, upBytesPerSecond: rate };
  const dispatch = conditionsInterceptor(shaper)((job, handler) =>
    agent.dispatch(job as Dispatcher.DispatchOptions, handler),
  );
  const controllers: Controller[] = [];
  for (let name = 0; name < count; name++) {
    const job = {
      origin: `https://127.0.0.1:${port}`,
      path: '/',
      method: kind === 'downloads' ? 'GET' : 'POST',
      headers: ['x-name', String(name)],
      body: kind === 'downloads' ? null : Buffer.alloc(rate * 2),
    };
    dispatch(job as unknown as RequestJob, {
      onRequestStart: controller => void controllers.push(controller),
      onResponseData: (_controller, chunk) => void add(name, chunk.byteLength),
      onResponseError: () => {},
    });
  }
  while (controllers.length < count || clock.pendingTimers === 0) await turn();
  for (let at = 0; at < 5000; at += 10) {
    await turn();
    clock.advance(10);
  }
  await turn();
  const shares = [...received.values()];
  const total = shares.reduce((sum, share) => sum + share, 0);
  expect(shares).toHaveLength(count);
  expect(Math.abs(total / (rate * 5) - 1)).toBeLessThan(0.05);
  for (const share of shares) expect(Math.abs(share / (total / count) - 1)).toBeLessThan(0.1);

  shaper.conditions = { ...noEmulation, offline: true };
  await agent.destroy();
  server.close();
  await once(server, 'close');
});
