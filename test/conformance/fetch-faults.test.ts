import type { Socket } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { session } from '../../src/index.ts';
import type { Session } from '../../src/session/session.ts';
import { testAuthority } from '../fixtures/certificates.ts';
import { hostRules, startOrigin, startRawServer } from '../fixtures/http-server.ts';

let ses: Session;

beforeEach(() => {
  ses = session.fromPartition('fetch-faults', { hostRules });
});

afterEach(() => ses.destroy());

type Say = (socket: Socket) => void;
const say =
  (text: string): Say =>
  socket =>
    void socket.end(text, 'latin1');

/** Fetches from a server that behaves like this, and reads the body. */
async function meet(behaviour: Say): Promise<unknown> {
  await using server = await startRawServer(behaviour);
  try {
    return await (await ses.fetch(`http://raw.test:${server.port}/`)).text();
  } catch (error) {
    return error;
  }
}

describe('what servers do, in the names of Chromium', () => {
  test.each<[sentence: string, code: string, behaviour: Say]>([
    ['it closes without a word', 'ERR_EMPTY_RESPONSE', socket => void socket.end()],
    ['it resets', 'ERR_CONNECTION_RESET', socket => void socket.resetAndDestroy()],
    ['it closes within the status line', 'ERR_EMPTY_RESPONSE', say('HTTP/1.1 20')],
    ['it closes within the headers', 'ERR_EMPTY_RESPONSE', say('HTTP/1.1 200 OK\r\nA: b\r\n')],
    ['it speaks another protocol', 'ERR_INVALID_HTTP_RESPONSE', say('220 smtp.test ESMTP\r\n')],
    ['it speaks HTTP/0.9', 'ERR_INVALID_HTTP_RESPONSE', say('<html>hello</html>')],
    ['it speaks HTTP/2 without being asked', 'ERR_INVALID_HTTP_RESPONSE', say('\0\0\x12\x04\0\0\0\0\0')],
    ['a status line without a number', 'ERR_INVALID_HTTP_RESPONSE', say('HTTP/1.1 OK\r\n\r\n')],
    ['a header name with a space', 'ERR_INVALID_HTTP_RESPONSE', say('HTTP/1.1 200 OK\r\na b: c\r\n\r\n')],
    ['a header with a control character', 'ERR_INVALID_HTTP_RESPONSE', say('HTTP/1.1 200 OK\r\na: \x01\r\n\r\n')],
    [
      'a Content-Length that is no number',
      'ERR_INVALID_HTTP_RESPONSE',
      say('HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nx'),
    ],
    // Chromium says ERR_RESPONSE_HEADERS_MULTIPLE_CONTENT_LENGTH; undici does not tell.
    [
      'two Content-Lengths',
      'ERR_INVALID_HTTP_RESPONSE',
      say('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxy'),
    ],
    [
      'a Content-Length that is more than comes',
      'ERR_CONTENT_LENGTH_MISMATCH',
      say('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx'),
    ],
    [
      'chunks that are none',
      'ERR_INVALID_CHUNKED_ENCODING',
      say('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n'),
    ],
    [
      'a chunk longer than it says',
      'ERR_INVALID_CHUNKED_ENCODING',
      say('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc\r\n0\r\n\r\n'),
    ],
    [
      'chunks without an end',
      'ERR_INCOMPLETE_CHUNKED_ENCODING',
      say('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n'),
    ],
    [
      'a reset within the body',
      'ERR_CONNECTION_RESET',
      socket => void socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nx', () => socket.resetAndDestroy()),
    ],
    [
      'an upgrade that nobody asked for',
      'ERR_INVALID_HTTP_RESPONSE',
      say('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n'),
    ],
  ])('%s: %s', async (_, code, behaviour) => {
    expect(await meet(behaviour)).toMatchObject({
      name: 'NetError',
      code,
      message: expect.stringContaining(`net::${code}`),
    });
  });

  test.each<[sentence: string, behaviour: Say, text: string]>([
    ['a body that ends with the connection', say('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it'), 'all of it'],
    ['HTTP/1.0', say('HTTP/1.0 200 OK\r\n\r\nold'), 'old'],
    ['no reason', say('HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx'), 'x'],
    [
      'the same Content-Length once, and more than it says',
      say('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nxyz'),
      'x',
    ],
    [
      'early hints first',
      say('HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx'),
      'x',
    ],
    [
      'trailers after the chunks',
      say('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nX-A: 1\r\n\r\n'),
      'x',
    ],
  ])('%s is taken', async (_, behaviour, text) => {
    expect(await meet(behaviour)).toBe(text);
  });

  test('nobody listens there', async () => {
    const { port } = await (async () => {
      await using server = await startRawServer(() => {});
      return server;
    })();
    await expect(ses.fetch(`http://raw.test:${port}/`)).rejects.toMatchObject({
      code: 'ERR_CONNECTION_REFUSED',
      errno: -102,
    });
  });

  test('there is no such host', async () => {
    await expect(
      session.fromPartition('no-host', { hostRules: 'MAP * ~NOTFOUND' }).fetch('http://nowhere.test/'),
    ).rejects.toMatchObject({ code: 'ERR_NAME_NOT_RESOLVED', errno: -105 });
    await session.fromPartition('no-host').destroy();
  });

  test('TLS is spoken to a server that does not, and the other way round', async () => {
    await using plain = await startOrigin((_, response) => response.end());
    await expect(ses.fetch(plain.origin.replace('http:', 'https:'))).rejects.toMatchObject({
      code: 'ERR_SSL_PROTOCOL_ERROR',
    });
    await using secure = await startOrigin((_, response) => response.end(), { scheme: 'https' });
    await expect(ses.fetch(secure.origin.replace('https:', 'http:'))).rejects.toMatchObject({ name: 'NetError' });
    await expect(ses.fetch(secure.origin)).rejects.toMatchObject({ code: 'ERR_CERT_AUTHORITY_INVALID' });
  });
});

