import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toPacString, tryParsePacElement } from '../../src/proxy/pac-result.ts';
import { findBypass, parseBypassRules, tryParseBypassRule } from '../../src/proxy/proxy-bypass.ts';
import { parseProxyRules, selectProxies } from '../../src/proxy/proxy-rules.ts';
import { tryParseProxyServer, type ProxyServer } from '../../src/proxy/proxy-server.ts';

const rounds = { numRuns: Number(process.env['SOJOURN_ROUNDS'] ?? 20) * 20 };

const label = fc.stringMatching(/^[a-z]([a-z0-9-]{0,8}[a-z0-9])?$/);
const name = fc.array(label, { minLength: 1, maxLength: 3 }).map(labels => [...labels, 'test'].join('.'));
const address = fc.oneof(
  fc.ipV4(),
  fc.ipV6().map(text => `[${text}]`),
);
const port = fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined });
const scheme = fc.constantFrom('', 'http://', 'https://', 'socks4://', 'socks5://', 'socks://', 'SOCKS5://');
const userInfo = fc.option(fc.tuple(fc.string({ minLength: 1 }), fc.string()), { nil: undefined });
const entry = fc.oneof(
  fc.constant('direct://'),
  fc
    .record({ scheme, host: fc.oneof(name, address), port })
    .map(parts => `${parts.scheme}${parts.host}${parts.port === undefined ? '' : `:${parts.port}`}`),
);

describe('proxies', () => {
  test('read back from their own text are the same', () => {
    fc.assert(
      fc.property(entry, text => {
        const proxy = tryParseProxyServer(text);
        expect(proxy, text).toBeDefined();
        expect(tryParseProxyServer(proxy!.toUri())).toEqual(proxy);
        expect(tryParsePacElement(proxy!.toPacElement())).toEqual(proxy);
      }),
      rounds,
    );
  });

  test('keep any user name and password, and tell them to nobody', () => {
    fc.assert(
      fc.property(userInfo, name, (pair, host) => {
        const text = pair ? `${pair.map(encodeURIComponent).join(':')}@${host}` : host;
        const proxy = tryParseProxyServer(text)!;
        expect(proxy.getCredentials()).toEqual(pair && { username: pair[0], password: pair[1] });
        expect(`${proxy.toUri()} ${JSON.stringify(proxy)}`).toBe(`${host}:80 "${host}:80"`);
      }),
      rounds,
    );
  });
});

const lists = fc.dictionary(
  fc.constantFrom('http', 'https', 'ftp', 'socks'),
  fc.array(entry, { minLength: 1, maxLength: 3 }),
  { minKeys: 1, noNullPrototype: true },
);

describe('rules', () => {
  test('give each scheme the list that was written for it', () => {
    fc.assert(
      fc.property(lists, fc.constantFrom('http', 'https', 'ftp', 'ws', 'gopher'), (byScheme, asked) => {
        const text = Object.entries(byScheme).map(([key, list]) => `${key}=${list.join(',')}`);
        const order = asked === 'ws' ? ['socks', 'https', 'http'] : [asked, 'socks'];
        const key = order.find(candidate => byScheme[candidate]);
        const proxies = (key === undefined ? [] : byScheme[key]!).map(uri =>
          tryParseProxyServer(uri, key === 'socks' ? 'socks4' : 'http'),
        );
        const selected = selectProxies(parseProxyRules(text.join(';')), `${asked}:`);
        expect(selected?.list ?? []).toEqual(proxies);
      }),
      rounds,
    );
  });

  test('never fail, whatever is written', () => {
    const junk = fc.array(fc.oneof(entry, fc.constantFrom(';', ',', '=', '@', ':', '/', ' ', 'http'), fc.string()));
    fc.assert(
      fc.property(junk, pieces => {
        const rules = parseProxyRules(pieces.join(''));
        const all: ProxyServer[] = [rules.single, rules.http, rules.https, rules.ftp, rules.socks].flat();
        expect(toPacString(all)).not.toMatch(/undefined|@/);
      }),
      rounds,
    );
  });
});

/** What the reference says of bypass rules, in the plainest way: one rule after the other, the last word counts. */
function naiveBypass(rules: readonly string[], url: URL): boolean {
  let verdict: boolean | undefined;
  const isLocal = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(url.hostname);
  for (const rule of rules) {
    if (rule === '<-loopback>') verdict = isLocal ? false : verdict;
    else if (rule === '<local>') verdict = /[.[]/.test(url.hostname) ? verdict : true;
    else if (naiveHostMatch(rule, url)) verdict = true;
  }
  return verdict ?? isLocal;
}

function naiveHostMatch(rule: string, url: URL): boolean {
  const [, ruleScheme, host, rulePort] = /^(?:(\w+):\/\/)?([^:]+)(?::(\d+))?$/.exec(rule)!;
  const effective = url.port === '' ? { 'http:': '80', 'https:': '443' }[url.protocol] : url.port;
  if (ruleScheme !== undefined && `${ruleScheme}:` !== url.protocol) return false;
  if (rulePort !== undefined && rulePort !== effective) return false;
  const source = (host!.startsWith('.') ? `*${host}` : host!).replaceAll('.', '\\.').replaceAll('*', '.*');
  return new RegExp(`^${source}$`).test(url.hostname);
}

const few = fc.constantFrom('a', 'b', 'a.test', 'b.a.test', 'localhost', '127.0.0.1', '10.0.0.1');
const ruleText = fc.oneof(
  fc.constantFrom('<local>', '<-loopback>'),
  fc
    .record({
      scheme: fc.constantFrom('', 'http://', 'https://'),
      host: fc.oneof(few, fc.constantFrom('*', '*.test', '.test', 'a*', '.a.test', '*a*t')),
      port: fc.constantFrom('', ':80', ':443', ':8080'),
    })
    .map(parts => parts.scheme + parts.host + parts.port),
);
const target = fc
  .record({ scheme: fc.constantFrom('http', 'https'), host: few, port: fc.constantFrom('', ':8080', ':443') })
  .map(parts => new URL(`${parts.scheme}://${parts.host}${parts.port}/`));

describe('bypass rules', () => {
  test('decide as the plainest reading of the reference does', () => {
    fc.assert(
      fc.property(
        fc.array(ruleText, { maxLength: 6 }),
        target,
        fc.constantFrom(',', ';', ' , '),
        (rules, url, mark) => {
          expect(findBypass(parseBypassRules(rules.join(mark)), url) !== undefined).toBe(naiveBypass(rules, url));
        },
      ),
      rounds,
    );
  });

  test('read back from their canonical text are the same', () => {
    fc.assert(
      fc.property(fc.oneof(ruleText, address, fc.string()), text => {
        const rule = tryParseBypassRule(text.replaceAll(/[,;]/g, ''));
        if (rule) expect(tryParseBypassRule(rule.text)?.text).toBe(rule.text);
      }),
      rounds,
    );
  });
});
