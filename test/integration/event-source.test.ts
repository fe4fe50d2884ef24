import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { session } from '../../src/index.ts';
import type { Session } from '../../src/session/session.ts';
import { testAuthority } from '../fixtures/certificates.ts';
import { hostRules, startOrigin, type TestOrigin } from '../fixtures/http-server.ts';

let site: TestOrigin;
let ses: Session;
/** Streams that the server has open. */
let streams: ServerResponse[];

beforeEach(async () => {
  streams = [];
  ses = session.fromPartition('events', { hostRules, userAgent: 'mine/1' });
  site = await startOrigin((_, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream', 'set-cookie': 'sse=1' }).flushHeaders();
    response.write('retry: 1\n\n');
    streams.push(response);
  });
});

afterEach(async () => {
  await ses.destroy();
  await site[Symbol.asyncDispose]();
});

type Source = InstanceType<Session['EventSource']>;

async function opened(url = site.origin): Promise<Source> {
  const source = new ses.EventSource(url);
  await once(source, 'open');
  return source;
}

interface Message {
  readonly type: string;
  readonly data: string;
  readonly lastEventId: string;
  readonly origin: string;
}

async function message(source: Source, type = 'message'): Promise<Message> {
  const [event] = (await once(source, type)) as [Message];
  return event;
}

async function failure(source: Source): Promise<unknown> {
  return new Promise(resolve => {
    source.addEventListener('error', event => resolve(event.error), { once: true });
  });
}

describe('ses.EventSource', () => {
  test("is opened with the session's cookies and user agent; those of the answer are stored", async () => {
    await ses.cookies.set({ url: site.origin, name: 'sid', value: '1' });
    const source = await opened();
    expect(site.requests[0]!.headers).toMatchObject({
      accept: 'text/event-stream',
      cookie: 'sid=1',
      'user-agent': 'mine/1',
      'accept-language': 'en-US',
    });
    expect((await ses.cookies.get({})).map(({ name }) => name)).toEqual(['sid', 'sse']);
    source.close();
  });

  test('gives messages and named events', async () => {
    const source = await opened();
    streams[0]!.write('id: 1\ndata: one\ndata: two\n\n');
    expect(await message(source)).toMatchObject({ data: 'one\ntwo', lastEventId: '1', origin: site.origin });
    streams[0]!.write('event: tick\ndata: \u00e4\n\n');
    expect(await message(source, 'tick')).toMatchObject({ data: '\u00e4', lastEventId: '1' });
    source.close();
    expect(source.readyState).toBe(2);
  });

  test.each<[string, () => void]>([
    ['ends', () => void streams[0]!.end()],
    ['breaks', () => void streams[0]!.destroy()],
  ])('when the stream %s it is opened again, with the last event id and the cookies by then', async (_, stop) => {
    const source = await opened();
    streams[0]!.write('id: 7\ndata: x\n\n');
    await message(source);
    await ses.cookies.set({ url: site.origin, name: 'new', value: '1' });
    const again = once(source, 'open');
    stop();
    await again;
    expect(site.requests).toHaveLength(2);
    expect(site.requests[1]!.headers).toMatchObject({ 'last-event-id': '7', cookie: 'sse=1; new=1' });
    streams[1]!.write('data: after\n\n');
    expect((await message(source)).data).toBe('after');
    source.close();
  });

  test('a redirect is followed with the cookie that it set', async () => {
    const { answer } = site;
    site.answer = (request, response) => {
      if (request.url !== '/from') return answer(request, response);
      response.writeHead(302, { location: '/to', 'set-cookie': 'moved=1' }).end();
    };
    const source = await opened(`${site.origin}/from`);
    expect(site.requests.map(({ url, headers }) => [url, headers.cookie])).toEqual([
      ['/from', undefined],
      ['/to', 'moved=1'],
    ]);
    source.close();
  });

  test('credentials of the URL are not for where a redirect leads', async () => {
    await using other = await startOrigin(
      (_, response) => response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end(),
      { host: 'other.test' },
    );
    site.answer = (_, response) => response.writeHead(302, { location: other.origin }).end();
    await failure(new ses.EventSource(site.origin.replace('//', '//ann:pw@')));
    expect(other.requests.map(({ headers }) => headers.authorization)).toEqual([undefined]);
  });

  test.each<[string, TestOrigin['answer'], string]>([
    ['a 404', (_, response) => response.writeHead(404).end(), 'ERR_INVALID_RESPONSE'],
    ['a 401', (_, response) => response.writeHead(401).end(), 'ERR_INVALID_RESPONSE'],
    ['a 204', (_, response) => response.writeHead(204).end(), 'ERR_INVALID_RESPONSE'],
  ])('%s ends it, and says so', async (_, answer, code) => {
    site.answer = answer;
    const source = new ses.EventSource(site.origin);
    expect(await failure(source)).toMatchObject({ name: 'NetError', code });
    expect(source.readyState).toBe(2);
    expect(site.requests).toHaveLength(1);
  });

  test('another content type ends it', async () => {
    site.answer = (_, response) => response.end('plain');
    const source = new ses.EventSource(site.origin);
    await once(source, 'error');
    expect(source.readyState).toBe(2);
  });

  test('a failure to connect is told, and tried again', async () => {
    await using secure = await startOrigin(
      (_, response) => response.writeHead(200, { 'content-type': 'text/event-stream' }).flushHeaders(),
      { scheme: 'https' },
    );
    const source = new ses.EventSource(secure.origin, { reconnectionTime: 1 });
    expect(await failure(source)).toMatchObject({ code: 'ERR_CERT_AUTHORITY_INVALID' });
    expect(source.readyState).toBe(0);
    ses.certificates.addRoot(testAuthority().pem);
    await once(source, 'open');
    source.close();
  });

  test.each<[string, () => unknown, object]>([
    ['no URL', () => new ses.EventSource('nowhere'), { name: 'SyntaxError' }],
    [
      'a negative time',
      () => new ses.EventSource(site.origin, { reconnectionTime: -1 }),
      { code: 'ERR_INVALID_OPTION' },
    ],
    [
      'an option of a wrong type',
      () => new ses.EventSource(site.origin, { withCredentials: 1 as never }),
      { code: 'ERR_INVALID_OPTION' },
    ],
  ])('%s is refused', (_, construct, error) => {
    expect(construct).toThrow(expect.objectContaining(error));
  });

  test('closing the session ends it, and does not wait for it', async () => {
    const source = await opened();
    const gone = once(streams[0]!, 'close');
    await ses.close();
    expect(source.readyState).toBe(2);
    await gone;
  });

  test('closeAllConnections breaks it; it comes back', async () => {
    const source = await opened();
    const again = once(source, 'open');
    await ses.closeAllConnections();
    await again;
    expect(site.requests).toHaveLength(2);
    source.close();
  });
});
