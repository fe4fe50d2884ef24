import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { session } from '../../src/index.ts';
import type { Session } from '../../src/session/session.ts';
import { testAuthority } from '../fixtures/certificates.ts';
import { hostRules, startOrigin, startRawServer, type TestOrigin } from '../fixtures/http-server.ts';

let ses: Session;
const unhandled = vi.fn<(reason: unknown) => void>();

beforeAll(() => void process.on('unhandledRejection', unhandled));
afterAll(() => void process.off('unhandledRejection', unhandled));

beforeEach(() => {
  ses = session.fromPartition('fetch-abort', { hostRules });
  ses.certificates.addRoot(testAuthority().pem);
});

afterEach(async () => {
  await ses.destroy();
  await new Promise(setImmediate);
});

/** The reason is looked at once the promise has settled: it may be given meanwhile. */
async function failsWith(signal: AbortSignal, promise: Promise<unknown>): Promise<void> {
  const outcome = await promise.then(
    () => 'no failure',
    (reason: unknown) => ({ reason }),
  );
  expect(outcome).toEqual({ reason: signal.reason });
}

describe.each(['http', 'h2'] as const)('over %s', scheme => {
  let site: TestOrigin;
  /** Settles when the server's side of the last request has been broken off. */
  let gone: PromiseWithResolvers<void>;

  beforeAll(async () => {
    site = await startOrigin((_, response) => response.end(), { scheme });
  });

  beforeEach(() => {
    gone = Promise.withResolvers();
  });

  afterAll(() => site[Symbol.asyncDispose]());

  const reasons: [sentence: string, reason: unknown][] = [
    ['an error', new Error('enough')],
    ['a string', 'enough'],
    ['an object', { why: 'enough' }],
    ['null', null],
    ['the default', undefined],
  ];

  test.each(reasons)('before the call, with %s', async (_, reason) => {
    const signal = AbortSignal.abort(reason);
    const requests = site.requests.length;
    await failsWith(signal, ses.fetch(site.origin, { signal }));
    expect(site.requests.length).toBe(requests);
  });

  test.each(reasons)('while the headers are waited for, with %s', async (_, reason) => {
    const abort = new AbortController();
    site.answer = (_request, response) => {
      response.on('close', gone.resolve);
      abort.abort(reason);
    };
    await failsWith(abort.signal, ses.fetch(site.origin, { signal: abort.signal }));
    await gone.promise;
  });

  describe.each<[coding: string | undefined]>([[undefined], ['gzip']])('in the body (coding: %s)', coding => {
    const answer = (): void => {
      site.answer = (_, response) => {
        response.on('close', gone.resolve);
        response.writeHead(200, coding ? { 'content-encoding': coding } : {});
        response.write(coding ? gzipSync('first').subarray(0, -8) : 'first');
      };
    };

    test.each(reasons)('that nobody reads, with %s: the stream fails at once', async (_, reason) => {
      answer();
      const abort = new AbortController();
      const response = await ses.fetch(site.origin, { signal: abort.signal });
      const reader = response.body!.getReader();
      abort.abort(reason);
      await failsWith(abort.signal, reader.closed);
      await failsWith(abort.signal, reader.read());
      await gone.promise;
    });

    test.each(reasons)('while a read is pending, with %s', async (_, reason) => {
      answer();
      const abort = new AbortController();
      const reader = (await ses.fetch(site.origin, { signal: abort.signal })).body!.getReader();
      expect(Buffer.from((await reader.read()).value).toString()).toBe('first');
      const pending = reader.read();
      abort.abort(reason);
      await failsWith(abort.signal, pending);
      await gone.promise;
    });

    test.each(reasons)('while text() waits, with %s', async (_, reason) => {
      answer();
      const abort = new AbortController();
      const response = await ses.fetch(site.origin, { signal: abort.signal });
      const text = response.text();
      abort.abort(reason);
      await failsWith(abort.signal, text);
      expect(response.bodyUsed).toBe(true);
      await gone.promise;
    });

    test('of which there are clones: each fails', async () => {
      answer();
      const abort = new AbortController();
      const response = await ses.fetch(site.origin, { signal: abort.signal });
      const texts = [response.clone().text(), response.text()];
      abort.abort();
      for (const text of texts) await failsWith(abort.signal, text);
    });

    test('before anybody reads: text() rejects', async () => {
      answer();
      const abort = new AbortController();
      const response = await ses.fetch(site.origin, { signal: abort.signal });
      abort.abort();
      await failsWith(abort.signal, response.text());
    });
  });

  test('during a redirect', async () => {
    const abort = new AbortController();
    site.answer = (request, response) => {
      if (request.url === '/to') abort.abort();
      else response.writeHead(302, { location: '/to' }).end();
    };
    await failsWith(abort.signal, ses.fetch(site.origin, { signal: abort.signal }));
  });

  test('while the body is checked for integrity', async () => {
    const abort = new AbortController();
    site.answer = (_, response) => {
      response.writeHead(200).write('first');
      setImmediate(() => abort.abort());
    };
    const integrity = 'sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=';
    await failsWith(abort.signal, ses.fetch(site.origin, { signal: abort.signal, integrity }));
  });

  test('after the last byte has come, it changes nothing', async () => {
    site.answer = (_, response) => response.end('whole');
    const abort = new AbortController();
    const response = await ses.fetch(site.origin, { signal: abort.signal });
    await response.clone().text();
    abort.abort();
    expect(await response.text()).toBe('whole');
  });

  test('AbortSignal.timeout gives its TimeoutError', async () => {
    site.answer = () => {};
    await expect(ses.fetch(site.origin, { signal: AbortSignal.timeout(5) })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
  });

  test('an aborted request leaves the others alone', async () => {
    const abort = new AbortController();
    const held: (() => void)[] = [];
    site.answer = (_, response) => held.push(() => response.end('fine'));
    const doomed = ses.fetch(site.origin, { signal: abort.signal });
    const others = Array.from({ length: 5 }, () => ses.fetch(site.origin));
    while (held.length < 6) await new Promise(setImmediate);
    abort.abort();
    await failsWith(abort.signal, doomed);
    for (const finish of held) finish();
    for (const response of await Promise.all(others)) expect(await response.text()).toBe('fine');
  });

  test('the signal is let go when the call has ended', async () => {
    site.answer = (_, response) => response.end('x');
    const { signal } = new AbortController();
    const remove = vi.spyOn(signal, 'removeEventListener');
    await (await ses.fetch(site.origin, { signal })).text();
    expect(remove).toHaveBeenCalledTimes(1);
  });
});

test('while the connection is being opened', async () => {
  await using server = await startRawServer(() => {});
  const abort = new AbortController();
  // TLS is spoken to a server that never answers.
  const response = ses.fetch(`https://site.test:${server.port}/`, { signal: abort.signal });
  while (server.connections === 0) await new Promise(setImmediate);
  abort.abort();
  await failsWith(abort.signal, response);
});

test('while the commit of its cookies is waited for', async () => {
  await using site = await startOrigin((_, response) => {
    response.writeHead(200, { 'set-cookie': 'k=v' }).end('x'.repeat(1000));
  });
  for (let delay = 0; delay < 6; delay++) {
    const abort = new AbortController();
    const outcome = ses
      .fetch(site.origin, { signal: abort.signal })
      .then(response => response.text())
      .then(
        text => text.length,
        (error: unknown) => error,
      );
    const before = site.requests.length;
    while (site.requests.length === before) await new Promise(setImmediate);
    for (let turn = 0; turn < delay; turn++) await new Promise(setImmediate);
    abort.abort();
    expect([1000, abort.signal.reason]).toContain(await outcome);
  }
});

test('none of that left a rejection to nobody', () => {
  expect(unhandled).not.toHaveBeenCalled();
});
