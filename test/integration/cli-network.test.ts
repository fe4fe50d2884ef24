import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeSelfSignedCertificate, makeServerCertificate, testAuthority } from '../fixtures/certificates.ts';
import { CliUser } from '../fixtures/cli.ts';
import { startOrigin, type TestOrigin } from '../fixtures/http-server.ts';
import { startProxy, type TestProxy } from '../fixtures/proxy-server.ts';
import { startSocksServer, type SocksServer } from '../fixtures/socks-server.ts';
import { startQuietTlsServer } from '../fixtures/tls-server.ts';

let user: CliUser;
let site: TestOrigin;
let secure: TestOrigin;
const local = ['--host-rules', 'MAP *.test 127.0.0.1'];

beforeAll(async () => {
  user = new CliUser();
  writeFileSync(user.file('authority.pem'), testAuthority().pem);
  [site, secure] = await Promise.all([
    startOrigin((request, response) => {
      if (request.url === '/kept')
        response.setHeader('cache-control', 'max-age=3600').setHeader('set-cookie', 'k=secret');
      response.end(`hello from ${request.headers.host}`);
    }),
    startOrigin((_request, response) => response.end('secure'), { scheme: 'https' }),
  ]);
});

afterAll(async () => {
  user[Symbol.dispose]();
  await Promise.all([site[Symbol.asyncDispose](), secure[Symbol.asyncDispose]()]);
});

test('cache: listed, shown, counted, cleared', async () => {
  const kept = `${site.origin}/kept`;
  expect(await user.run(['cache', 'list'])).toMatchObject({ status: 0, stdout: '' });
  const before = site.requests.length;
  for (let time = 0; time < 3; time++) await user.output('fetch', kept, ...local);
  expect(site.requests.length).toBe(before + 1);
  const { stderr } = await user.run(['fetch', kept, '-v', ...local]);
  expect(stderr).toBe('* answered from the cache\n');

  expect(await user.output('cache', 'list')).toMatch(
    new RegExp(`^STATUS +SIZE +FRESH +URL\n200 +\\d+ B +for \\d+ min +${kept}\n$`),
  );
  expect(await user.json('cache', 'list')).toMatchObject([{ url: kept, status: 200, complete: true }]);

  const shown = await user.output('cache', 'show', `${kept}#part`);
  expect(shown).toMatch(
    /^200, \d+ B, for \d+ min, for pages of http:\/\/site\.test\n {2}cache-control: max-age=3600$/m,
  );
  expect(shown).not.toContain('secret');
  expect(await user.json('cache', 'show', kept)).toHaveLength(1);
  expect(await user.run(['cache', 'show', site.origin])).toMatchObject({
    status: 1,
    stdout: '',
    stderr: 'sojourn: nothing is stored for that URL\n',
  });

  expect(await user.output('cache', 'stats')).toMatch(/^hit ratio +75\.0 %$/m);
  expect(await user.json('cache', 'stats')).toMatchObject({ entries: 1, hits: 3, misses: 1, hitRatio: 0.75 });

  expect(await user.run(['cache', 'clear'])).toMatchObject({
    status: 0,
    stdout: '',
    stderr: expect.stringMatching(/^sojourn: cleared \d+ B\n$/) as string,
  });
  expect(await user.json('cache', 'list')).toEqual([]);
  expect(await user.json('cache', 'clear')).toEqual({ clearedBytes: 0 });
});

