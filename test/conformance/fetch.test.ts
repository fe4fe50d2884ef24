import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { session } from '../../src/index.ts';
import type { FetchInit } from '../../src/network/fetch-request.ts';
import type { Session } from '../../src/session/session.ts';
import { hostRules, startOrigin, startRawServer, type TestOrigin, textOf } from '../fixtures/http-server.ts';

// Fetch standard, 2026-10; what is told of a page (CORS, referrers, opaque responses) has no part here.

let site: TestOrigin;
let other: TestOrigin;
let ses: Session;

beforeAll(async () => {
  site = await startOrigin((_, response) => response.end());
  other = await startOrigin((_, response) => response.end(), { host: 'other.test' });
});

beforeEach(() => {
  ses = session.fromPartition('fetch', { hostRules });
  for (const { requests } of [site, other]) requests.length = 0;
  site.answer = other.answer = (request, response) => {
    void textOf(request).then(body => response.end(`${request.method} ${request.url} ${body}`));
  };
});

afterEach(() => ses.destroy());

afterAll(async () => {
  await Promise.all([site[Symbol.asyncDispose](), other[Symbol.asyncDispose]()]);
});

function redirect(status: number, location: string): void {
  const { answer } = site;
  site.answer = (request, response) => {
    if (request.url !== '/from') return answer(request, response);
    response.writeHead(status, { location }).end('moved');
  };
}

describe('method and body after a redirect (HTTP-redirect fetch, step 12)', () => {
  test.each([
    [301, 'POST', 'GET'],
    [302, 'POST', 'GET'],
    [303, 'POST', 'GET'],
    [303, 'PUT', 'GET'],
    [301, 'PUT', 'PUT'],
    [302, 'PATCH', 'PATCH'],
    [307, 'POST', 'POST'],
    [308, 'POST', 'POST'],
    [303, 'HEAD', 'HEAD'],
    [301, 'GET', 'GET'],
    [303, 'QUERY', 'GET'],
  ])('%i answers %s: %s follows', async (status, method, expected) => {
    redirect(status, '/to');
    const sends = method !== 'GET' && method !== 'HEAD';
    const init: FetchInit = sends ? { body: 'text', headers: { 'Content-Language': 'en', 'X-Mine': '1' } } : {};
    const response = await ses.fetch(`${site.origin}/from`, { ...init, method });
    expect(response.redirected).toBe(true);
    expect(response.url).toBe(`${site.origin}/to`);
    const [, second] = site.requests;
    expect(second?.method).toBe(expected);
    if (!sends) return;
    const kept = expected !== 'GET';
    expect(await response.text()).toBe(`${expected} /to ${kept ? 'text' : ''}`);
    expect([second?.headers['content-type'], second?.headers['content-language']]).toEqual(
      kept ? ['text/plain;charset=UTF-8', 'en'] : [undefined, undefined],
    );
    expect(second?.headers['x-mine']).toBe('1');
  });

  test.each([300, 304, 305, 306])('%i is no redirect', async status => {
    redirect(status, '/to');
    const response = await ses.fetch(`${site.origin}/from`);
    expect([response.status, response.redirected, site.requests.length]).toEqual([status, false, 1]);
  });

  test('a redirect without Location is the response', async () => {
    site.answer = (_, response) => response.writeHead(302).end('no way');
    const response = await ses.fetch(site.origin);
    expect([response.status, await response.text()]).toEqual([302, 'no way']);
  });
});

