import { Readable } from 'node:stream';
import { inspect } from 'node:util';
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { session } from '../../src/index.ts';
import type { Session } from '../../src/session/session.ts';
import { hostRules, startOrigin, type TestOrigin } from '../fixtures/http-server.ts';

let site: TestOrigin;
let ses: Session;

beforeAll(async () => {
  site = await startOrigin((_, response) => response.end());
});

beforeEach(() => {
  ses = session.fromPartition('fetch-body', { hostRules });
  site.requests.length = 0;
});

afterEach(() => ses.destroy());
afterAll(() => site[Symbol.asyncDispose]());

function answerWith(body: string | Buffer, headers: Record<string, string> = {}, status = 200): void {
  site.answer = (_, response) => response.writeHead(status, headers).end(body);
}

/** More than the session takes when nobody reads. */
const large = Buffer.alloc(3_000_000, 'abcdefghij');

describe('readers', () => {
  test('each gives the body in its own way', async () => {
    answerWith('{"a":"ä"}', { 'content-type': 'application/json' });
    const get = (): Promise<Response> => ses.fetch(site.origin);
    expect(await (await get()).text()).toBe('{"a":"ä"}');
    expect(await (await get()).json()).toEqual({ a: 'ä' });
    expect(await (await get()).bytes()).toEqual(new Uint8Array(Buffer.from('{"a":"ä"}')));
    expect(Buffer.from(await (await get()).arrayBuffer()).toString()).toBe('{"a":"ä"}');
    expect((await (await get()).arrayBuffer()).byteLength).toBe(10);
  });

  test('text takes off a byte order mark and replaces what is no UTF-8', async () => {
    answerWith(Buffer.from([0xef, 0xbb, 0xbf, 0x61, 0xff]));
    expect(await (await ses.fetch(site.origin)).text()).toBe('a\ufffd');
  });

  test('json of what is none is a SyntaxError', async () => {
    answerWith('<html>');
    await expect((await ses.fetch(site.origin)).json()).rejects.toBeInstanceOf(SyntaxError);
  });

  test.each([
    ['text/Plain; Charset="utf-8"', 'text/plain;charset=utf-8'],
    ['nonsense', ''],
    [undefined, ''],
  ])('blob of type %s has type %s', async (type, expected) => {
    answerWith('x', type === undefined ? {} : { 'content-type': type });
    const blob = await (await ses.fetch(site.origin)).blob();
    expect([blob.type, await blob.text()]).toEqual([expected, 'x']);
  });

  test('formData reads both kinds of form', async () => {
    answerWith('a=1&b=2', { 'content-type': 'application/x-www-form-urlencoded' });
    expect([...(await (await ses.fetch(site.origin)).formData())]).toEqual([
      ['a', '1'],
      ['b', '2'],
    ]);
    const multipart = '--x\r\nContent-Disposition: form-data; name="f"; filename="a.txt"\r\n\r\nhi\r\n--x--\r\n';
    answerWith(multipart, { 'content-type': 'multipart/form-data; boundary=x' });
    const file = (await (await ses.fetch(site.origin)).formData()).get('f') as File;
    expect([file.name, await file.text()]).toEqual(['a.txt', 'hi']);
    answerWith('x', { 'content-type': 'text/plain' });
    await expect((await ses.fetch(site.origin)).formData()).rejects.toBeInstanceOf(TypeError);
  });

  test('textStream gives text as it comes', async () => {
    answerWith('ä'.repeat(100_000));
    let text = '';
    const response = (await ses.fetch(site.origin)) as Response & { textStream(): ReadableStream<string> };
    for await (const part of response.textStream()) text += part;
    expect(text).toBe('ä'.repeat(100_000));
  });

  test('a body is read once', async () => {
    answerWith('x');
    const response = await ses.fetch(site.origin);
    expect(response.bodyUsed).toBe(false);
    const reading = response.text();
    expect(response.bodyUsed).toBe(true);
    await reading;
    for (const read of ['text', 'json', 'bytes', 'arrayBuffer', 'blob', 'formData'] as const) {
      await expect(response[read]()).rejects.toBeInstanceOf(TypeError);
    }
    expect(() => response.clone()).toThrow(TypeError);
    expect(response.body?.locked).toBe(true);
    expect(() => response.body?.getReader()).toThrow(TypeError);
  });

  test("what arrayBuffer gives is nobody else's", async () => {
    answerWith('x'.repeat(5000));
    const [a, b] = await Promise.all([1, 2].map(async () => (await ses.fetch(site.origin)).arrayBuffer()));
    expect([a?.byteLength, b?.byteLength]).toEqual([5000, 5000]);
    new Uint8Array(a!).fill(0);
    expect(Buffer.from(b!).toString()).toBe('x'.repeat(5000));
  });

  test('a body that has come meanwhile, larger than what is held, is read whole', async () => {
    // What lies in the socket is parsed, its end included, in the turn in which the reader asks for it.
    const body = Buffer.alloc(190_000, 'x');
    const { promise: sent, resolve } = Promise.withResolvers<void>();
    site.answer = (_, response) => {
      response.on('finish', resolve);
      response.writeHead(200, { 'content-length': body.length }).end(body);
    };
    const response = await ses.fetch(site.origin);
    await sent;
    for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
    expect((await response.text()).length).toBe(190_000);
  });
});

