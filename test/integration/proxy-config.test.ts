import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { App } from '../../src/session/app.ts';
import type { Session } from '../../src/session/session.ts';
import { SessionModule } from '../../src/session/session-module.ts';
import { ManualClock } from '../../src/util/testing/manual-clock.ts';
import { testAuthority } from '../fixtures/certificates.ts';
import { startOrigin, type TestOrigin } from '../fixtures/http-server.ts';
import { startProxy, type TestProxy } from '../fixtures/proxy-server.ts';
import { failure, proxiedSession } from '../fixtures/proxied-session.ts';
import { startSocksServer, type SocksServer } from '../fixtures/socks-server.ts';

// Of the seed's examples: the names of the proxies, each leading to one of the tests'.
const ports = { foopy: 0, bar: 0, foopy2: 0, bad: 0 };
const rulesOf = (): string =>
  [
    `MAP foopy 127.0.0.1:${ports.foopy}`,
    `MAP foopy2 127.0.0.1:${ports.foopy2}`,
    `MAP bar 127.0.0.1:${ports.bar}`,
    `MAP bar.com 127.0.0.1:${ports.bar}`,
    'MAP direct.test 127.0.0.1',
    'MAP * ^NOTFOUND',
    'EXCLUDE 127.0.0.1',
  ].join(', ');

let a: TestProxy;
let b: TestProxy;
let socks: SocksServer;
let plain: TestOrigin;
let secure: TestOrigin;
let ses: Session;

beforeEach(async () => {
  [a, b, socks, plain, secure] = await Promise.all([
    startProxy(),
    startProxy(),
    startSocksServer(),
    startOrigin((_, response) => response.end('welcome')),
    startOrigin((_, response) => response.end('welcome'), { scheme: 'https' }),
  ]);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await ses?.destroy();
  await Promise.all([a, b, socks, plain, secure].map(it => it[Symbol.asyncDispose]()));
});

/** Through what a URL went: `a`, `b`, `socks <version>`, `direct`, or the error. */
async function way(url: string, fetching: Promise<Response> = ses.fetch(url)): Promise<string> {
  for (const it of [a, b, socks]) it.requests.length = 0;
  try {
    await (await fetching).text();
  } catch (error) {
    return (error as { code: string }).code;
  }
  if (a.requests.length > 0) return 'a';
  if (b.requests.length > 0) return 'b';
  return socks.requests[0] ? `socks ${socks.requests[0].version}` : 'direct';
}

describe('the examples of v0.36', () => {
  const use = (config: string, to: Partial<typeof ports>): Promise<void> => {
    Object.assign(ports, { foopy: 1, foopy2: 1, bar: 1 }, to);
    ses = proxiedSession({ hostRules: rulesOf() });
    return new Promise((resolve, reject) => void ses.setProxy(config, error => (error ? reject(error) : resolve())));
  };
  const direct = (): string => `http://direct.test:${plain.port}/`;

  test('http=foopy:80;ftp=foopy2', async () => {
    await use('http=foopy:80;ftp=foopy2', { foopy: a.port, foopy2: b.port });
    expect(await way(plain.origin)).toBe('a');
    expect(await way(`https://direct.test:${secure.port}/`)).toBe('ERR_CERT_COMMON_NAME_INVALID'); // direct
    expect(await ses.resolveProxy('ftp://x.test/')).toBe('PROXY foopy2:80');
  });

  test('foopy:80', async () => {
    await use('foopy:80', { foopy: a.port });
    expect(await way(plain.origin)).toBe('a');
    expect(await way(secure.origin)).toBe('a');
  });

  test('foopy:80,bar,direct://', async () => {
    await use('foopy:80,bar,direct://', { foopy: a.port, bar: b.port });
    expect(await way(direct())).toBe('a');
    a.die();
    expect(await way(direct())).toBe('b');
    b.die();
    expect(await way(direct())).toBe('direct');
    expect(await ses.resolveProxy(direct())).toBe('DIRECT;PROXY foopy:80;PROXY bar:80');
  });

  test('socks4://foopy', async () => {
    await use('socks4://foopy', { foopy: socks.port });
    expect(await way(plain.origin)).toBe('socks 4a');
    expect(await way(secure.origin)).toBe('socks 4a');
  });

  test('http=foopy,socks5://bar.com', async () => {
    await use('http=foopy,socks5://bar.com', { foopy: a.port, bar: socks.port });
    expect(await way(plain.origin)).toBe('a');
    a.die();
    expect(await way(plain.origin)).toBe('socks 5');
    expect(await ses.resolveProxy(secure.origin)).toBe('DIRECT');
  });

  test('http=foopy,direct://', async () => {
    await use('http=foopy,direct://', { foopy: a.port });
    expect(await way(direct())).toBe('a');
    a.die();
    expect(await way(direct())).toBe('direct');
  });

  test('http=foopy;socks=foopy2', async () => {
    await use('http=foopy;socks=foopy2', { foopy: a.port, foopy2: socks.port });
    expect(await way(plain.origin)).toBe('a');
    expect(await way(secure.origin)).toBe('socks 4a');
  });
});

