import { createServer, connect, type AddressInfo, type Server } from 'node:net';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { ManualClock } from '../util/testing/manual-clock.ts';
import { HostResolver } from './host-resolver.ts';
import { parseHostRules } from './host-rules.ts';
import type { NameLookup } from './name-lookup.ts';
import { defaultResolveOptions, readResolveOptions, type ResolveOptions } from './resolve-options.ts';

interface Setup {
  readonly resolver: HostResolver;
  readonly clock: ManualClock;
  readonly asked: string[];
}

// A name server that knows every name but those that begin with "no", and writes down what it is asked.
function setUp(rules = '', lookup?: NameLookup): Setup {
  const [clock, asked] = [new ManualClock(), [] as string[]];
  const answer: NameLookup = (name, family, source) => {
    asked.push(`${name} ${family} ${source}`);
    if (name.startsWith('no')) return Promise.reject(new Error('queryA ENOTFOUND'));
    const address = family === 6 ? '2001:db8::1' : '192.0.2.1';
    return Promise.resolve({ endpoints: [{ address, family: family === 6 ? 'ipv6' : 'ipv4' }], ttlSeconds: 60 });
  };
  return {
    resolver: new HostResolver({ rules: parseHostRules('test', rules), clock, lookup: lookup ?? answer }),
    clock,
    asked,
  };
}

const notResolved = expect.objectContaining({ code: 'ERR_NAME_NOT_RESOLVED', errno: -105, name: 'NetError' });
const ask = (change: Partial<ResolveOptions>): ResolveOptions => ({ ...defaultResolveOptions, ...change });

describe('resolve', () => {
  test.each<[sentence: string, rules: string, host: string, options: Partial<ResolveOptions>, expected: string[]]>([
    ['a name is asked of the system', '', 'a.example', {}, ['192.0.2.1']],
    ['only IPv6', '', 'a.example', { queryType: 'AAAA' }, ['2001:db8::1']],
    ['an IPv4 literal', '', '10.1.2.3', {}, ['10.1.2.3']],
    ['an IPv4 literal in another notation', '', '0x7f.1', {}, ['127.0.0.1']],
    ['an IPv6 literal in brackets', '', '[::1]', {}, ['::1']],
    ['an IPv6 literal without brackets', '', '2001:db8::2', {}, ['2001:db8::2']],
    ['localhost', '', 'localhost', {}, ['127.0.0.1', '::1']],
    ['a name below localhost, with a final dot', '', 'x.LOCALHOST.', {}, ['127.0.0.1', '::1']],
    ['localhost, IPv6', '', 'localhost', { queryType: 'AAAA' }, ['::1']],
    ['localhost without asking', '', 'localhost', { source: 'localOnly' }, ['127.0.0.1', '::1']],
    ['a rule to an address', 'MAP *.test 127.0.0.9', 'x.test', {}, ['127.0.0.9']],
    ['a rule to a name', 'MAP *.test b.example', 'x.test', {}, ['192.0.2.1']],
    ['a rule to localhost', 'MAP *.test localhost', 'x.test', { queryType: 'A' }, ['127.0.0.1']],
    ['a rule maps once', 'MAP a.test b.test, MAP b.test 127.0.0.9', 'a.test', {}, ['192.0.2.1']],
  ])('%s', async (_, rules, host, options, expected) => {
    const endpoints = await setUp(rules).resolver.resolve(host, ask(options));
    expect(endpoints.map(({ address }) => address)).toEqual(expected);
    expect(endpoints.every(({ address, family }) => family === (address.includes(':') ? 'ipv6' : 'ipv4'))).toBe(true);
  });

  test.each<[sentence: string, rules: string, host: string, options: Partial<ResolveOptions>]>([
    ['a name that does not exist', '', 'no.example', {}],
    ['a rule says so', 'MAP * ^NOTFOUND', 'a.example', {}],
    ['a literal of the other family', '', '127.0.0.1', { queryType: 'AAAA' }],
    ['an IPv6 literal as A', '', '[::1]', { queryType: 'A' }],
    ['a name that may not be asked', '', 'a.example', { source: 'localOnly' }],
    ['multicast DNS', '', 'a.local', { source: 'mdns' }],
    ['nothing', '', '', {}],
    ['a URL', '', 'http://a.example/', {}],
    ['a host with a port', '', 'a.example:80', {}],
    ['a name with user information', '', 'me@a.example', {}],
    ['a name that is too long', '', `${'a'.repeat(63)}.`.repeat(5), {}],
  ])('ERR_NAME_NOT_RESOLVED: %s', async (_, rules, host, options) => {
    await expect(setUp(rules).resolver.resolve(host, ask(options))).rejects.toEqual(notResolved);
  });

  test('a host that is no string is refused', async () => {
    await expect(setUp().resolver.resolve(7 as never)).rejects.toMatchObject({ code: 'ERR_INVALID_OPTION' });
  });

  test('the operating system answers when nothing is injected', async () => {
    const resolver = new HostResolver({ rules: parseHostRules('test', ''), clock: new ManualClock() });
    await expect(resolver.resolve('name.invalid')).rejects.toEqual(notResolved);
  });
});

