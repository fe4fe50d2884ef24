import { describe, expect, test } from 'vitest';
import { toPacString } from './pac-result.ts';
import { readProxyConfig } from './proxy-config.ts';

const strings: [sentence: string, input: string, expected: string][] = [
  ['the URL of a script', 'http://pac.test/proxy.pac', 'pac http://pac.test/proxy.pac'],
  ['a lone http URL is a script, as the seed says', 'http://foopy:80', 'pac http://foopy/'],
  ['a file URL', 'file:///etc/proxy.pac', 'pac file:///etc/proxy.pac'],
  ['a data URL, whatever it holds', 'data:,a=1;b,c', 'pac data:,a=1;b,c'],
  ['a comma in the authority: rules', 'http://foopy,bar', 'PROXY foopy:80;PROXY bar:80'],
  ['a semicolon in the authority: rules', 'https://foopy;http://bar', 'HTTPS foopy:443'],
  ['commas in the path: a script', 'http://pac.test/a,b;c=d', 'pac http://pac.test/a,b;c=d'],
  ['something that only looks like a scheme: rules', 'foopy:80', 'PROXY foopy:80'],
  ['a proxy scheme: rules', 'socks4://foopy', 'SOCKS foopy:1080'],
  ['blank: direct', '  ', ''],
];

describe('the string form', () => {
  test.each(strings)('%s', (_, input, expected) => {
    const config = readProxyConfig(input);
    const got = config.mode === 'pac_script' ? `pac ${config.pacScript}` : toPacString(config.rules.single);
    expect(got).toBe(expected);
  });
});

const objects: [sentence: string, input: object, expected: object][] = [
  ['nothing given: fixed servers, none', {}, { mode: 'fixed_servers', rules: { type: 'empty' } }],
  ['rules', { proxyRules: 'foopy' }, { mode: 'fixed_servers', rules: { type: 'single' } }],
  [
    'a script wins over rules',
    { pacScript: 'data:,', proxyRules: 'foopy' },
    { mode: 'pac_script', rules: { type: 'empty' } },
  ],
  [
    'a mode wins over what else is given',
    { mode: 'direct', proxyRules: 'foopy' },
    { mode: 'direct', rules: { type: 'empty' } },
  ],
  [
    'fixed servers pass over the script',
    { mode: 'fixed_servers', pacScript: 'x' },
    { mode: 'fixed_servers', pacScript: '' },
  ],
  ['system', { mode: 'system' }, { mode: 'system' }],
  ['auto_detect', { mode: 'auto_detect' }, { mode: 'auto_detect' }],
  ['idle connections are closed by default', {}, { closeConnections: 'idle' }],
  ['or all', { mode: 'direct', closeConnections: 'all' }, { closeConnections: 'all' }],
  ['null is absent', { mode: null, proxyRules: null }, { mode: 'fixed_servers' }],
];

describe('the object form', () => {
  test.each(objects)('%s', (_, input, expected) => {
    expect(readProxyConfig(input)).toMatchObject(expected);
  });
});

const wrongMode = 'Invalid mode, must be one of direct, auto_detect, pac_script, fixed_servers or system';
const refusals: [sentence: string, input: unknown, message: string | RegExp][] = [
  ['no config', undefined, 'Cannot set the proxy: config must be a string or an object, got undefined'],
  ['a number', 7, 'Cannot set the proxy: config must be a string or an object, got 7'],
  ['an unknown mode', { mode: 'custom' }, wrongMode],
  ['an empty mode', { mode: '' }, wrongMode],
  ['a mode of another type', { mode: 3 }, wrongMode],
  ['rules of another type', { proxyRules: ['foopy'] }, /proxyRules must be a string, got an array/],
  [
    'pac_script without a script',
    { mode: 'pac_script' },
    /pacScript must be an http, https, file or data URL, got none/,
  ],
  ['a script of another scheme', { pacScript: 'ftp://a.test/x' }, /got one of scheme "ftp:"/],
  ['a script that is no URL', { pacScript: 'proxy.pac' }, /got a text that is no URL/],
  ['rules of which nothing is left', { proxyRules: 'crazy=foopy' }, /no proxy can be used; left out: crazy=foopy$/],
  ['the same as a string', 'foo/bar', /no proxy can be used; left out: foo\/bar$/],
  ['separators alone', ';', /no proxy can be used$/],
  ['a password is not repeated', 'u:hunter2@foo/bar', /no proxy can be used; left out: \(hidden entry 1\)$/],
];

describe('refused', () => {
  test.each(refusals)('%s', (_, input, message) => {
    expect(() => readProxyConfig(input)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }) as Error);
    expect(() => readProxyConfig(input)).toThrow(message);
  });
});