describe('a change of rules', () => {
  beforeEach(() => {
    ses = proxiedSession({ hostRules: 'MAP *.test 127.0.0.1' });
  });
  const rule = (proxy: { port: number }): string => `127.0.0.1:${proxy.port}`;

  test('holds from the next request on, in every mode', async () => {
    expect(await way(plain.origin)).toBe('direct');
    await ses.setProxy(rule(a));
    expect(await way(plain.origin)).toBe('a');
    await ses.setProxy(rule(b));
    expect(await way(plain.origin)).toBe('b');
    await ses.setProxy({ mode: 'direct' });
    expect(await way(plain.origin)).toBe('direct');
    await ses.setProxy({ mode: 'fixed_servers', proxyRules: rule(a), proxyBypassRules: 'site.test' });
    expect(await way(plain.origin)).toBe('direct');
    await ses.setProxy('');
    expect(await way(plain.origin)).toBe('direct');
  });

  test('closes idle tunnels and lets those in use finish', async () => {
    let finish: (() => void) | undefined;
    secure.answer = (request, response) => {
      if (request.url === '/idle') return void response.end();
      response.write('first ');
      finish = () => response.end('last');
    };
    await ses.setProxy(rule(a));
    const running = await ses.fetch(`${secure.origin}/running`);
    await (await ses.fetch(`${secure.origin}/idle`)).text();
    expect(a.sockets.size).toBeGreaterThanOrEqual(2);
    await ses.setProxy(rule(b));
    await expect.poll(() => secure.sockets.size).toBe(1);
    finish!();
    expect(await running.text()).toBe('first last');
    await expect.poll(() => a.sockets.size).toBe(0);
  });

  test('closeConnections "all" cuts those in use', async () => {
    secure.answer = (_, response) => void response.write('first ');
    await ses.setProxy(rule(a));
    const running = await ses.fetch(secure.origin);
    await ses.setProxy({ proxyRules: rule(b), closeConnections: 'all' });
    expect(await failure(running.text())).toMatchObject({ code: 'ERR_ABORTED' });
    await expect.poll(() => a.sockets.size).toBe(0);
  });

  test('may come at any time: each request goes by the rules of some moment, and the last ones stay', async () => {
    const ways = await Promise.all(
      Array.from({ length: 60 }, async (_, i) => {
        if (i % 3 === 0) await ses.setProxy([rule(a), rule(b), ''][(i / 3) % 3]!);
        return (await ses.fetch(`${i % 2 ? plain.origin : secure.origin}/${i}`)).status;
      }),
    );
    expect(new Set(ways)).toEqual(new Set([200]));
    await ses.setProxy(rule(b));
    expect(await way(plain.origin)).toBe('b');
  });
});

test.each<[string, unknown, string]>([
  [
    'a mode of another name',
    { mode: 'invalid' },
    'Invalid mode, must be one of direct, auto_detect, pac_script, fixed_servers or system',
  ],
  [
    'a PAC URL of another scheme',
    { pacScript: 'ftp://x/' },
    'Cannot set the proxy: pacScript must be an http, https, file or data URL, got one of scheme "ftp:"',
  ],
  [
    'rules without one usable proxy',
    'http=:::',
    'Cannot set the proxy: of the rules given, no proxy can be used; left out: :::',
  ],
  ['a number', 7, 'Cannot set the proxy: config must be a string or an object, got 7'],
])('%s is refused, and the old configuration stays', async (_, config, message) => {
  ses = proxiedSession();
  await ses.setProxy(`127.0.0.1:${a.port}`);
  expect(await failure(ses.setProxy(config as string))).toMatchObject({ code: 'ERR_INVALID_OPTION', message });
  expect(() => ses.setProxy(config as string, () => {})).toThrow(message);
  expect(await way(plain.origin)).toBe('a');
});

