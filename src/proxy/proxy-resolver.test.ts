import { inspect } from 'node:util';
import { afterEach, describe, expect, test } from 'vitest';
import { NetError, type NetErrorCode } from '../util/errors.ts';
import { ManualClock } from '../util/testing/manual-clock.ts';
import { toPacString } from './pac-result.ts';
import type { FetchBytes } from './pac-source.ts';
import { readProxyConfig } from './proxy-config.ts';
import { ProxyResolver, type ProxyResolverParts } from './proxy-resolver.ts';
import { tryParseProxyServer } from './proxy-server.ts';

const clock = new ManualClock();
const warnings: string[] = [];
const reports: object[] = [];
const fetched: string[] = [];
const open: ProxyResolver[] = [];

afterEach(() => {
  for (const resolver of open.splice(0)) resolver.close();
  for (const list of [warnings, reports, fetched]) list.length = 0;
});

function newResolver(config: unknown, parts: Partial<ProxyResolverParts> = {}): ProxyResolver {
  const resolver = new ProxyResolver({
    clock,
    env: {},
    fetchBytes: () => Promise.reject(new NetError('ERR_NAME_NOT_RESOLVED')),
    resolve: () => Promise.resolve(['10.0.0.1']),
    warn: message => warnings.push(message),
    report: report => reports.push(report),
    ...parts,
  });
  resolver.setConfig(readProxyConfig(config));
  open.push(resolver);
  return resolver;
}

const ask = async (resolver: ProxyResolver, url: string): Promise<string> =>
  toPacString(await resolver.resolve(new URL(url)));
const script = (body: string): string =>
  `data:,${encodeURIComponent(`function FindProxyForURL(url, host) { ${body} }`)}`;

/** Serves one text after the other; undefined: the network fails. The last stays. */
const serve =
  (...texts: (string | undefined)[]): FetchBytes =>
  url => {
    fetched.push(url);
    const text = texts.length > 1 ? texts.shift() : texts[0];
    if (text === undefined) return Promise.reject(new NetError('ERR_CONNECTION_REFUSED'));
    const body = Buffer.from(`function FindProxyForURL(url, host) { ${text} }`);
    return Promise.resolve({ status: 200, contentType: '', body });
  };

describe("the seed's examples", () => {
  const rows: [example: string, url: string, expected: string][] = [
    ['http=foopy:80;ftp=foopy2', 'http://a.test/', 'PROXY foopy:80'],
    ['http=foopy:80;ftp=foopy2', 'ftp://a.test/', 'PROXY foopy2:80'],
    ['http=foopy:80;ftp=foopy2', 'https://a.test/', 'DIRECT'],
    ['foopy:80', 'https://a.test/', 'PROXY foopy:80'],
    ['foopy:80,bar,direct://', 'http://a.test/', 'PROXY foopy:80;PROXY bar:80;DIRECT'],
    ['socks4://foopy', 'wss://a.test/', 'SOCKS foopy:1080'],
    ['http=foopy,socks5://bar.com', 'http://a.test/', 'PROXY foopy:80;SOCKS5 bar.com:1080'],
    ['http=foopy,socks5://bar.com', 'https://a.test/', 'DIRECT'],
    ['http=foopy,direct://', 'http://a.test/', 'PROXY foopy:80;DIRECT'],
    ['http=foopy;socks=foopy2', 'http://a.test/', 'PROXY foopy:80'],
    ['http=foopy;socks=foopy2', 'https://a.test/', 'SOCKS foopy2:1080'],
  ];

  test.each(rows)('%s for %s', async (example, url, expected) => {
    expect(await ask(newResolver(example), url)).toBe(expected);
  });
});

describe('fixed rules', () => {
  test('are answered at once, and the same again', () => {
    const resolver = newResolver({ proxyRules: 'foopy', proxyBypassRules: '*.direct.test' });
    const first = resolver.resolve(new URL('http://a.test/1'));
    expect(first).not.toBeInstanceOf(Promise);
    expect(resolver.resolve(new URL('http://a.test/2'))).toBe(first);
  });

  test('know the port', async () => {
    const resolver = newResolver({ proxyRules: 'foopy', proxyBypassRules: 'a.test:8080' });
    expect(await ask(resolver, 'http://a.test/')).toBe('PROXY foopy:80');
    expect(await ask(resolver, 'http://a.test:8080/')).toBe('DIRECT');
  });

  test('what is malformed is left out, with a warning that names it', () => {
    newResolver({ proxyRules: 'foopy,bad/one', proxyBypassRules: 'a:b:c, a.test' });
    expect(warnings.map(warning => warning.split(': ').pop())).toEqual(['bad/one', 'a:b:c']);
  });

  test('a new configuration holds at once', async () => {
    const resolver = newResolver('foopy');
    await ask(resolver, 'http://a.test/');
    resolver.setConfig(readProxyConfig('bar'));
    expect(await ask(resolver, 'http://a.test/')).toBe('PROXY bar:80');
  });

  test('bypass rules alone go direct', async () => {
    expect(await ask(newResolver({ proxyBypassRules: '<-loopback>' }), 'http://localhost/')).toBe('DIRECT');
  });
});