describe('proxy resolve', () => {
  const target = 'https://a.test/';
  const script = 'function FindProxyForURL(url, host) {\n  alert(host);\n  return "PROXY p.test:1; DIRECT";\n}';
  const pac = `data:,${encodeURIComponent(script)}`;

  test.concurrent.each<[string, string[], string]>([
    ['no proxy', [], 'DIRECT'],
    ['rules', ['--rules', 'https=p.test:1'], 'PROXY p.test:1'],
    ['rules with credentials', ['--rules', 'socks5://ada:secret@p.test'], 'SOCKS5 p.test:1080'],
    ['a bypass', ['--rules', 'p.test:1', '--bypass', '*.test'], 'DIRECT'],
    ['a PAC script', ['--pac', pac], 'PROXY p.test:1;DIRECT'],
    ['the environment', ['--system'], 'PROXY env.test:3128'],
  ])('%s', async (_what, flags, result) => {
    const env = { https_proxy: 'http://ada:secret@env.test:3128' };
    const args = ['proxy', 'resolve', target, ...flags];
    const [plain, json] = await Promise.all([user.run(args, { env }), user.run([...args, '--json'], { env })]);
    expect(plain).toMatchObject({ status: 0, stdout: `${result}\n` });
    expect(JSON.parse(json.stdout)).toEqual({ result });
  });

  test('--explain says which rule', async () => {
    const args = ['proxy', 'resolve', target, '--rules', 'https=ada:secret@p.test:1', '--explain'];
    expect(await user.output(...args)).toBe(
      ['result  PROXY p.test:1', 'mode    fixed_servers', 'rule    https', ''].join('\n'),
    );
    expect(await user.json(...args)).toMatchObject({ mode: 'fixed_servers', rule: 'https', parked: [] });
    expect(await user.output(...args, '--bypass', '*.test')).toMatch(/^bypass +\*\.test$/m);
  });

  test('--explain says which line of a script, and what the script says', async () => {
    const { stdout, stderr } = await user.run(['proxy', 'resolve', target, '--pac', pac, '--explain']);
    expect(stdout).toMatch(/^PAC line +3$/m);
    expect(stderr).toBe('sojourn: PAC alert in line 2: a.test\n');
  });

  test.each([
    ['fails', `data:,${encodeURIComponent('function FindProxyForURL() {\n  throw 1;\n}')}`],
    ['is not there', 'http://127.0.0.1:9/proxy.pac'],
  ])('a script that %s is a failure', async (_what, url) => {
    const { status, stdout, stderr } = await user.run(['proxy', 'resolve', target, '--pac', url]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^sojourn: net::ERR_/m);
  });
});

describe('fetch by a proxy', () => {
  let http: TestProxy;
  let socks: SocksServer;
  beforeAll(async () => {
    [http, socks] = await Promise.all([startProxy(), startSocksServer()]);
  });
  afterAll(() => Promise.all([http[Symbol.asyncDispose](), socks[Symbol.asyncDispose]()]));

  test.each<[string, () => string]>([
    ['-x host:port', () => `127.0.0.1:${http.port}`],
    ['-x of an HTTP proxy, with the slash that curl takes', () => `http://127.0.0.1:${http.port}/`],
    ['-x socks5://', () => `socks5://127.0.0.1:${socks.port}`],
    ["-x socks5h://, curl's own word", () => `socks5h://127.0.0.1:${socks.port}`],
  ])('%s', async (_what, rules) => {
    const before = http.connections + socks.connections;
    expect(await user.output('fetch', `${site.origin}/`, '-x', rules())).toMatch(/^hello from site\.test/);
    expect(http.connections + socks.connections).toBe(before + 1);
  });

  test('-x system is that of the environment; without it there is none', async () => {
    const env = { http_proxy: `http://127.0.0.1:${http.port}` };
    const before = http.connections;
    await user.run(['fetch', `${site.origin}/`, ...local], { env });
    expect(http.connections).toBe(before);
    const { stdout } = await user.run(['fetch', `${site.origin}/`, '-x', 'system'], { env });
    expect(stdout).toMatch(/^hello from site\.test/);
    expect(http.connections).toBe(before + 1);
  });

  test('a proxy that is not there is a failure that names it, and no secret', async () => {
    const { status, stderr } = await user.run(['fetch', `${site.origin}/`, '-x', 'http://ada:secret@127.0.0.1:9']);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^sojourn: net::ERR_PROXY_CONNECTION_FAILED: .*127\.0\.0\.1:9/);
    expect(stderr).not.toContain('secret');
  });
});