describe('limits', () => {
  const forever =
    (head: string, line: string): Say =>
    socket => {
      socket.write(head);
      const block = line.repeat(Math.ceil(65_536 / line.length));
      const fill = (): void => {
        while (!socket.destroyed && socket.write(block)) {}
      };
      socket.on('drain', fill);
      fill();
    };

  test.each<[sentence: string, behaviour: Say]>([
    ['headers without end', forever('HTTP/1.1 200 OK\r\n', 'X-Pad: some text\r\n')],
    ['a million Set-Cookie lines', forever('HTTP/1.1 200 OK\r\n', 'Set-Cookie: a=b\r\n')],
    ['one header without end', forever('HTTP/1.1 200 OK\r\nX-Long: ', 'x')],
    ['a header name without end', forever('HTTP/1.1 200 OK\r\n', 'x')],
    [
      'trailers without end',
      forever('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n', 'X-Pad: some text\r\n'),
    ],
    ['interim responses without end', forever('', 'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n')],
  ])('%s: ERR_RESPONSE_HEADERS_TOO_BIG', async (_, behaviour) => {
    expect(await meet(behaviour)).toMatchObject({ code: 'ERR_RESPONSE_HEADERS_TOO_BIG', errno: -325 });
  });

  test('up to 256 KiB of headers are taken', async () => {
    const pad = `X-Pad: ${'x'.repeat(1000)}\r\n`.repeat(240);
    expect(await meet(say(`HTTP/1.1 200 OK\r\n${pad}Content-Length: 1\r\n\r\nx`))).toBe('x');
  });

  test('ten thousand cookies within that are read up to a limit, and the response is good', async () => {
    const lines = Array.from({ length: 10_000 }, (_, n) => `Set-Cookie: c${n}=1\r\n`).join('');
    expect(await meet(say(`HTTP/1.1 200 OK\r\n${lines}Content-Length: 1\r\n\r\nx`))).toBe('x');
    expect((await ses.cookies.get({})).length).toBeLessThanOrEqual(180);
  });

  test('many tiny chunks, read by nobody, are held back as large ones are', async () => {
    let written = 0;
    await using server = await startRawServer(socket => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
      const block = '1\r\nx\r\n'.repeat(10_000);
      const fill = (): void => {
        while (written < 100_000_000 && !socket.destroyed && socket.write(block)) written += block.length;
      };
      socket.on('drain', fill);
      fill();
    });
    const response = await ses.fetch(`http://raw.test:${server.port}/`);
    for (let turn = 0; turn < 300; turn++) await new Promise(setImmediate);
    expect(written).toBeLessThan(20_000_000);
    await response.body!.cancel();
  });
});