describe('other modes', () => {
  test('direct', async () => {
    expect(await ask(newResolver({ mode: 'direct', proxyRules: 'foopy' }), 'http://a.test/')).toBe('DIRECT');
  });

  test('system reads the environment, again at reload', async () => {
    const env: Record<string, string> = { HTTP_PROXY: 'http://foopy:3128', NO_PROXY: 'b.test' };
    const resolver = newResolver({ mode: 'system' }, { env });
    expect(await ask(resolver, 'http://a.test/')).toBe('PROXY foopy:3128');
    expect(await ask(resolver, 'http://www.b.test/')).toBe('DIRECT');
    env['http_proxy'] = 'bar';
    await resolver.reload();
    expect(await ask(resolver, 'http://a.test/')).toBe('PROXY bar:80');
  });

  test('auto_detect asks wpad', async () => {
    const resolver = newResolver({ mode: 'auto_detect' }, { fetchBytes: serve('return "PROXY found:1"') });
    expect(await ask(resolver, 'http://a.test/')).toBe('PROXY found:1');
    expect(fetched).toEqual(['http://wpad/wpad.dat']);
  });

  test('auto_detect goes direct when there is none, or when it fails', async () => {
    expect(await ask(newResolver({ mode: 'auto_detect' }), 'http://a.test/')).toBe('DIRECT');
    const broken = newResolver({ mode: 'auto_detect' }, { fetchBytes: serve('throw 1') });
    expect(await ask(broken, 'http://a.test/')).toBe('DIRECT');
    expect(await ask(broken, 'http://a.test/')).toBe('DIRECT');
  });
});