describe('where a redirect may lead', () => {
  test.each<[sentence: string, location: string, url: string]>([
    ['a path', '/to?q=1', '/to?q=1'],
    ['a relative path', 'to', '/to'],
    ['a query alone', '?q', '/from?q'],
    ['the protocol left out', '//site.test:PORT/to', '/to'],
    ['UTF-8 as bytes', Buffer.from('/tö').toString('latin1'), '/t%C3%B6'],
    ['bytes that are no UTF-8', '/t\xf6', '/t%F6'],
    ['space around it', '  /to  ', '/to'],
  ])('%s', async (_, location, expected) => {
    redirect(302, location.replace('PORT', String(site.port)));
    expect((await ses.fetch(`${site.origin}/from?x`.replace('?x', ''))).url).toBe(site.origin + expected);
  });

  test.each<[location: string, code: string]>([
    ['http://[', 'ERR_INVALID_REDIRECT'],
    ['data:text/plain,hello', 'ERR_UNSAFE_REDIRECT'],
    ['file:///etc/passwd', 'ERR_UNSAFE_REDIRECT'],
    ['javascript:alert(1)', 'ERR_UNSAFE_REDIRECT'],
    ['mailto:a@site.test', 'ERR_UNKNOWN_URL_SCHEME'],
    ['http://site.test:25/', 'ERR_UNSAFE_PORT'],
  ])('not to %s: %s', async (location, code) => {
    redirect(302, location);
    await expect(ses.fetch(`${site.origin}/from`)).rejects.toMatchObject({ name: 'NetError', code });
  });

  test('two different Locations are an error, the same one twice is not', async () => {
    let locations = ['/a', '/b'];
    const { answer } = site;
    site.answer = (request, response) => {
      if (request.url !== '/from') return answer(request, response);
      response.writeHead(302, { location: locations as never }).end();
    };
    await expect(ses.fetch(`${site.origin}/from`)).rejects.toMatchObject({
      code: 'ERR_RESPONSE_HEADERS_MULTIPLE_LOCATION',
    });
    locations = ['/a', '/a'];
    expect((await ses.fetch(`${site.origin}/from`)).url).toBe(`${site.origin}/a`);
  });

  test('the fragment of the request is handed on, and is no part of Response.url', async () => {
    redirect(302, '/to');
    const response = await ses.fetch(`${site.origin}/from#part`);
    expect(response.url).toBe(`${site.origin}/to`);
    expect(site.requests.map(({ url }) => url)).toEqual(['/from', '/to']);
  });

  test('twenty redirects are followed, the next one is an error', async () => {
    let left = 20;
    site.answer = (_, response) => {
      if (left-- > 0) response.writeHead(302, { location: '/again' }).end();
      else response.end('there');
    };
    expect(await (await ses.fetch(site.origin)).text()).toBe('there');
    left = 21;
    await expect(ses.fetch(site.origin)).rejects.toMatchObject({ code: 'ERR_TOO_MANY_REDIRECTS', errno: -310 });
  });

  test('the body of a redirect is read to its end, so that the connection is used again; a long one is not', async () => {
    const before = site.connections;
    redirect(302, '/to');
    await (await ses.fetch(`${site.origin}/from`)).text();
    await (await ses.fetch(`${site.origin}/from`)).text();
    expect(site.connections - before).toBeLessThanOrEqual(2);
    site.answer = (request, response) => {
      if (request.url === '/to') return void response.end('there');
      response.writeHead(302, { location: '/to' });
      const fill = (): void => {
        while (!response.destroyed && response.write(Buffer.alloc(65_536))) {}
      };
      response.on('drain', fill);
      fill();
    };
    expect(await (await ses.fetch(site.origin)).text()).toBe('there');
  });

  test('a redirect whose body never ends does not outlive the call', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    site.answer = (request, response) => {
      if (request.url === '/to') return void response.end('there');
      response.on('close', resolve);
      response.writeHead(302, { location: '/to', 'content-length': 10 }).write('never');
    };
    expect(await (await ses.fetch(site.origin)).text()).toBe('there');
    await promise;
  });
});