describe('fetch with certificates', () => {
  const bare = ['fetch'];
  test('one that is not trusted is refused', async () => {
    const { status, stdout, stderr } = await user.run([...bare, `${secure.origin}/`, ...local]);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^sojourn: net::ERR_CERT_AUTHORITY_INVALID[^\n]*\n$/);
  });

  test.each([['-k'], ['--cacert', 'authority.pem']])('%s', async (...flags) => {
    expect(await user.output('fetch', `${secure.origin}/`, ...local, ...flags)).toBe('secure');
  });
});

describe('--conditions', () => {
  test('offline', async () => {
    const { status, stderr } = await user.run(['fetch', `${site.origin}/`, ...local, '--conditions', 'offline']);
    expect(status).toBe(1);
    expect(stderr).toMatch(/^sojourn: net::ERR_INTERNET_DISCONNECTED/);
  });

  test('a slow network is waited for', async () => {
    const args = ['fetch', `${site.origin}/`, ...local, '-m', '0.3', '--conditions'];
    expect((await user.run([...args, 'DSL'])).status).toBe(0);
    // Its round trip takes 2 s.
    expect((await user.run([...args, 'Slow 3G'])).stderr).toMatch(/ERR_TIMED_OUT/);
  });
});

describe('cert show', () => {
  const trusted = { NODE_EXTRA_CA_CERTS: '' };
  beforeAll(() => {
    trusted.NODE_EXTRA_CA_CERTS = user.file('authority.pem');
  });

  test('a good chain', async () => {
    const { status, stdout, stderr } = await user.run(['cert', 'show', `site.test:${secure.port}`, ...local], {
      env: trusted,
    });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const [verdict, ...certificates] = stdout.split('\n\n');
    expect(verdict).toMatch(new RegExp(`^host +site.test:${secure.port}\nverdict +net::OK\nknown root +no$`));
    expect(certificates).toHaveLength(2);
    for (const field of [
      'certificate +1 of 2',
      'subject +\\S+',
      'issuer +\\S+',
      'names +DNS:site.test.*',
      'key +EC .*',
    ])
      expect(certificates[0]).toMatch(new RegExp(`^${field}`, 'm'));
    expect(certificates[0]).toMatch(/^valid +\d{4}-\d\d-\d\d \d\d:\d\d to \d{4}-\d\d-\d\d \d\d:\d\d UTC$/m);
    expect(certificates[0]).toMatch(/^fingerprint +sha256\/\S{44}$/m);
  });

  test.each<[string, { names: string[]; notAfter?: Date }, string]>([
    ['of another name', { names: ['other.test'] }, 'net::ERR_CERT_COMMON_NAME_INVALID'],
    ['that is over', { names: ['site.test'], notAfter: new Date('2020-01-02') }, 'net::ERR_CERT_DATE_INVALID'],
  ])('a certificate %s', async (_what, options, verdict) => {
    const notBefore = options.notAfter && { notBefore: new Date('2020-01-01') };
    await using server = await startQuietTlsServer(makeServerCertificate({ ...options, ...notBefore }));
    const args = ['cert', 'show', `site.test:${server.port}`, ...local, '--json'];
    const { status, stdout } = await user.run(args, { env: trusted });
    expect(status).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ verificationResult: verdict });
  });

  test('a self-signed certificate', async () => {
    await using server = await startQuietTlsServer(makeSelfSignedCertificate({ names: ['site.test'] }));
    const { status, stdout } = await user.run(['cert', 'show', `https://site.test:${server.port}/x`, ...local]);
    expect(status).toBe(1);
    expect(stdout).toMatch(/^verdict +net::ERR_CERT_AUTHORITY_INVALID$/m);
  });

  test('no server', async () => {
    const { status, stdout, stderr } = await user.run(['cert', 'show', '127.0.0.1:9']);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toMatch(/^sojourn: net::ERR_CONNECTION_REFUSED[^\n]*\n$/);
  });
});