describe('secrets', () => {
  test.each<[sentence: string, behaviour: Say]>([
    ['of an answer that cannot be parsed', say('HTTP/1.1 200 OK\r\nSet-Cookie: k=s3cret\r\nbad header s3cret\r\n\r\n')],
    ['of an answer that breaks off', say('HTTP/1.1 200 OK\r\nSet-Cookie: k=s3cret\r\nContent-Length: 9\r\n\r\ns3')],
    ['of a chunk that is none', say('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\ns3cret\r\n')],
    [
      'of a redirect that cannot be followed',
      say('HTTP/1.1 302 Found\r\nLocation: gopher://me:s3cret@a/?s3cret\r\n\r\n'),
    ],
    ['of the request', socket => void socket.destroy()],
  ])('%s are in no error', async (_, behaviour) => {
    await ses.cookies.set({ url: 'http://raw.test/', name: 'k', value: 's3cret' });
    await using server = await startRawServer(behaviour);
    const url = `http://raw.test:${server.port}/?token=s3cret`;
    const failure = await ses
      .fetch(url, { headers: { authorization: 'Bearer s3cret' } })
      .then(response => response.text())
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'NetError' });
    expect(inspect(failure, { depth: 9, showHidden: true })).not.toContain('s3cret');
  });
});

test('a server that closes after each answer is reached again each time', async () => {
  await using server = await startRawServer(say('HTTP/1.1 200 OK\r\nContent-Length: 1\r\nConnection: close\r\n\r\nx'));
  for (let n = 0; n < 20; n++) expect(await (await ses.fetch(`http://raw.test:${server.port}/`)).text()).toBe('x');
  expect(server.connections).toBe(20);
});