describe('credentials on the way', () => {
  test('headers that were meant for one origin do not go to another', async () => {
    redirect(307, `${other.origin}/to`);
    const headers = {
      Authorization: 'Basic eDp5',
      Cookie: 'own=1',
      'X-Mine': '1',
      'Proxy-Authorization': 'Basic eDp5',
    };
    await ses.fetch(`${site.origin}/from`, { headers });
    expect(site.requests[0]?.headers).toMatchObject({ authorization: 'Basic eDp5', cookie: 'own=1' });
    expect(other.requests[0]?.headers).toMatchObject({ 'x-mine': '1', host: new URL(other.origin).host });
    for (const name of ['authorization', 'cookie', 'proxy-authorization']) {
      expect(other.requests[0]?.headers).not.toHaveProperty(name);
    }
  });

  test('cookies are stored and sent on every hop, each its own', async () => {
    await ses.cookies.set({ url: other.origin, name: 'o', value: '1' });
    site.answer = (request, response) => {
      if (request.url === '/from') response.writeHead(302, { location: '/next', 'set-cookie': 's=1' }).end();
      else response.writeHead(302, { location: `${other.origin}/` }).end();
    };
    await (await ses.fetch(`${site.origin}/from`)).text();
    expect(site.requests.map(({ headers }) => headers.cookie)).toEqual([undefined, 's=1']);
    expect(other.requests.map(({ headers }) => headers.cookie)).toEqual(['o=1']);
  });

  test.each<[credentials: FetchInit['credentials'], initiator: string | undefined, sent: boolean]>([
    ['include', undefined, true],
    ['same-origin', undefined, true],
    [undefined, undefined, true],
    ['omit', undefined, false],
    ['same-origin', 'self', true],
    ['same-origin', 'https://elsewhere.test', false],
    ['include', 'self', true],
  ])('credentials %j with initiator %j: sent and stored %j', async (credentials, initiator, sent) => {
    await ses.cookies.set({ url: site.origin, name: 'k', value: 'v', sameSite: 'lax' });
    site.answer = (_, response) => response.writeHead(200, { 'set-cookie': 'new=1' }).end();
    const init: FetchInit = {};
    if (credentials) init.credentials = credentials;
    if (initiator) init.initiator = initiator === 'self' ? site.origin : initiator;
    await ses.fetch(site.origin, init);
    expect(site.requests[0]?.headers.cookie).toBe(sent ? 'k=v' : undefined);
    expect((await ses.cookies.get({ name: 'new' })).length).toBe(sent ? 1 : 0);
  });

  test('a cookie header of the caller replaces those of the session, for that request', async () => {
    await ses.cookies.set({ url: site.origin, name: 'k', value: 'v' });
    await ses.fetch(site.origin, { headers: { cookie: 'mine=1' } });
    await ses.fetch(site.origin);
    expect(site.requests.map(({ headers }) => headers.cookie)).toEqual(['mine=1', 'k=v']);
  });

  test('the cookie is stored before the headers are seen', async () => {
    site.answer = (_, response) => response.writeHead(200, { 'set-cookie': 'k=v' }).end();
    await ses.fetch(site.origin);
    expect(ses.cookies.header(site.origin)).toBe('k=v');
  });

  test('bytes beyond ASCII come back as they came', async () => {
    const value = Buffer.from('à la carte à').toString('latin1');
    site.answer = (request, response) => {
      response.setHeader('x-seen', Buffer.from(request.headers.cookie ?? '', 'latin1').toString('hex'));
      response.writeHead(200, { 'set-cookie': `k=${value}; path=/` }).end();
    };
    await ses.fetch(site.origin);
    const response = await ses.fetch(site.origin);
    expect(Buffer.from(response.headers.get('x-seen') ?? '', 'hex').toString()).toBe('k=à la carte à');
    const own = await ses.fetch(site.origin, { headers: { cookie: `k=${value}` } });
    expect(Buffer.from(own.headers.get('x-seen') ?? '', 'hex').toString()).toBe('k=à la carte à');
  });
});

describe('redirect mode', () => {
  test("'manual' gives the real response", async () => {
    redirect(302, '/to');
    const response = await ses.fetch(`${site.origin}/from`, { redirect: 'manual' });
    expect([response.status, response.type, response.headers.get('location'), response.redirected]).toEqual([
      302,
      'basic',
      '/to',
      false,
    ]);
    expect(await response.text()).toBe('moved');
  });

  test("'error' refuses, and takes what is no redirect", async () => {
    redirect(302, '/to');
    await expect(ses.fetch(`${site.origin}/from`, { redirect: 'error' })).rejects.toMatchObject({
      name: 'NetError',
      code: 'ERR_FAILED',
    });
    expect((await ses.fetch(`${site.origin}/to`, { redirect: 'error' })).status).toBe(200);
  });
});