describe('cache', () => {
  test('an answer is kept for its time to live', async () => {
    const { resolver, clock, asked } = setUp();
    await resolver.resolve('a.example');
    clock.advance(59_999);
    await resolver.resolve('A.example');
    expect(asked).toHaveLength(1);
    clock.advance(1);
    await resolver.resolve('a.example');
    expect(asked).toHaveLength(2);
  });

  test.each<[sentence: string, second: Partial<ResolveOptions>, afterMs: number, asked: number]>([
    ['the same question', {}, 0, 1],
    ['the cache may not be used', { cacheUsage: 'disallowed' }, 0, 2],
    ['an old answer will do', { cacheUsage: 'staleAllowed' }, 3_600_000, 1],
    ['another family', { queryType: 'AAAA' }, 0, 2],
    ['another source', { source: 'dns' }, 0, 2],
    ['system is any', { source: 'system' }, 0, 1],
    ['only what is known', { source: 'localOnly' }, 0, 1],
  ])('%s', async (_, second, afterMs, count) => {
    const { resolver, clock, asked } = setUp();
    await resolver.resolve('a.example');
    clock.advance(afterMs);
    await resolver.resolve('a.example', ask(second));
    expect(asked).toHaveLength(count);
  });

  test('a failure is not kept', async () => {
    const { resolver, asked } = setUp();
    await expect(resolver.resolve('no.example')).rejects.toEqual(notResolved);
    await expect(resolver.resolve('no.example')).rejects.toEqual(notResolved);
    expect(asked).toHaveLength(2);
  });

  test('questions at the same time are one', async () => {
    const { resolver, asked } = setUp();
    await Promise.all([resolver.resolve('a.example'), resolver.resolve('a.example'), resolver.resolve('a.example')]);
    expect(asked).toHaveLength(1);
  });

  test('clearing forgets answers, and those still under way', async () => {
    const { resolver, asked } = setUp();
    const running = resolver.resolve('a.example');
    resolver.clearCache();
    await running;
    await resolver.resolve('a.example');
    expect(asked).toHaveLength(2);
    resolver.clearCache();
    await resolver.resolve('a.example');
    expect(asked).toHaveLength(3);
  });

  test('at most 1000 names are kept, the oldest go', async () => {
    const { resolver, asked } = setUp();
    for (let n = 0; n <= 1000; n++) await resolver.resolve(`h${n}.example`);
    asked.length = 0;
    await resolver.resolve('h1.example');
    expect(asked).toEqual([]);
    await resolver.resolve('h0.example');
    expect(asked).toEqual(['h0.example 0 system']);
  });
});

describe('connecting', () => {
  async function listen(): Promise<{ server: Server; port: number }> {
    const server = createServer(socket => socket.end('hello'));
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return { server, port: (server.address() as AddressInfo).port };
  }

  test.each<[sentence: string, rules: (port: number) => string, host: string]>([
    ['a rule with a port', port => `MAP a.test 127.0.0.1:${port}`, 'a.test'],
    ['a rule to a name with a port', port => `MAP a.test:81 localhost:${port}`, 'a.test'],
    ['a rule on IPv6 with a port', port => `MAP [::9]:81 127.0.0.1:${port}`, '[::9]'],
  ])('%s leads to the server', async (_, rules, host) => {
    const { server, port } = await listen();
    const { resolver } = setUp(rules(port));
    const socket = connect({ ...resolver.connectTarget(host, 81) });
    const [data] = (await once(socket, 'data')) as [Buffer];
    expect(data.toString()).toBe('hello');
    socket.destroy();
    server.close();
  });

  test.each([true, false])('lookup fits net.connect, autoSelectFamily %s', async autoSelectFamily => {
    const { server, port } = await listen();
    const { resolver } = setUp('MAP a.test localhost');
    const socket = connect({ host: 'a.test', port, lookup: resolver.lookup, autoSelectFamily });
    const [data] = (await once(socket, 'data')) as [Buffer];
    expect(data.toString()).toBe('hello');
    socket.destroy();
    server.close();
  });

  test('a name that does not exist fails the socket with a NetError', async () => {
    const { resolver } = setUp();
    const socket = connect({ ...resolver.connectTarget('no.example', 80) });
    const [error] = (await once(socket, 'error')) as [Error];
    expect(error).toEqual(notResolved);
  });

  test('a rule that says that there is no such host throws', () => {
    expect(() => setUp('MAP * ^NOTFOUND').resolver.connectTarget('a.test', 80)).toThrow(notResolved);
  });
});

describe('options of resolveHost', () => {
  test('nothing gives the defaults', () => {
    expect(readResolveOptions(undefined)).toEqual(defaultResolveOptions);
  });

  test('all are read', () => {
    const input = { queryType: 'AAAA', source: 'dns', cacheUsage: 'disallowed', secureDnsPolicy: 'disable' };
    expect(readResolveOptions(input)).toEqual({ queryType: 'AAAA', source: 'dns', cacheUsage: 'disallowed' });
  });

  test.each([{ queryType: 'MX' }, { source: 'hosts' }, { cacheUsage: 'no' }, { secureDnsPolicy: 'yes' }, 7])(
    'refused: %o',
    input => {
      expect(() => readResolveOptions(input)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }));
    },
  );
});