describe('no body (Fetch standard, "null body status")', () => {
  test.each([204, 205, 304])('of %i', async status => {
    answerWith('', {}, status);
    const response = await ses.fetch(site.origin);
    expect([response.status, response.body]).toEqual([status, null]);
    expect([await response.text(), await response.text(), response.bodyUsed]).toEqual(['', '', false]);
    expect(response.clone().body).toBeNull();
  });

  test('of HEAD, whatever Content-Length says', async () => {
    answerWith('', { 'content-length': '5000', 'content-encoding': 'gzip' });
    const response = await ses.fetch(site.origin, { method: 'HEAD' });
    expect([response.headers.get('content-length'), response.body, await response.text()]).toEqual(['5000', null, '']);
  });

  test('an empty body is a body', async () => {
    answerWith('');
    const response = await ses.fetch(site.origin);
    expect(response.body).not.toBeNull();
    expect(await response.text()).toBe('');
    expect(response.bodyUsed).toBe(true);
  });
});

describe('the stream', () => {
  test('bodyUsed tells reading from locking', async () => {
    answerWith('x');
    const response = await ses.fetch(site.origin);
    const reader = response.body!.getReader();
    expect(response.bodyUsed).toBe(false);
    await expect(response.text()).rejects.toBeInstanceOf(TypeError);
    await reader.read();
    expect(response.bodyUsed).toBe(true);
  });

  test('the same one every time; whole, however it is read', async () => {
    answerWith(large);
    const get = async (): Promise<ReadableStream<Uint8Array>> => {
      const response = await ses.fetch(site.origin);
      expect(response.body).toBe(response.body);
      return response.body!;
    };
    const parts: Uint8Array[] = [];
    for await (const part of await get()) parts.push(part);
    expect(Buffer.concat(parts).equals(large)).toBe(true);
    expect(Buffer.concat(await Readable.fromWeb((await get()) as never).toArray()).equals(large)).toBe(true);
    expect(Buffer.from(await new Response(await get()).arrayBuffer()).equals(large)).toBe(true);
    const through = ((await get()) as unknown as ReadableStream)
      .pipeThrough(new CompressionStream('gzip'))
      .pipeThrough(new DecompressionStream('gzip'));
    expect(Buffer.from(await new Response(through).arrayBuffer()).equals(large)).toBe(true);
  });

  test('a reader may bring its own buffer', async () => {
    answerWith(large);
    const reader = (await ses.fetch(site.origin)).body!.getReader({ mode: 'byob' });
    const parts: Buffer[] = [];
    for (let buffer = new ArrayBuffer(50_000); ; ) {
      const { done, value } = await reader.read(new Uint8Array(buffer));
      if (done) break;
      expect(value.byteLength).toBeLessThanOrEqual(50_000);
      parts.push(Buffer.from(value));
      buffer = value.buffer;
    }
    expect(Buffer.concat(parts).equals(large)).toBe(true);
  });

  test('clone and tee read the whole body twice', async () => {
    answerWith(large);
    const response = await ses.fetch(site.origin);
    const copy = response.clone();
    const [a, b] = await Promise.all([response.bytes(), copy.bytes()]);
    expect(Buffer.from(a).equals(large) && Buffer.from(b).equals(large)).toBe(true);
    expect([copy.status, copy.url, copy.type]).toEqual([200, `${site.origin}/`, 'basic']);
    const [left, right] = (await ses.fetch(site.origin)).body!.tee();
    const both = await Promise.all([new Response(left).bytes(), new Response(right).bytes()]);
    expect(both.every(bytes => Buffer.from(bytes).equals(large))).toBe(true);
  });

  test('cancelling, also while a read is pending, ends the request', async () => {
    const closed = Promise.withResolvers<void>();
    site.answer = (_, response) => {
      response.on('close', closed.resolve);
      response.writeHead(200).write('first');
    };
    const response = await ses.fetch(site.origin);
    const reader = response.body!.getReader();
    expect(Buffer.from((await reader.read()).value).toString()).toBe('first');
    const pending = reader.read();
    await reader.cancel('enough');
    expect(await pending).toEqual({ done: true, value: undefined });
    await closed.promise;
  });

  test('leaving a for await loop ends the request', async () => {
    const closed = Promise.withResolvers<void>();
    site.answer = (_, response) => {
      response.on('close', closed.resolve);
      response.writeHead(200).write('first');
    };
    for await (const part of (await ses.fetch(site.origin)).body!) if (part) break;
    await closed.promise;
  });

  test('back-pressure reaches the server: little is read when nobody asks', async () => {
    let written = 0;
    const stalled = Promise.withResolvers<void>();
    site.answer = (request, response) => {
      const fill = (): void => {
        while (written < 200_000_000 && response.write(Buffer.alloc(65_536))) written += 65_536;
        stalled.resolve();
      };
      response.on('drain', fill);
      request.socket.setNoDelay(true);
      fill();
    };
    const response = await ses.fetch(site.origin);
    await stalled.promise;
    const reader = response.body!.getReader();
    await reader.read();
    for (let turn = 0; turn < 200; turn++) await new Promise(setImmediate);
    expect(written).toBeLessThan(30_000_000);
    await reader.cancel();
  });
});