test('a malformed entry is left out and named: by an event, or a warning where nobody listens', async () => {
  ses = proxiedSession();
  const warnings: string[] = [];
  ses.on('proxy-warning', (_event, message) => warnings.push(message));
  await ses.setProxy({ proxyRules: `127.0.0.1:${a.port},h:port`, proxyBypassRules: 'x:99999' });
  expect(warnings).toEqual([
    'Left out of the proxy rules, because it is malformed: h:port',
    'Left out of the proxy rules, because it is malformed: x:99999',
  ]);
  ses.removeAllListeners();
  const emitted = new Promise<Error>(resolve => process.once('warning', resolve));
  await ses.setProxy(`127.0.0.1:${a.port},h:port`);
  expect(await emitted).toMatchObject({ code: 'SOJOURN_PROXY_RULES', message: warnings[0] });
  expect(await way(plain.origin)).toBe('a');
});

describe('mode system', () => {
  test.each([
    ['capitals', { HTTP_PROXY: 'a', HTTPS_PROXY: 'b', NO_PROXY: 'direct.test' }],
    ['small letters', { http_proxy: 'a', https_proxy: 'b', no_proxy: 'direct.test' }],
  ])('reads the variables in %s when it is set, and again when it is reloaded', async (_, variables) => {
    ses = proxiedSession({ hostRules: 'MAP direct.test 127.0.0.1, MAP * ^NOTFOUND, EXCLUDE 127.0.0.1' });
    for (const name of [
      'HTTP_PROXY',
      'HTTPS_PROXY',
      'ALL_PROXY',
      'NO_PROXY',
      'http_proxy',
      'https_proxy',
      'all_proxy',
      'no_proxy',
    ]) {
      vi.stubEnv(name, undefined);
    }
    const urls = { a: `http://127.0.0.1:${a.port}/`, b: `127.0.0.1:${b.port}` };
    for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, urls[value as 'a'] ?? value);
    await ses.setProxy({ mode: 'system' });
    expect(await way(plain.origin)).toBe('a');
    expect(await way(secure.origin)).toBe('b');
    expect(await way(`http://direct.test:${plain.port}/`)).toBe('direct');
    vi.stubEnv(Object.keys(variables)[0]!, urls.b);
    expect(await way(plain.origin)).toBe('a');
    await ses.forceReloadProxyConfig();
    expect(await way(plain.origin)).toBe('b');
  });
});

describe('a proxy for one request', () => {
  beforeEach(() => {
    ses = proxiedSession({ hostRules: 'MAP *.test 127.0.0.1' });
  });

  test('is used for it alone, on every hop of it', async () => {
    plain.answer = (request, response) => {
      if (request.url === '/moved') response.writeHead(302, { location: '/' }).end();
      else response.end('here');
    };
    expect(await way('', ses.fetch(`${plain.origin}/moved`, { proxy: `127.0.0.1:${a.port}` }))).toBe('a');
    expect(a.requests.length).toBe(2);
    expect(await way(plain.origin)).toBe('direct');
  });

  test('direct:// goes past the session’s; the loopback is not bypassed', async () => {
    await ses.setProxy(`127.0.0.1:${a.port}`);
    expect(await way('', ses.fetch(plain.origin, { proxy: 'direct://' }))).toBe('direct');
    expect(await way('', ses.fetch(`http://127.0.0.1:${plain.port}/`, { proxy: `127.0.0.1:${b.port}` }))).toBe('b');
  });

  test('falls back, and is refused when nothing of it can be used', async () => {
    expect(await way('', ses.fetch(plain.origin, { proxy: `127.0.0.1:1,127.0.0.1:${b.port}` }))).toBe('b');
    expect(await failure(ses.fetch(plain.origin, { proxy: 'x:y' }))).toMatchObject({ code: 'ERR_INVALID_OPTION' });
  });
});

test('switches rule the sessions made afterwards', async () => {
  const app = new App();
  const module = new SessionModule(app);
  app.commandLine.appendSwitch('host-resolver-rules', 'MAP *.test 127.0.0.1');
  app.commandLine.appendSwitch('proxy-server', `127.0.0.1:${a.port}`);
  app.commandLine.appendSwitch('proxy-bypass-list', 'direct.test');
  ses = module.fromPartition('one');
  expect(await way(plain.origin)).toBe('a');
  expect(await way(`http://direct.test:${plain.port}/`)).toBe('direct');
  await ses.destroy();
  app.commandLine.appendSwitch('proxy-pac-url', `data:,function FindProxyForURL(){return"PROXY 127.0.0.1:${b.port}"}`);
  ses = module.fromPartition('one');
  expect(await way(plain.origin)).toBe('b');
  await ses.destroy();
  app.commandLine.appendSwitch('no-proxy-server');
  ses = module.fromPartition('one');
  expect(await way(plain.origin)).toBe('direct');
});