describe('a PAC script', () => {
  test('is waited for, then answers at once', async () => {
    const resolver = newResolver({ pacScript: script('return "PROXY p:1"') });
    expect(resolver.resolve(new URL('http://a.test/'))).toBeInstanceOf(Promise);
    expect(await ask(resolver, 'http://a.test/')).toBe('PROXY p:1');
    expect(resolver.resolve(new URL('http://b.test/'))).not.toBeInstanceOf(Promise);
  });

  test('sees no more of an encrypted URL than its origin, and no credentials', async () => {
    const resolver = newResolver({ pacScript: script('return "PROXY p:" + url.length + ";PROXY " + host') });
    const seen = (url: string): string => `PROXY p:${url.length}`;
    expect(await ask(resolver, 'https://u:p@a.test:8443/path?query#x')).toContain(seen('https://a.test:8443/'));
    expect(await ask(resolver, 'http://u:p@a.test/path?query#x')).toContain(seen('http://a.test/path?query'));
    expect(await ask(resolver, 'https://[2001::1]/')).toContain(seen('https://[2001::1]/'));
  });

  test('is not asked about this machine', async () => {
    const resolver = newResolver({ pacScript: script('return "PROXY p:1"') });
    expect(await ask(resolver, 'http://localhost/')).toBe('DIRECT');
    expect(await ask(resolver, 'http://127.0.0.1/')).toBe('DIRECT');
  });

  test('that fails leaves no way, at once and later', async () => {
    const resolver = newResolver({ pacScript: script('throw new Error("boo")') });
    const failure = { code: 'ERR_MANDATORY_PROXY_CONFIGURATION_FAILED' };
    await expect(ask(resolver, 'http://a.test/')).rejects.toMatchObject({
      ...failure,
      cause: { code: 'ERR_PAC_SCRIPT_FAILED' },
    });
    expect(() => resolver.resolve(new URL('http://a.test/'))).toThrow(expect.objectContaining(failure) as Error);
    expect(reports).toContainEqual({ type: 'error', message: 'Error: boo', line: 1 });
  });

  test('that cannot be fetched leaves no way', async () => {
    const resolver = newResolver({ pacScript: 'http://u:hunter2@pac.test/x' }, { fetchBytes: serve(undefined) });
    await expect(ask(resolver, 'http://a.test/')).rejects.toMatchObject({
      code: 'ERR_MANDATORY_PROXY_CONFIGURATION_FAILED',
    });
    expect(reports).toEqual([{ type: 'error', message: 'net::ERR_CONNECTION_REFUSED', line: undefined }]);
  });

  test('is fetched again 8 seconds after a failure', async () => {
    const fetchBytes = serve(undefined, 'return "PROXY late:1"');
    const resolver = newResolver({ pacScript: 'http://pac.test/x' }, { fetchBytes });
    await expect(ask(resolver, 'http://a.test/')).rejects.toThrow('ERR_CONNECTION_REFUSED');
    clock.advance(8000);
    expect(await ask(resolver, 'http://a.test/')).toBe('PROXY late:1');
  });

  test('is fetched again after 12 hours, and stays in use meanwhile', async () => {
    const fetchBytes = serve('return "PROXY old:1"', 'return "PROXY new:1"');
    const resolver = newResolver({ pacScript: 'http://pac.test/x' }, { fetchBytes });
    await ask(resolver, 'http://a.test/');
    clock.advance(12 * 3_600_000);
    expect(await ask(resolver, 'http://a.test/')).toBe('PROXY old:1');
    await expect.poll(() => ask(resolver, 'http://a.test/')).toBe('PROXY new:1');
    expect(fetched).toHaveLength(2);
  });

  test('stays in use when it cannot be fetched again, or no longer loads', async () => {
    const fetchBytes = serve('return "PROXY old:1"', undefined, 'syntax error', 'return "PROXY new:1"');
    const resolver = newResolver({ pacScript: 'http://pac.test/x' }, { fetchBytes });
    await ask(resolver, 'http://a.test/');
    for (const [failures, waitMs] of [12 * 3_600_000, 8000].entries()) {
      clock.advance(waitMs);
      expect(await ask(resolver, 'http://a.test/')).toBe('PROXY old:1');
      await expect.poll(() => reports).toHaveLength(failures + 1);
    }
    clock.advance(32_000);
    expect(await ask(resolver, 'http://a.test/')).toBe('PROXY old:1');
    await expect.poll(() => ask(resolver, 'http://a.test/')).toBe('PROXY new:1');
  });

  test('is fetched by the next request after an emulated outage, without a back-off', async () => {
    let isOffline = true;
    const fetchBytes: FetchBytes = (url, limits) =>
      isOffline
        ? Promise.reject(new NetError('ERR_INTERNET_DISCONNECTED'))
        : serve('return "PROXY back:1"')(url, limits);
    const resolver = newResolver({ pacScript: 'http://pac.test/x' }, { fetchBytes });
    await expect(ask(resolver, 'http://a.test/')).rejects.toThrow('ERR_INTERNET_DISCONNECTED');
    isOffline = false;
    expect(await ask(resolver, 'http://a.test/')).toBe('PROXY back:1');
  });

  test('is fetched anew by reload', async () => {
    const fetchBytes = serve('return "PROXY one:1"', 'return "PROXY two:1"');
    const resolver = newResolver({ pacScript: 'http://pac.test/x' }, { fetchBytes });
    expect(await ask(resolver, 'http://a.test/')).toBe('PROXY one:1');
    await resolver.reload();
    expect(await ask(resolver, 'http://a.test/')).toBe('PROXY two:1');
  });

  test('leaves no timer when closed', async () => {
    const resolver = newResolver({ pacScript: 'http://pac.test/x' }, { fetchBytes: serve(undefined) });
    await expect(ask(resolver, 'http://a.test/')).rejects.toThrow('ERR_CONNECTION_REFUSED');
    expect(clock.pendingTimers).toBe(1);
    resolver.close();
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('failed proxies', () => {
  const list = 'a:1,b:2,direct://,c:3';
  const proxy = (uri: string): NonNullable<ReturnType<typeof tryParseProxyServer>> => tryParseProxyServer(uri)!;

  test('come after the others for five minutes, in their order', async () => {
    const resolver = newResolver(list);
    for (const uri of ['b:2', 'a:1']) expect(resolver.reportFailure(proxy(uri), 'ERR_CONNECTION_REFUSED')).toBe(true);
    expect(await ask(resolver, 'http://a.test/')).toBe('DIRECT;PROXY c:3;PROXY a:1;PROXY b:2');
    clock.advance(300_000);
    expect(await ask(resolver, 'http://a.test/')).toBe('DIRECT;PROXY c:3;PROXY a:1;PROXY b:2');
    clock.advance(1);
    expect(await ask(resolver, 'http://a.test/')).toBe('PROXY a:1;PROXY b:2;DIRECT;PROXY c:3');
  });

  test('keep the later time', async () => {
    const resolver = newResolver(list);
    resolver.reportFailure(proxy('a:1'), 'ERR_TIMED_OUT');
    clock.advance(200_000);
    resolver.reportFailure(proxy('a:1'), 'ERR_TIMED_OUT');
    clock.advance(200_000);
    expect(await ask(resolver, 'http://a.test/')).toBe('PROXY b:2;DIRECT;PROXY c:3;PROXY a:1');
  });

  test('are parked whoever uses them', async () => {
    const resolver = newResolver({ pacScript: script('return "PROXY a:1;PROXY b:2"') });
    resolver.reportFailure(proxy('u:p@a:1'), 'ERR_PROXY_CONNECTION_FAILED');
    expect(await ask(resolver, 'http://a.test/')).toBe('PROXY b:2;PROXY a:1');
  });

  test('are not parked for what is no reason to go on', async () => {
    const resolver = newResolver(list);
    for (const code of ['ERR_TUNNEL_CONNECTION_FAILED', 'ERR_PROXY_AUTH_REQUESTED'] satisfies NetErrorCode[]) {
      expect(resolver.reportFailure(proxy('a:1'), code)).toBe(false);
    }
    expect(await ask(resolver, 'http://a.test/')).toBe('PROXY a:1;PROXY b:2;DIRECT;PROXY c:3');
  });

  test('direct moves on and is never parked', async () => {
    const resolver = newResolver('direct://,a:1');
    expect(resolver.reportFailure(proxy('direct://'), 'ERR_CONNECTION_RESET')).toBe(true);
    expect(await ask(resolver, 'http://a.test/')).toBe('DIRECT;PROXY a:1');
  });

  test('are forgotten at a new configuration and at reload', async () => {
    const resolver = newResolver(list);
    resolver.reportFailure(proxy('a:1'), 'ERR_TIMED_OUT');
    await resolver.reload();
    expect(await ask(resolver, 'http://a.test/')).toBe('PROXY a:1;PROXY b:2;DIRECT;PROXY c:3');
  });
});

describe('explain', () => {
  const explain = (config: unknown, url: string): Promise<object> => newResolver(config).explain(new URL(url));
  const none = { rule: undefined, bypass: undefined, pac: undefined, error: undefined, parked: [] };

  test('a rule', async () => {
    const expected = { ...none, mode: 'fixed_servers', rule: 'socks', result: 'SOCKS foopy:1080' };
    expect(await explain('http=bar;socks=foopy', 'https://a.test/')).toEqual(expected);
  });

  test('a bypass rule', async () => {
    const config = { proxyRules: 'foopy', proxyBypassRules: '.TEST' };
    expect(await explain(config, 'https://a.test/')).toMatchObject({
      bypass: '*.test',
      rule: undefined,
      result: 'DIRECT',
    });
    expect(await explain(config, 'https://localhost/')).toMatchObject({ bypass: 'implicit', result: 'DIRECT' });
  });

  test('a line of a script', async () => {
    const config = { pacScript: script('if (host == "a.test")\n return "PROXY p:1; JUNK";\n return "DIRECT"') };
    expect(await explain(config, 'https://a.test/')).toEqual({
      ...none,
      mode: 'pac_script',
      pac: { url: 'data:', result: 'PROXY p:1; JUNK', line: 2 },
      result: 'PROXY p:1',
    });
    expect(await explain(config, 'https://localhost/')).toMatchObject({ bypass: 'implicit', pac: undefined });
  });

  test('a failure', async () => {
    const explained = await explain({ pacScript: script('return nowhere') }, 'https://a.test/');
    expect(explained).toMatchObject({
      result: '',
      pac: undefined,
      error: expect.stringContaining('nowhere') as string,
    });
    expect(await explain({ mode: 'auto_detect' }, 'https://a.test/')).toMatchObject({
      result: 'DIRECT',
      error: expect.stringContaining('ERR_NAME_NOT_RESOLVED') as string,
    });
  });

  test('parked proxies, and until when', async () => {
    const resolver = newResolver('u:hunter2@a:1,b');
    resolver.reportFailure(tryParseProxyServer('a:1')!, 'ERR_TIMED_OUT');
    const explained = await resolver.explain(new URL('http://a.test/'));
    expect(explained).toMatchObject({
      parked: [{ proxy: 'a:1', until: clock.now() + 300_000 }],
      result: 'PROXY b:80;PROXY a:1',
    });
  });

  test('no secrets', async () => {
    const seen = [
      await explain('u:hunter2@a:1', 'https://x:hunter2@a.test/'),
      await explain({ pacScript: 'http://u:hunter2@pac.test/x?hunter2' }, 'https://x:hunter2@a.test/'),
      newResolver('http://u:hunter2@a:1,b'),
      newResolver('u:hunter2@a:1').config,
    ];
    expect(inspect(seen, { depth: 9, showHidden: true })).not.toContain('hunter2');
  });
});