describe('a Response that is one', () => {
  test('to instanceof, to inspect, to new Response, and to WebAssembly', async () => {
    answerWith('body', { 'content-type': 'text/plain', 'x-a': '1' }, 201);
    const response = await ses.fetch(site.origin);
    expect(response).toBeInstanceOf(Response);
    expect(Object.prototype.toString.call(response)).toBe('[object Response]');
    expect([response.ok, response.status, response.statusText, response.type]).toEqual([true, 201, 'Created', 'basic']);
    expect(inspect(response)).toContain('status: 201');
    const copy = new Response(response.body, response);
    expect([copy.status, copy.headers.get('x-a'), await copy.text()]).toEqual([201, '1', 'body']);
    answerWith(Buffer.from([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]), { 'content-type': 'application/wasm' });
    const { WebAssembly } = globalThis as unknown as { WebAssembly: { compileStreaming(source: unknown): unknown } };
    const compiled = await WebAssembly.compileStreaming(ses.fetch(site.origin));
    expect(Object.prototype.toString.call(compiled)).toBe('[object WebAssembly.Module]');
  });

  test('its headers are Headers that cannot be changed', async () => {
    site.answer = (_, response) =>
      response
        .writeHead(200, [
          ['Set-Cookie', 'a=1'],
          ['Set-Cookie', 'b=2'],
          ['X-Two', 'one'],
          ['X-Two', 'two'],
          ['X-Latin', 'caf\xe9'],
          ['__proto__', 'harmless'],
        ] as never)
        .end();
    const { headers } = await ses.fetch(site.origin);
    expect(headers).toBeInstanceOf(Headers);
    expect(headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect([headers.get('x-two'), headers.get('x-latin'), headers.get('__proto__')]).toEqual([
      'one, two',
      'caf\xe9',
      'harmless',
    ]);
    for (const change of ['append', 'set', 'delete'] as const)
      expect(() => headers[change]('a', 'b')).toThrow(TypeError);
    const copy = new Headers(headers);
    copy.set('x-two', 'three');
    expect([copy.get('x-two'), copy.getSetCookie().length]).toEqual(['three', 2]);
  });
});

describe('content codings', () => {
  const text = 'the quick brown fox '.repeat(5000);
  const encoders: Record<string, (bytes: Buffer) => Buffer> = {
    gzip: bytes => gzipSync(bytes),
    'x-gzip': bytes => gzipSync(bytes),
    deflate: bytes => deflateSync(bytes),
    'deflate without its header': bytes => deflateRawSync(bytes),
    br: bytes => brotliCompressSync(bytes),
    zstd: bytes => zstdCompressSync(bytes),
  };

  const cases = Object.entries(encoders).map(([name, encode]) => [name, name.split(' ')[0]!, encode] as const);
  const readers: [string, (response: Response) => Promise<string>][] = [
    ['whole', response => response.text()],
    ['as a stream', response => new Response(response.body).text()],
  ];

  describe.each(readers)('read %s', (_, read) => {
    test.each(cases)('%s', async (_name, coding, encode) => {
      for (const plain of [text, 'x', '']) {
        answerWith(encode(Buffer.from(plain)), { 'content-encoding': coding });
        const response = await ses.fetch(site.origin);
        expect(await read(response)).toBe(plain);
        expect(response.headers.get('content-encoding')).toBe(coding);
      }
    });

    test('an empty body needs no decoding', async () => {
      answerWith('', { 'content-encoding': 'gzip' });
      expect(await read(await ses.fetch(site.origin))).toBe('');
    });

    test('several, taken off in reverse', async () => {
      const encoded = zstdCompressSync(brotliCompressSync(gzipSync(text)));
      answerWith(encoded, { 'content-encoding': 'gzip, BR , zstd' });
      expect(await read(await ses.fetch(site.origin))).toBe(text);
    });

    test('one that is not known, alone or among others: the bytes as they came', async () => {
      for (const coding of ['rot13', 'gzip, rot13', 'aes128gcm']) {
        answerWith('bytes', { 'content-encoding': coding });
        expect(await read(await ses.fetch(site.origin))).toBe('bytes');
      }
      answerWith('plain', { 'content-encoding': 'identity' });
      expect(await read(await ses.fetch(site.origin))).toBe('plain');
    });

    test.each(['gzip', 'deflate', 'br', 'zstd'])('%s that is none is ERR_CONTENT_DECODING_FAILED', async coding => {
      answerWith(Buffer.from('(this is no compressed data, whatever the header says)'.repeat(9)), {
        'content-encoding': coding,
      });
      await expect(read(await ses.fetch(site.origin))).rejects.toMatchObject({
        name: 'NetError',
        code: 'ERR_CONTENT_DECODING_FAILED',
      });
    });

    test.each([
      ['gzip', gzipSync(text)],
      ['deflate', deflateSync(text)],
      ['br', brotliCompressSync(text)],
    ])('%s that stops before its end gives what there is, as browsers do', async (coding, encoded) => {
      answerWith(encoded.subarray(0, -6), { 'content-encoding': coding });
      const got = await read(await ses.fetch(site.origin));
      expect(text.startsWith(got)).toBe(true);
    });

    // Chromium passes over anything there; zlib, as Node uses it, over zeros only.
    test('padding after the end of gzip is passed over', async () => {
      answerWith(Buffer.concat([gzipSync(text), Buffer.alloc(100)]), { 'content-encoding': 'gzip' });
      expect(await read(await ses.fetch(site.origin))).toBe(text);
    });
  });

  test('what is asked of servers, unless the caller asks for something else', async () => {
    answerWith('');
    await ses.fetch(site.origin);
    await ses.fetch(site.origin, { headers: { 'accept-encoding': 'identity' } });
    expect(site.requests.map(({ headers }) => headers['accept-encoding'])).toEqual([
      'gzip, deflate, br, zstd',
      'identity',
    ]);
  });

  test('a bomb flows no faster than it is read', async () => {
    const bomb = gzipSync(Buffer.alloc(200_000_000));
    answerWith(bomb, { 'content-encoding': 'gzip' });
    const reader = (await ses.fetch(site.origin)).body!.getReader();
    const before = process.memoryUsage().arrayBuffers;
    await reader.read();
    for (let turn = 0; turn < 100; turn++) await new Promise(setImmediate);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
    await reader.cancel();
  });

  test('a failure of the connection in the middle is that failure, not one of the coding', async () => {
    site.answer = (_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': 1000 });
      response.write(gzipSync(text).subarray(0, 50), () => response.socket?.destroy());
    };
    for (const [, read] of readers) {
      await expect(read(await ses.fetch(site.origin))).rejects.toMatchObject({ code: 'ERR_CONTENT_LENGTH_MISMATCH' });
    }
  });

  test('a coding that fails ends the request, though the server has more', async () => {
    const closed = Promise.withResolvers<void>();
    site.answer = (_, response) => {
      response.on('close', closed.resolve);
      response.writeHead(200, { 'content-encoding': 'gzip' }).write('this is no gzip');
    };
    await expect(new Response((await ses.fetch(site.origin)).body).text()).rejects.toMatchObject({
      code: 'ERR_CONTENT_DECODING_FAILED',
    });
    await closed.promise;
  });
});

describe('integrity (SRI)', () => {
  const right = 'sha256-ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=';
  const wrong = 'sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=';
  const stronger = 'sha512-3a81oZNherrMQXNJriBBMRLm+k6JqX6iCp7u5ktV05ohkpkqJ0/BqDa6PCOj/uu9RU1EI2Q86A4qmslPpUyknw==';

  test.each<[sentence: string, integrity: string, good: boolean]>([
    ['the right digest', right, true],
    ['a wrong one', wrong, false],
    ['one of several is right', `${wrong} ${right}`, true],
    ['the strongest algorithm decides', `${wrong} ${stronger}`, true],
    ['options after it', `${right}?ct=text/plain`, true],
    ['algorithms that nobody knows', 'md5-abc sha1-def', true],
    ['nothing', '', true],
    ['base64url', right.replaceAll('+', '-').replaceAll('/', '_'), true],
  ])('%s', async (_, integrity, good) => {
    answerWith('abc', { 'content-type': 'text/plain' });
    const answer = ses.fetch(site.origin, { integrity });
    if (!good) return expect(answer).rejects.toMatchObject({ name: 'TypeError', code: 'ERR_INTEGRITY_MISMATCH' });
    const response = await answer;
    expect([await response.text(), response.headers.get('content-type'), response.url]).toEqual([
      'abc',
      'text/plain',
      `${site.origin}/`,
    ]);
  });

  test('is about the body without its coding, of which the stream is given, too', async () => {
    answerWith(gzipSync('abc'), { 'content-encoding': 'gzip' });
    const response = await ses.fetch(site.origin, { integrity: right });
    expect(await new Response(response.body).text()).toBe('abc');
    const copy = (await ses.fetch(site.origin, { integrity: right })).clone();
    expect(await copy.text()).toBe('abc');
  });

  test('of a large body', async () => {
    answerWith(large);
    await expect(ses.fetch(site.origin, { integrity: right })).rejects.toMatchObject({
      code: 'ERR_INTEGRITY_MISMATCH',
    });
  });

  test('without a body there is nothing that could be right', async () => {
    answerWith('', {}, 204);
    await expect(ses.fetch(site.origin, { integrity: right })).rejects.toMatchObject({
      code: 'ERR_INTEGRITY_MISMATCH',
    });
  });
});
