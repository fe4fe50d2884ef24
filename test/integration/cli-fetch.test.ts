import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CliUser } from '../fixtures/cli.ts';
import { startOrigin, type TestOrigin, textOf } from '../fixtures/http-server.ts';

let user: CliUser;
let site: TestOrigin;

beforeAll(async () => {
  user = new CliUser();
  site = await startOrigin(answer, { host: '127.0.0.1' });
});

afterAll(async () => {
  user[Symbol.dispose]();
  await site[Symbol.asyncDispose]();
});

/** What came, as the server sees it. */
interface Echo {
  readonly method: string;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

async function echo(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { method = '', url = '', headers } = request;
  response.end(JSON.stringify({ method, url, headers, body: await textOf(request) }));
}

const md5 = (text: string): string => createHash('md5').update(text).digest('hex');

function answer(request: IncomingMessage, response: ServerResponse): void {
  const { pathname } = new URL(request.url!, site.origin);
  const { authorization = '' } = request.headers;
  switch (pathname) {
    case '/login':
      return void response
        .writeHead(302, { location: '/account', 'set-cookie': 'sid=secret; HttpOnly; Max-Age=3600' })
        .end();
    case '/account':
      return void response.end(request.headers.cookie ?? 'log in first');
    case '/digest': {
      const field = (name: string): string => new RegExp(`${name}="?([^",]*)`).exec(authorization)?.[1] ?? '';
      const [ha1, ha2] = [md5('ada:r:p:w'), md5('GET:/digest')];
      const right = md5([ha1, 'n', field('nc'), field('cnonce'), 'auth', ha2].join(':'));
      if (field('response') === right) return void response.end('in');
      return void response.writeHead(401, { 'www-authenticate': 'Digest realm="r", nonce="n", qop="auth"' }).end('out');
    }
    case '/binary':
      return void response.end(Buffer.from([0, 255]));
    case '/missing':
      return void response.writeHead(404).end('not here');
    case '/cut':
      response.writeHead(200, { 'content-length': 1000 });
      return void response.write('begun', () => response.destroy());
    case '/hang':
      return;
    case '/large':
      return sendLarge(response);
    case '/file.txt':
      return void response.end('a file');
    default:
      return void echo(request, response);
  }
}

const largeBytes = 400_000_000;

function sendLarge(response: ServerResponse): void {
  const chunk = Buffer.alloc(1_000_000, 'x');
  let sent = 0;
  const more = (): void => {
    while (sent < largeBytes) {
      sent += chunk.length;
      if (!response.write(chunk)) return void response.once('drain', more);
    }
    response.end();
  };
  more();
}

const fetchText = (path: string, ...args: string[]): Promise<string> =>
  user.output('fetch', site.origin + path, ...args);

describe('what is sent', () => {
  beforeAll(() => {
    writeFileSync(user.file('data.txt'), 'from a\nfile');
    writeFileSync(user.file('photo.jpg'), 'JPEG');
  });

  const form = 'application/x-www-form-urlencoded';
  test.concurrent.each<[string, string[], object]>([
    ['nothing', [], { method: 'GET', url: '/echo', body: '' }],
    ['-X', ['-X', 'PURGE'], { method: 'PURGE' }],
    ['-XPUT -d', ['-XPUT', '-dx'], { method: 'PUT', body: 'x' }],
    ['-H', ['-H', 'X-A: 1', '-H', 'x-b:2', '-H', 'X-C;'], { headers: { 'x-a': '1', 'x-b': '2', 'x-c': '' } }],
    ['-d', ['-d', 'a=1', '-d', 'b=2'], { method: 'POST', body: 'a=1&b=2', headers: { 'content-type': form } }],
    ['-d @file', ['-d', '@data.txt'], { body: 'from a\nfile' }],
    [
      '-d with a type',
      ['-d', '{}', '-H', 'content-type: application/json'],
      { headers: { 'content-type': 'application/json' } },
    ],
    ['an empty -d', ['-d', ''], { method: 'POST', body: '' }],
    ['--data-raw', ['--data-raw', '@x'], { body: '@x' }],
    ['--data-binary', ['--data-binary', '@data.txt'], { body: 'from a\nfile' }],
    [
      '--data-urlencode',
      ['--data-urlencode', 'a=b c&', '--data-urlencode', 'd@data.txt'],
      { body: 'a=b%20c%26&d=from%20a%0Afile' },
    ],
    ['-G', ['-G', '-d', 'q=1', '--data-urlencode', 'r=a b'], { method: 'GET', url: '/echo?q=1&r=a%20b', body: '' }],
    ['-T', ['-T', 'data.txt'], { method: 'PUT', body: 'from a\nfile', headers: { 'content-length': '11' } }],
    ['-A', ['-A', 'me/1'], { headers: { 'user-agent': 'me/1' } }],
    ['-e', ['-e', 'http://from.test/'], { headers: { referer: 'http://from.test/' } }],
    ['-b', ['-b', 'a=1; b=2'], { headers: { cookie: 'a=1; b=2' } }],
    ['-u', ['-u', 'ada:p:w'], { headers: { authorization: `Basic ${btoa('ada:p:w')}` } }],
    [
      "flags of curl's that are on anyway",
      ['-sSL', '--compressed'],
      { method: 'GET', headers: { 'accept-encoding': 'gzip, deflate, br, zstd' } },
    ],
  ])('%s', async (_what, flags, expected) => {
    expect(JSON.parse(await fetchText('/echo', ...flags))).toMatchObject(expected);
  });

  test('-d @- is standard input', async () => {
    const { stdout } = await user.run(['fetch', `${site.origin}/echo`, '-d', '@-'], { input: 'piped' });
    expect(JSON.parse(stdout)).toMatchObject({ method: 'POST', body: 'piped' });
  });

  test('-F is a form with files', async () => {
    const fields = ['-F', 'a=1', '-F', 'f=@photo.jpg;type=image/jpeg;filename=cat.jpg', '-F', 't=<data.txt'];
    const { method, headers, body } = JSON.parse(await fetchText('/echo', ...fields)) as Echo;
    expect(method).toBe('POST');
    const boundary = /^multipart\/form-data; boundary=(.+)$/.exec(headers['content-type']!)![1]!;
    const parts = body
      .split(`--${boundary}`)
      .slice(1, -1)
      .map(part => part.trim().replaceAll('\r\n', '\n'));
    expect(parts).toEqual([
      'Content-Disposition: form-data; name="a"\n\n1',
      'Content-Disposition: form-data; name="f"; filename="cat.jpg"\nContent-Type: image/jpeg\n\nJPEG',
      'Content-Disposition: form-data; name="t"\n\nfrom a\r\nfile'.replaceAll('\r\n', '\n'),
    ]);
  });

  test('a URL without a scheme is http', async () => {
    expect(JSON.parse(await user.output('fetch', site.origin.replace('http://', '')))).toMatchObject({ method: 'GET' });
  });

  test('credentials in the URL are those of -u', async () => {
    const { headers } = JSON.parse(await user.output('fetch', site.origin.replace('//', '//ada:p%3Aw@'))) as Echo;
    expect(headers['authorization']).toBe(`Basic ${btoa('ada:p:w')}`);
  });

  test('a server that wants Digest gets it', async () => {
    expect(await fetchText('/digest', '-u', 'ada:p:w')).toBe('in');
    expect(await fetchText('/digest', '-u', 'ada:wrong')).toBe('out');
  });

  test('a login is kept for the commands after it', async () => {
    expect(await fetchText('/account', '-p', 'persist:login')).toBe('log in first');
    expect(await fetchText('/login', '-d', 'user=ada', '-p', 'persist:login')).toBe('sid=secret');
    expect(await fetchText('/account', '-p', 'persist:login')).toBe('sid=secret');
    expect(await fetchText('/account')).toBe('log in first');
  });
});

describe('what is printed', () => {
  test('-i prints the head, too; -I only the head', async () => {
    expect(await fetchText('/file.txt', '-i')).toMatch(/^HTTP 200 OK\r\n(?:[a-z-]+: .*\r\n)+\r\na file$/);
    const head = await fetchText('/file.txt', '-I');
    expect(head).toMatch(/^HTTP 200 OK\r\n(?:[a-z-]+: .*\r\n)+\r\n$/);
    expect(site.requests.at(-1)!.method).toBe('HEAD');
  });

  test('--no-location shows the redirect', async () => {
    expect(await fetchText('/login', '-i', '--no-location')).toMatch(/^HTTP 302 Found\r\n[^]*location: \/account\r\n/);
  });

  test('--json is one object with everything', async () => {
    expect(await user.json('fetch', `${site.origin}/login`, '-p', 'persist:json')).toMatchObject({
      url: `${site.origin}/account`,
      status: 200,
      statusText: 'OK',
      redirected: true,
      headers: { 'content-length': '10' },
      body: 'sid=secret',
    });
    expect(await user.json('fetch', `${site.origin}/login`, '--no-location')).toMatchObject({
      status: 302,
      headers: { 'set-cookie': ['sid=secret; HttpOnly; Max-Age=3600'] },
    });
    expect(await user.json('fetch', `${site.origin}/binary`)).toMatchObject({ bodyBase64: 'AP8=' });
  });

  test('-v tells every hop on standard error, without secrets', async () => {
    const args = ['fetch', `${site.origin}/login`, '-v', '-u', 'ada:password', '-p', 'persist:verbose'];
    const { stdout, stderr } = await user.run(args);
    expect(stdout).toBe('sid=secret');
    const lines = stderr.split('\n');
    for (const line of [
      `> GET ${site.origin}/login`,
      '> Authorization: Basic ...',
      '< HTTP 302 Found',
      '< set-cookie: sid=...; HttpOnly; Max-Age=3600',
      `> GET ${site.origin}/account`,
      '> cookie: sid=...',
      '< HTTP 200 OK',
    ])
      expect(lines).toContain(line);
    expect(stderr).not.toMatch(/secret|password|YWRh/);
  });

  test('-f fails without printing', async () => {
    expect(await fetchText('/missing')).toBe('not here');
    const { status, stdout, stderr } = await user.run(['fetch', `${site.origin}/missing`, '-f']);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toBe('sojourn: the server answered with status 404\n');
  });

  test('-m ends what takes too long', async () => {
    const { status, stderr } = await user.run(['fetch', `${site.origin}/hang`, '-m', '0.1']);
    expect({ status, stderr }).toEqual({ status: 1, stderr: 'sojourn: net::ERR_TIMED_OUT: Not done within 0.1 s\n' });
  });

  test('in a pipe, binary bytes come as they are, and there is no progress', async () => {
    const { stdout, stderr } = await user.shell(`sojourn fetch ${site.origin}/binary | od -An -tx1`);
    expect([stdout.trim(), stderr]).toEqual(['00 ff', '']);
  });
});

describe('-o', () => {
  test('writes the file, and with --json says what came', async () => {
    expect(await fetchText('/file.txt', '-o', 'o.txt')).toBe('');
    expect(readFileSync(user.file('o.txt'), 'utf8')).toBe('a file');
    const said = await user.json('fetch', `${site.origin}/file.txt`, '-o', 'o.txt');
    expect(said).toMatchObject({ status: 200, file: 'o.txt', bytes: 6 });
    expect(await fetchText('/file.txt', '-o', '-')).toBe('a file');
  });

  test('-O takes the name of the URL', async () => {
    await fetchText('/file.txt?x', '-O');
    expect(readFileSync(user.file('file.txt'), 'utf8')).toBe('a file');
  });

  test.each([
    ['that breaks off', '/cut', []],
    ['that is an error, with -f', '/missing', ['-f']],
    ['that takes too long', '/hang', ['-m', '0.1']],
  ])('a response %s leaves what was there', async (_what, path, flags) => {
    writeFileSync(user.file('old.txt'), 'old');
    const before = readdirSync(user.home);
    for (const name of ['old.txt', 'new.txt']) {
      const { status, stderr } = await user.run(['fetch', site.origin + path, '-o', name, ...flags]);
      expect(status).toBe(1);
      expect(stderr).toMatch(/^sojourn: [^\n]+\n$/);
    }
    expect(readFileSync(user.file('old.txt'), 'utf8')).toBe('old');
    expect(readdirSync(user.home)).toEqual(before);
  });

  test('a link stays a link, a device a device', async () => {
    writeFileSync(user.file('target.txt'), 'old');
    symlinkSync('target.txt', user.file('link.txt'));
    await fetchText('/file.txt', '-o', 'link.txt');
    expect(readFileSync(user.file('target.txt'), 'utf8')).toBe('a file');
    await fetchText('/file.txt', '-o', '/dev/null');
  });

  test('a directory that is not there is said', async () => {
    const { status, stderr } = await user.run(['fetch', `${site.origin}/file.txt`, '-o', '/nope/x']);
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: 'sojourn: Cannot write "/nope/x": there is no such directory\n',
    });
  });

  test.runIf(existsSync('/dev/full'))('a full disk is said', async () => {
    const { status, stderr } = await user.run(['fetch', `${site.origin}/file.txt`, '-o', '/dev/full']);
    expect({ status, stderr }).toEqual({ status: 1, stderr: 'sojourn: Cannot write "/dev/full": the disk is full\n' });
  });
});

test.each(['-o /dev/null', '-o - | wc -c', '| (read -rn1; cat >/dev/null)'])(
  'a large body takes no memory of its size: fetch URL %s',
  async destination => {
    const report = user.file('report.mjs');
    writeFileSync(report, 'process.on("exit", () => console.error(process.resourceUsage().maxRSS))');
    const command = `NODE_OPTIONS='--import ${report}' sojourn fetch ${site.origin}/large ${destination}`;
    const { status, stderr } = await user.shell(command);
    expect(status).toBe(0);
    expect(Number(stderr) * 1024).toBeLessThan(largeBytes);
    expect(Number(stderr)).toBeGreaterThan(0);
  },
);