describe('a Request as input', () => {
  test('everything of it is sent, and init wins where it says something', async () => {
    const request = new Request(`${site.origin}/a`, { method: 'PUT', body: 'x', headers: { 'x-a': '1' } });
    const response = await ses.fetch(request);
    expect(await response.text()).toBe('PUT /a x');
    expect(site.requests[0]?.headers).toMatchObject({ 'x-a': '1', 'content-type': 'text/plain;charset=UTF-8' });
    const again = new Request(`${site.origin}/a`, { method: 'PUT', body: 'x', headers: { 'x-a': '1' } });
    const changed = await ses.fetch(again, { method: 'POST', body: 'y', headers: { 'x-b': '2' } });
    expect(await changed.text()).toBe('POST /a y');
    expect(site.requests[1]?.headers).not.toHaveProperty('x-a');
  });

  test('undefined in init says nothing', async () => {
    const request = new Request(site.origin, { method: 'POST', body: 'x' });
    const init = { method: undefined, headers: undefined, body: undefined, signal: undefined } as unknown as FetchInit;
    expect(await (await ses.fetch(request, init)).text()).toBe('POST / x');
  });

  test('null as the body of init leaves the body of the Request', async () => {
    const request = new Request(site.origin, { method: 'POST', body: 'x' });
    expect(await (await ses.fetch(request, { body: null })).text()).toBe('POST / x');
  });

  test('a Request counts as init, too', async () => {
    const like = new Request('http://nowhere.test/', { method: 'POST', body: 'x', headers: { 'x-a': '1' } });
    const response = await ses.fetch(`${site.origin}/b`, like);
    expect(await response.text()).toBe('POST /b x');
    expect(site.requests[0]?.headers['x-a']).toBe('1');
  });

  test('its body is used up, and cannot be used twice', async () => {
    const request = new Request(site.origin, { method: 'POST', body: 'x' });
    await ses.fetch(request);
    expect(request.bodyUsed).toBe(true);
    await expect(ses.fetch(request)).rejects.toMatchObject({ name: 'TypeError', code: 'ERR_INVALID_OPTION' });
    expect(await (await ses.fetch(request, { body: 'y' })).text()).toBe('POST / y');
  });

  test.each<[sentence: string, body: () => string | Uint8Array<ArrayBuffer> | Blob | URLSearchParams, text: string]>([
    ['a string', () => 'text', 'text'],
    ['bytes', () => new Uint8Array([0x61, 0x62]), 'ab'],
    ['a Blob', () => new Blob(['some ', 'text']), 'some text'],
    ['a form', () => new URLSearchParams({ a: '1' }), 'a=1'],
  ])('with %s for a body: sent with its length, and again after a redirect', async (_, body, text) => {
    redirect(307, '/to');
    const response = await ses.fetch(new Request(`${site.origin}/from`, { method: 'POST', body: body() }));
    expect(await response.text()).toBe(`POST /to ${text}`);
    for (const { headers } of site.requests) expect(headers['content-length']).toBe(String(text.length));
  });

  test('with a form that holds a file', async () => {
    const form = new FormData();
    form.set('file', new File(['content'], 'a.txt', { type: 'text/plain' }));
    await ses.fetch(new Request(site.origin, { method: 'POST', body: form }));
    expect(site.requests[0]?.headers['content-type']).toMatch(/^multipart\/form-data; boundary=/);
    expect(Number(site.requests[0]?.headers['content-length'])).toBeGreaterThan(100);
  });

  test('with a stream that takes its time, it is sent as it comes', async () => {
    const arrived = Promise.withResolvers<void>();
    site.answer = (request, response) => {
      request.once('data', () => arrived.resolve());
      void textOf(request).then(text => response.end(text));
    };
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const response = ses.fetch(new Request(site.origin, { method: 'POST', body: readable, duplex: 'half' }));
    await writer.write(Buffer.from('first '));
    await arrived.promise;
    await writer.write(Buffer.from('second'));
    await writer.close();
    expect(await (await response).text()).toBe('first second');
    expect(site.requests[0]?.headers['transfer-encoding']).toBe('chunked');
  });

  test('its signal aborts', async () => {
    const abort = new AbortController();
    const request = new Request(site.origin, { signal: abort.signal });
    site.answer = () => abort.abort(new Error('enough'));
    await expect(ses.fetch(request)).rejects.toThrow('enough');
  });
});