describe('HTTP/2', () => {
  beforeEach(() => ses.certificates.addRoot(testAuthority().pem));

  test('is chosen by ALPN; one connection carries everything', async () => {
    await using site = await startOrigin((_, response) => void setImmediate(() => response.end('x')), { scheme: 'h2' });
    await Promise.all(Array.from({ length: 100 }, async () => (await ses.fetch(site.origin)).text()));
    expect(new Set(site.requests.map(({ httpVersion }) => httpVersion))).toEqual(new Set(['2.0']));
    expect(site.connections).toBe(1);
  });

  test('a server without it is spoken to in HTTP/1.1', async () => {
    await using site = await startOrigin((_, response) => response.end('x'), { scheme: 'https' });
    expect(await (await ses.fetch(site.origin)).text()).toBe('x');
    expect(site.requests[0]?.httpVersion).toBe('1.1');
  });

  test('more requests than the server takes at once wait their turn', async () => {
    let running = 0;
    let most = 0;
    await using site = await startOrigin(
      (_, response) => {
        most = Math.max(most, ++running);
        setImmediate(() => {
          running--;
          response.end('x');
        });
      },
      { scheme: 'h2', maxConcurrentStreams: 5 },
    );
    await Promise.all(Array.from({ length: 200 }, async () => (await ses.fetch(site.origin)).text()));
    expect(site.requests.length).toBe(200);
    expect(most).toBeLessThanOrEqual(5 * site.connections);
  });

  test('cookies are stored before the headers are seen, bytes as they came', async () => {
    const value = Buffer.from('à').toString('latin1');
    await using site = await startOrigin(
      (request, response) => {
        response.setHeader('x-seen', Buffer.from(request.headers.cookie ?? '', 'latin1').toString('hex'));
        response.setHeader('set-cookie', [`a=${value}`, 'b=2']);
        response.end();
      },
      { scheme: 'h2' },
    );
    const response = await ses.fetch(site.origin);
    expect([response.status, response.headers.getSetCookie().length]).toEqual([200, 2]);
    expect(Buffer.from(ses.cookies.header(site.origin), 'latin1').toString()).toBe('a=à; b=2');
    const again = await ses.fetch(site.origin);
    expect(Buffer.from(again.headers.get('x-seen')!, 'hex').toString()).toBe('a=à; b=2');
  });

  test('a stream that the server resets fails; the connection lives on', async () => {
    await using site = await startOrigin((_, response) => response.end('x'), { scheme: 'h2' });
    const fine = site.answer;
    site.answer = (_, response) => {
      (response as unknown as { stream: { close(code: number): void } }).stream.close(2);
    };
    await expect(ses.fetch(site.origin)).rejects.toMatchObject({ name: 'NetError', code: 'ERR_HTTP2_PROTOCOL_ERROR' });
    site.answer = (_, response) => {
      response.write('half');
      setImmediate(() => (response as unknown as { stream: { close(code: number): void } }).stream.close(2));
    };
    const response = await ses.fetch(site.origin);
    await expect(response.text()).rejects.toMatchObject({ name: 'NetError', code: 'ERR_HTTP2_PROTOCOL_ERROR' });
    site.answer = fine;
    expect(await (await ses.fetch(site.origin)).text()).toBe('x');
    expect(site.connections).toBe(1);
  });

  test('a connection that is cut fails what runs on it; the next request opens another', async () => {
    await using site = await startOrigin(() => {}, { scheme: 'h2' });
    const failures = Promise.all(
      Array.from({ length: 3 }, () => ses.fetch(site.origin).catch((error: unknown) => error)),
    );
    while (site.requests.length < 3) await new Promise(setImmediate);
    for (const socket of site.sockets) socket.destroy();
    for (const failure of await failures) expect(failure).toMatchObject({ name: 'NetError' });
    site.answer = (_, response) => response.end('x');
    expect(await (await ses.fetch(site.origin)).text()).toBe('x');
  });

  test('GOAWAY: what runs is finished, what comes goes elsewhere', async () => {
    await using site = await startOrigin((_, response) => response.end('x'), { scheme: 'h2' });
    const quick = site.answer;
    site.answer = (_, response) => {
      const { session: connection } = (response as unknown as { stream: { session: { goaway(code: number): void } } })
        .stream;
      response.write('first ');
      connection.goaway(0);
      setImmediate(() => setImmediate(() => response.end('second')));
    };
    expect(await (await ses.fetch(site.origin)).text()).toBe('first second');
    site.answer = quick;
    expect(await (await ses.fetch(site.origin)).text()).toBe('x');
    expect(site.connections).toBe(2);
  });

  test('headers that are too many, or too long', async () => {
    await using site = await startOrigin(
      (_, response) => {
        for (let n = 0; n < 120; n++) response.setHeader(`x-${n}`, 'x'.repeat(1000));
        response.end('x');
      },
      { scheme: 'h2' },
    );
    const outcome = await ses.fetch(site.origin).then(
      response => response.text(),
      (error: unknown) => error,
    );
    expect(outcome === 'x' || (outcome as Error).name === 'NetError').toBe(true);
  });

  test('a body that is not read holds back its stream, not the others', async () => {
    await using site = await startOrigin(
      (request, response) => {
        if (request.url === '/small') return void response.end('small');
        const fill = (): void => {
          while (!response.destroyed && response.write(Buffer.alloc(16_384))) {}
        };
        response.on('drain', fill);
        fill();
      },
      { scheme: 'h2' },
    );
    const stalled = await ses.fetch(`${site.origin}/endless`);
    for (let n = 0; n < 10; n++) expect(await (await ses.fetch(`${site.origin}/small`)).text()).toBe('small');
    expect(site.connections).toBe(1);
    const reader = stalled.body!.getReader();
    let got = 0;
    while (got < 2_000_000) got += (await reader.read()).value!.byteLength;
    await reader.cancel();
  });
});