test('app.setProxy and app.resolveProxy are the default session’s', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'sojourn-app-'));
  const app = new App();
  app.setPath('userData', directory);
  const module = new SessionModule(app);
  ses = module.defaultSession;
  const other = module.fromPartition('other');
  await new Promise<void>(
    (resolve, reject) => void app.setProxy('foopy:81', error => (error ? reject(error) : resolve())),
  );
  expect(await app.resolveProxy('http://x.test/')).toBe('PROXY foopy:81');
  expect(await ses.resolveProxy('http://x.test/')).toBe('PROXY foopy:81');
  expect(await other.resolveProxy('http://x.test/')).toBe('DIRECT');
  await expect(app.setProxy({ mode: 'no' as never })).rejects.toThrow('Invalid mode');
  await ses.destroy();
  rmSync(directory, { recursive: true });
});

describe('PAC', () => {
  let clock: ManualClock;
  let module: SessionModule;
  let reports: unknown[];
  const open = (hostRules = 'MAP *.test 127.0.0.1, MAP wpad 127.0.0.1'): void => {
    clock = new ManualClock();
    module = new SessionModule(new App(), clock);
    ses = module.fromPartition('pac', { hostRules });
    ses.certificates.addRoot(testAuthority().pem);
    reports = [];
    ses.on('pac-message', (_event, report) => reports.push(report));
  };
  const script = (body: string): string => `function FindProxyForURL(url, host) {\n${body}\n}`;
  const through = (proxy: { port: number }): string => script(`return "PROXY 127.0.0.1:${proxy.port}";`);

  beforeEach(() => open());

  test.each<[string, (text: string) => string]>([
    ['a data URL', text => `data:application/x-ns-proxy-autoconfig;base64,${btoa(text)}`],
    [
      'a file',
      text => {
        const file = join(mkdtempSync(join(tmpdir(), 'sojourn-pac-')), 'proxy.pac');
        writeFileSync(file, text);
        return pathToFileURL(file).href;
      },
    ],
  ])('from %s', async (_, urlOf) => {
    await ses.setProxy(urlOf(through(a)));
    expect(await way(plain.origin)).toBe('a');
    expect(await way(secure.origin)).toBe('a');
  });

  test.each([
    ['http', undefined],
    ['https', 'https'],
  ] as const)('from an %s server, never through a proxy, without cookies', async (_, scheme) => {
    await using server = await startOrigin((request, response) => {
      if (request.url === '/old.pac') response.writeHead(302, { location: '/proxy.pac', 'set-cookie': 'pac=1' }).end();
      else response.setHeader('cache-control', 'max-age=9999').end(through(a));
    }, scheme && { scheme });
    await ses.cookies.set({ url: server.origin, name: 'a', value: '1' });
    await ses.setProxy({ pacScript: `${server.origin}/old.pac` });
    expect(await way(plain.origin)).toBe('a');
    expect(await way(server.origin)).toBe('a');
    a.requests.length = 0;
    await ses.forceReloadProxyConfig();
    expect(await way(plain.origin)).toBe('a');
    expect(a.requests.length).toBe(1);
    const fetched = server.requests.filter(({ url }) => url.endsWith('.pac'));
    expect(fetched.length).toBe(4);
    for (const { headers } of fetched) expect(headers).not.toHaveProperty('cookie');
    expect((await ses.cookies.get({ name: 'pac' })).length).toBe(0);
  });

  test('requests wait for the script, and are not sent past it when it cannot be had', async () => {
    let answer: ((text: string, status?: number) => void) | undefined;
    await using server = await startOrigin((_, response) => {
      answer = (text, status = 200) => void response.writeHead(status).end(text);
    });
    await ses.setProxy({ pacScript: `${server.origin}/proxy.pac` });
    const waiting = way(plain.origin);
    await expect.poll(() => answer).toBeDefined();
    answer!(through(a));
    expect(await waiting).toBe('a');
    const reloading = ses.forceReloadProxyConfig();
    answer = undefined;
    await expect.poll(() => answer).toBeDefined();
    answer!('gone', 404);
    await reloading;
    expect(await way(plain.origin)).toBe('ERR_MANDATORY_PROXY_CONFIGURATION_FAILED');
    expect(await ses.resolveProxy(plain.origin)).toBe('');
    expect(reports).toEqual([
      { type: 'error', line: undefined, message: expect.stringContaining('the server answered with status 404') },
    ]);
  });

  test('is fetched again 8 s after a failure, and 12 h after a success, by the clock', async () => {
    let status = 500;
    await using server = await startOrigin((_, response) => void response.writeHead(status).end(through(a)));
    await ses.setProxy({ pacScript: `${server.origin}/proxy.pac` });
    expect(await way(plain.origin)).toBe('ERR_MANDATORY_PROXY_CONFIGURATION_FAILED');
    status = 200;
    clock.advance(7999);
    expect(server.requests.length).toBe(1);
    clock.advance(1);
    await expect.poll(() => way(plain.origin)).toBe('a');
    clock.advance(12 * 3600_000 + 1);
    await way(plain.origin);
    await expect.poll(() => server.requests.length).toBe(3);
  });

  test('gives up after 30 s by the clock, and leaves nothing behind', async () => {
    await using server = await startOrigin(() => {});
    await ses.setProxy({ pacScript: `${server.origin}/proxy.pac` });
    const waiting = way(plain.origin);
    await expect.poll(() => server.requests.length).toBe(1);
    clock.advance(30_000);
    expect(await waiting).toBe('ERR_MANDATORY_PROXY_CONFIGURATION_FAILED');
    await expect.poll(() => server.sockets.size).toBe(0);
  });

  test('closing the session does not wait for a script that nobody waits for', async () => {
    await using server = await startOrigin(() => {});
    await ses.setProxy({ pacScript: `${server.origin}/proxy.pac` });
    await expect.poll(() => server.requests.length).toBe(1);
    await ses.close();
    await expect.poll(() => server.sockets.size).toBe(0);
  });

  test('resolves names by the session’s rules', async () => {
    open('MAP inside.test 10.1.2.3, MAP *.test 127.0.0.1');
    await ses.setProxy({
      pacScript: `data:,${encodeURIComponent(script(`return dnsResolve("inside.test") === "10.1.2.3" ? "PROXY 127.0.0.1:${b.port}" : "DIRECT";`))}`,
    });
    expect(await way(plain.origin)).toBe('b');
  });

  test('alerts and errors are events with their line', async () => {
    await ses.setProxy({ pacScript: `data:,${encodeURIComponent(script('alert("hello");\nreturn nothing();'))}` });
    expect(await way(plain.origin)).toBe('ERR_MANDATORY_PROXY_CONFIGURATION_FAILED');
    expect(reports).toEqual([
      { type: 'alert', message: 'hello', line: expect.anything() },
      { type: 'error', message: expect.stringContaining('nothing'), line: 3 },
    ]);
  });

  test.each([
    ['loops for ever', 'for (;;);'],
    ['takes all memory', 'let s = "x"; for (;;) s += s;'],
    ['reaches for Node', 'return process.env.HOME + require("fs");'],
    ['recurses for ever', 'return FindProxyForURL(url, host);'],
    ['returns what is no text', 'return { toString() { return "DIRECT"; } };'],
  ])('a script that %s fails the request, and the session goes on', async (_, body) => {
    await ses.setProxy({ pacScript: `data:,${encodeURIComponent(script(body))}` });
    expect(await way(plain.origin)).toBe('ERR_MANDATORY_PROXY_CONFIGURATION_FAILED');
    await ses.setProxy({ pacScript: `data:,${encodeURIComponent(through(b))}` });
    expect(await way(plain.origin)).toBe('b');
  });

  test('auto_detect asks wpad, and goes direct without it', async () => {
    await using server = await startOrigin((_, response) => response.end(through(a)));
    open(`MAP wpad 127.0.0.1:${server.port}, MAP *.test 127.0.0.1`);
    await ses.setProxy({ mode: 'auto_detect' });
    expect(await way(plain.origin)).toBe('a');
    expect(server.requests[0]).toMatchObject({ url: '/wpad.dat', headers: { host: 'wpad' } });
    await ses.destroy();
    open('MAP wpad ^NOTFOUND, MAP *.test 127.0.0.1');
    await ses.setProxy({ mode: 'auto_detect' });
    expect(await way(plain.origin)).toBe('direct');
  });
});