describe('arguments', () => {
  test.each<[sentence: string, input: unknown, init: unknown, message: RegExp]>([
    ['no URL', undefined, undefined, /url must be an absolute URL.*got undefined/],
    ['a relative URL', '/path', undefined, /url must be an absolute URL/],
    ['a number', 5, undefined, /url.*got 5/],
    ['credentials in the URL', 'http://me:secret@site.test/', undefined, /user name or password/],
    ['init that is no object', 'http://site.test/', 'POST', /init must be an object, got "POST"/],
    ['a method that is no token', 'http://site.test/', { method: 'GE T' }, /method.*got "GE T"/],
    ['a forbidden method', 'http://site.test/', { method: 'trace' }, /"trace" is forbidden/],
    ['a body with GET', 'http://site.test/', { body: 'x' }, /GET request cannot have a body/],
    ['a body with HEAD', 'http://site.test/', { method: 'head', body: 'x' }, /HEAD request cannot have a body/],
    [
      'a plain object for a body',
      'http://site.test/',
      { method: 'POST', body: { a: 1 } },
      /body must be.*got an object/,
    ],
    ['a number for a body', 'http://site.test/', { method: 'POST', body: 1 }, /body must be.*got 1/],
    ['a header name with a space', 'http://site.test/', { headers: { 'a b': '1' } }, /header name "a b"/],
    ['a header value with a line break', 'http://site.test/', { headers: { a: 'x\ny' } }, /header "a"/],
    ['a header value beyond bytes', 'http://site.test/', { headers: { a: 'ł' } }, /header "a"/],
    ['a symbol for a header', 'http://site.test/', { headers: { a: Symbol('x') } }, /header "a".*got a symbol/],
    ['headers that are no object', 'http://site.test/', { headers: 'a: b' }, /headers must be an object/],
    ['an entry of headers without a value', 'http://site.test/', { headers: [['a']] }, /a name and a value/],
    ['an unknown redirect mode', 'http://site.test/', { redirect: 'maybe' }, /redirect must be one of.*got "maybe"/],
    ['unknown credentials', 'http://site.test/', { credentials: 'some' }, /credentials must be one of/],
    ['an unknown cache mode', 'http://site.test/', { cache: 'maybe' }, /cache must be one of/],
    ['integrity that is no string', 'http://site.test/', { integrity: 5 }, /integrity must be a string, got 5/],
    ['a signal that is none', 'http://site.test/', { signal: {} }, /signal must be an AbortSignal/],
    ['an initiator that is no URL', 'http://site.test/', { initiator: 'site' }, /initiator must be/],
    ['a top-level site without an origin', 'http://site.test/', { topLevelSite: 'data:,' }, /topLevelSite must be/],
  ])('%s', async (_, input, init, message) => {
    const failure = await ses.fetch(input as string, init as FetchInit).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'TypeError', code: 'ERR_INVALID_OPTION' });
    expect((failure as Error).message).toMatch(message);
    expect((failure as Error).message).not.toContain('secret');
  });

  test.each(['about:blank', 'ftp://site.test/', 'ws://site.test/'])('%s is no URL to fetch', async url => {
    await expect(ses.fetch(url)).rejects.toMatchObject({ name: 'NetError', code: 'ERR_UNKNOWN_URL_SCHEME' });
  });

  test('ports of other protocols are refused (Fetch standard, "bad port")', async () => {
    await expect(ses.fetch('http://site.test:25/')).rejects.toMatchObject({ code: 'ERR_UNSAFE_PORT', errno: -312 });
  });

  test('an unknown key of init is a warning that names the nearest', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    await ses.fetch(site.origin, { redirects: 'follow' } as FetchInit);
    expect(warn.mock.calls.map(([message]) => message)).toEqual([
      'fetch: unknown option "redirects" (did you mean "redirect"?)',
    ]);
    warn.mockRestore();
  });

  test('fifty calls with one signal are no leak to be warned of', async () => {
    const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
    const { signal } = new AbortController();
    await Promise.all(Array.from({ length: 50 }, () => ses.fetch(site.origin, { signal })));
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });

  test('methods are put in upper case as the standard has it, no other', async () => {
    const seen: string[] = [];
    await using server = await startRawServer((socket, head) => {
      seen.push(head.split(' ')[0]!);
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
    });
    for (const method of ['get', 'Post', 'dElete', 'patch']) {
      await ses.fetch(`http://raw.test:${server.port}`, { method });
    }
    expect(seen).toEqual(['GET', 'POST', 'DELETE', 'patch']);
  });

  test('data: and blob: URLs need no network', async () => {
    expect(await (await ses.fetch('data:text/plain,hello')).text()).toBe('hello');
    const url = URL.createObjectURL(new Blob(['from a blob']));
    expect(await (await ses.fetch(url)).text()).toBe('from a blob');
    expect(await (await ses.fetch(new URL('../fixtures/http-server.ts', import.meta.url))).text()).toContain(
      'startOrigin',
    );
    await expect(ses.fetch('file:///nowhere/at/all')).rejects.toMatchObject({ code: 'ERR_FILE_NOT_FOUND' });
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(ses.fetch('file:///nowhere', { signal })).rejects.toThrow('enough');
  });
});
