import { afterEach, describe, expect, test, vi } from 'vitest';
import { ManualClock } from '../util/testing/manual-clock.ts';
import { toPacString } from './pac-result.ts';
import { PacScript } from './pac-script.ts';
import type { PacEnvironment, PacReport } from './pac-world.ts';

const clock = new ManualClock();
const reports: PacReport[] = [];
const lookups: string[] = [];
let chance = 0;
const addresses: Record<string, string[]> = { 'a.test': ['10.0.0.1'], 'b.test': ['10.0.0.2'] };

const environment: PacEnvironment = {
  clock,
  random: () => chance,
  resolve: host => {
    lookups.push(host);
    return addresses[host] ? Promise.resolve(addresses[host]) : Promise.reject(new Error('no such name'));
  },
  ownAddresses: () => ['192.168.7.7'],
  report: report => reports.push(report),
};

afterEach(() => {
  reports.length = 0;
  lookups.length = 0;
});

const load = (body: string): Promise<PacScript> =>
  PacScript.load(`function FindProxyForURL(url, host) {\n${body}\n}`, environment);
const ask = async (script: PacScript, host = 'a.test'): Promise<string> =>
  toPacString(await script.find(`https://${host}/`, host));

describe('a script', () => {
  test('is given URL and host', async () => {
    expect(await ask(await load('return "PROXY " + host + ":" + url.length'))).toBe('PROXY a.test:15');
  });

  test('answers at once, and the same again', async () => {
    const script = await load('return "PROXY p:1; DIRECT"');
    const first = script.find('https://a.test/', 'a.test');
    expect(first).toHaveLength(2);
    expect(script.find('https://a.test/', 'a.test')).toBe(first);
  });

  test('may be a constant, a function expression or an arrow', async () => {
    const sources = [
      'const FindProxyForURL = () => "PROXY p:1"',
      'var FindProxyForURL = function () { return "PROXY p:1" }',
    ];
    for (const source of sources) expect(await ask(await PacScript.load(source, environment))).toBe('PROXY p:1');
  });

  test('of 1 MiB is loaded', async () => {
    const rules = Array.from(
      { length: 17_000 },
      (_, index) => `if (dnsDomainIs(host, ".site${index}.test")) return "PROXY p:${index}";`,
    );
    const script = await load(`${rules.join('\n')} return "DIRECT"`);
    expect(await ask(script, 'www.site16999.test')).toBe('PROXY p:16999');
  });
});

describe('results are remembered, but not', () => {
  const different: [sentence: string, body: string, change: () => void][] = [
    [
      'when the script looks at the clock',
      'return "PROXY p:" + new Date().getUTCMinutes()',
      () => clock.advance(60_000),
    ],
    ['when it takes a chance', 'return "PROXY p:" + Math.floor(Math.random() * 100)', () => void (chance = 0.5)],
    ['when it counts', 'this.n = (this.n || 0) + 1; return "PROXY p:" + this.n', () => {}],
  ];

  test.each(different)('%s', async (_, body, change) => {
    const script = await load(body);
    const first = await ask(script);
    change();
    expect(await ask(script)).not.toBe(first);
  });

  test('when it asks for the address of this machine', async () => {
    const script = await load('return "PROXY " + myIpAddress()');
    expect(await ask(script)).toBe('PROXY 192.168.7.7:80');
    expect(script.find('https://a.test/', 'a.test')).not.toBe(script.find('https://a.test/', 'a.test'));
  });
});

describe('names', () => {
  test('are looked up while the script waits, one after the other', async () => {
    const script = await load('return "PROXY " + dnsResolve(host) + ";PROXY " + dnsResolve("b.test")');
    expect(script.find('https://a.test/', 'a.test')).toBeInstanceOf(Promise);
    expect(await ask(script)).toBe('PROXY 10.0.0.1:80;PROXY 10.0.0.2:80');
  });

  test('are known for a minute', async () => {
    const script = await load('return "PROXY " + dnsResolve(host)');
    await ask(script);
    expect(script.find('https://a.test/', 'a.test')).not.toBeInstanceOf(Promise);
    expect(lookups).toEqual(['a.test']);
    clock.advance(60_000);
    await ask(script);
    expect(lookups).toEqual(['a.test', 'a.test']);
  });

  test('that do not exist are known, too', async () => {
    const script = await load(
      'return dnsResolve(host) === null && dnsResolveEx(host) === "" ? "PROXY none:1" : "DIRECT"',
    );
    expect(await ask(script, 'x.test')).toBe('PROXY none:1');
    expect(lookups).toEqual(['x.test']);
  });

  test('are asked for as they are written in ASCII, addresses not at all', async () => {
    const script = await load(
      'return "PROXY " + dnsResolve("10.9.8.7") + ";PROXY p" + dnsResolve("B\\u00fccher.test")',
    );
    expect(await ask(script)).toBe('PROXY 10.9.8.7:80;PROXY pnull:80');
    expect(lookups).toEqual(['xn--bcher-kva.test']);
  });

  test('beyond twenty have no address', async () => {
    const script = await load('for (var i = 0; i < 50; i++) dnsResolve("n" + i + ".test"); return "DIRECT"');
    await ask(script);
    expect(lookups).toHaveLength(20);
  });

  test('that cannot be names are not looked up', async () => {
    const script = await load('dnsResolve("a b"); dnsResolve("x".repeat(300)); dnsResolve(""); return "DIRECT"');
    await ask(script);
    expect(lookups).toEqual([]);
  });

  test('are waited for although the script catches everything', async () => {
    const script = await load('try { return "PROXY " + dnsResolve(host) } catch (e) { return "PROXY caught:1" }');
    expect(await ask(script)).toBe('PROXY 10.0.0.1:80');
  });

  test('may be looked up while the script is loaded', async () => {
    const source = 'var a = dnsResolve("a.test"); function FindProxyForURL() { return "PROXY " + a }';
    expect(await ask(await PacScript.load(source, environment))).toBe('PROXY 10.0.0.1:80');
  });

  test('of questions at the same time do not mix', async () => {
    const script = await load('return "PROXY " + dnsResolve(host)');
    expect(await Promise.all([ask(script, 'a.test'), ask(script, 'b.test')])).toEqual([
      'PROXY 10.0.0.1:80',
      'PROXY 10.0.0.2:80',
    ]);
  });
});

describe('alerts', () => {
  test('come out with their line, once, although the script ran twice', async () => {
    const script = await load('alert("hello " + host);\ndnsResolve(host);\nalert();\nreturn "DIRECT"');
    await ask(script);
    expect(reports).toEqual([
      { type: 'alert', message: 'hello a.test', line: 2 },
      { type: 'alert', message: 'undefined', line: 4 },
    ]);
  });

  test('are bounded', async () => {
    await ask(await load('for (var i = 0; i < 1000; i++) alert(i + "x".repeat(90)); return "DIRECT"'));
    expect(reports.length).toBeLessThan(30);
    reports.length = 0;
    await ask(await load('for (var i = 0; i < 1000; i++) alert(""); return "DIRECT"'));
    expect(reports).toHaveLength(100);
  });
});

const failures: [sentence: string, body: string, message: string, line: number | undefined][] = [
  ['an exception', '\nreturn nowhere.x', "ReferenceError: 'nowhere' is not defined", 3],
  ['an exception in a function of its own', 'function f() {\nthrow new Error("boo") }\nf()', 'Error: boo', 3],
  ['an exception that is a text', 'throw "boo"', 'boo', undefined],
  [
    'an exception that cannot be shown',
    'throw { toString() { throw 1 } }',
    'The script threw what cannot be shown',
    undefined,
  ],
  ['no result', '', 'FindProxyForURL returned no string', undefined],
  [
    'a result that is no text',
    'return { toString() { return "DIRECT" } }',
    'FindProxyForURL returned no string',
    undefined,
  ],
  [
    'a result with other letters',
    'return "PROXY f\\u00fc:1"',
    'FindProxyForURL returned a string that is not ASCII',
    undefined,
  ],
  ['a result without end', 'return "PROXY a;".repeat(1e5)', 'FindProxyForURL returned too long a string', undefined],
];

describe('fails', () => {
  test.each(failures)('with %s', async (_, body, message, line) => {
    const script = await load(body);
    expect(() => script.find('https://a.test/', 'a.test')).toThrow(expect.objectContaining({ line }) as Error);
    expect(reports).toEqual([{ type: 'error', message: expect.stringContaining(message) as string, line }]);
  });

  test('to load when it does not compile', async () => {
    await expect(PacScript.load('\nvar x = ;', environment)).rejects.toMatchObject({ line: 2 });
    expect(reports).toEqual([{ type: 'error', message: expect.stringContaining('SyntaxError') as string, line: 2 }]);
  });

  test('to load without FindProxyForURL', async () => {
    await expect(PacScript.load('var FindProxyForURL = 1', environment)).rejects.toThrow('undefined or not a function');
    await expect(PacScript.load('', environment)).rejects.toThrow('undefined or not a function');
  });

  test('and goes on with the next question', async () => {
    const script = await load('if (host == "bad") throw 1; return "PROXY p:1"');
    expect(() => script.find('https://bad/', 'bad')).toThrow('1');
    expect(await ask(script)).toBe('PROXY p:1');
  });
});

describe('explains', () => {
  test('by the line that decided', async () => {
    const script = await load('if (dnsDomainIs(host, ".x"))\n  return "PROXY x:1";\nreturn (\n  "PROXY p:1");');
    expect(await script.explain('https://a.x/', 'a.x')).toEqual({ result: 'PROXY x:1', line: 3 });
    expect(await script.explain('https://a.test/', 'a.test')).toEqual({ result: 'PROXY p:1', line: 4 });
  });

  test('through functions and names, without reporting anything', async () => {
    const script = await load('function f() {\nreturn "PROXY " + dnsResolve(host) }\nalert(1); return f()');
    expect(await script.explain('https://a.test/', 'a.test')).toEqual({ result: 'PROXY 10.0.0.1', line: 3 });
    expect(reports).toEqual([]);
  });

  test('without a line what cannot be taken apart', async () => {
    const script = await load('return `PROXY ${host}:1`');
    expect(await script.explain('https://a.test/', 'a.test')).toEqual({ result: 'PROXY a.test:1', line: undefined });
  });
});

describe('a hostile script', () => {
  const unbounded: [sentence: string, code: string][] = [
    ['a loop', 'while (true) {}'],
    ['a loop that catches everything', 'for (;;) { try { for (;;) {} } catch (e) {} }'],
    ['a recursion', '(function f() { return f() + f() })()'],
    ['a recursion that catches everything', '(function f() { try { f() } catch (e) { f() } })()'],
    ['an expression that backtracks', '/^(a+)+$/.test("a".repeat(40) + "!")'],
    ['a search in nothing', 'Array.prototype.includes.call({ length: 2 ** 53 - 1 }, 1)'],
    ['a search in a list with holes', 'new Array(4294967295).indexOf(1)'],
    ['a set of holes', 'new Set(new Array(4294967295))'],
    ['a great number', '10n ** 100000000n'],
    ['a search for a long text in a longer one', '"x".repeat(8e6).indexOf("x".repeat(4e6) + "y")'],
    [
      'a sort of long texts',
      'var a = "x".repeat(1e6); var l = []; for (var i = 0; i < 1e5; i++) l.push(i % 2 ? a + "1" : a); l.sort()',
    ],
    ['texts cut to pieces again and again', 'while (true) "x".repeat(5e5).split("")'],
    [
      'texts compared again and again',
      'var a = "x".repeat(8e6) + "a", b = "x".repeat(8e6) + "a"; while (true) a === b',
    ],
    ['bytes filled again and again', 'var b = new Uint8Array(1.6e7); while (true) b.fill(1)'],
    ['bytes copied again and again', 'var b = new Uint8Array(1.5e7); while (true) b.copyWithin(1, 0)'],
    ['a list that grows', 'var a = []; while (true) a.push(a.slice())'],
    ['a text that grows', 'var s = "x"; while (true) s += s'],
    ['many texts', 'var a = []; while (true) a.push("x".repeat(1e5) + a.length)'],
    ['deep brackets', 'eval("(".repeat(1e5))'],
    ['deep JSON', 'JSON.parse("[".repeat(1e6))'],
    ['a deep list shown', 'var a = []; for (var i = 0; i < 1e5; i++) a = [a]; String(a)'],
    ['alerts without end', 'while (true) alert("x".repeat(1000))'],
    ['names without end', 'for (var i = 0; ; i++) dnsResolve("10.0.0." + (i % 200))'],
    ['the clock without end', 'while (true) Date.now()'],
    ['a getter without end', 'Object.defineProperty(globalThis, "x", { get() { while (true); } }); globalThis.x'],
  ];

  // Each of these would run for seconds to centuries. None may take the process down, or more than its budget.
  test.each(unbounded)('%s ends', async (_, code) => {
    const script = await load(`if (host == "evil") { ${code} } return "PROXY p:1"`);
    const spent = vi.fn<(error: Error) => void>();
    await Promise.resolve()
      .then(() => script.find('https://evil/', 'evil'))
      .catch(spent);
    // A recursion or a full memory may be caught by the script, which then returns: that is an end, too.
    expect(await ask(script)).toBe('PROXY p:1');
    for (const [error] of spent.mock.calls) expect(error.name).toBe('PacScriptError');
  });

  test.each(unbounded.filter((_, index) => index % 4 === 0))('%s ends while it is loaded', async (_, code) => {
    const loaded = await PacScript.load(
      `${code}; function FindProxyForURL() { return "PROXY p:1" }`,
      environment,
    ).catch((error: Error) => error);
    if (loaded instanceof Error) expect(loaded.name).toBe('PacScriptError');
    else expect(await ask(loaded)).toBe('PROXY p:1');
  });

  const traps: [sentence: string, source: string][] = [
    ['a getter', 'Object.defineProperty(globalThis, "FindProxyForURL", { get() { for (;;); } })'],
    ['a proxy', 'FindProxyForURL = new Proxy(function () {}, { apply() { for (;;); } })'],
    [
      'a result whose length never ends',
      'String.prototype.valueOf = function () { for (;;); }; function FindProxyForURL() { for (;;); }',
    ],
  ];

  test.each(traps)('that defines FindProxyForURL as %s ends', async (_, source) => {
    const outcome = await PacScript.load(source, environment)
      .then(script => ask(script))
      .catch((error: Error) => error);
    expect(outcome).toMatchObject({ name: 'PacScriptError', message: 'The script took too long' });
  });

  test('is given up after three times in a row', async () => {
    const script = await load('for (;;);');
    for (let time = 1; time <= 3; time++) await expect(ask(script)).rejects.toThrow('The script took too long');
    await expect(ask(script)).rejects.toThrow('The script was given up');
  });

  test('reaches nothing of Node', async () => {
    const names =
      'process require module global fetch WebAssembly setTimeout queueMicrotask console performance std os'.split(' ');
    const seen = names.map(name => `typeof ${name}`).join(' + ');
    const script = await load(`return "PROXY " + (${seen}) + ":1;PROXY " + typeof Function("return this")().process`);
    expect(await ask(script)).toBe(`PROXY ${'undefined'.repeat(names.length)}:1;PROXY undefined:80`);
  });

  test('cannot import', async () => {
    const script = await load('import("node:fs").then(function () { alert("in") }); return "PROXY p:1"');
    expect(await ask(script)).toBe('PROXY p:1');
    await expect(PacScript.load('import fs from "node:fs"', environment)).rejects.toThrow('SyntaxError');
    expect(reports.filter(report => report.type === 'alert')).toEqual([]);
  });

  test('that spoils the language spoils it for itself alone', async () => {
    const spoil =
      'Array.prototype.join = String.prototype.split = RegExp.prototype.exec = Object.defineProperty = null;';
    const spoiled = await load(`${spoil} delete globalThis.Date; Math.random = 1; return "PROXY p:1"`);
    expect(await ask(spoiled)).toBe('PROXY p:1');
    expect(await ask(await load('return "PROXY " + [1, 2].join("").split("2")[0] + ":1"'))).toBe('PROXY 0.0.0.1:1');
  });

  test('may be replaced many times', async () => {
    const script = await load('if (host == "evil") for (;;); return "PROXY p:1"');
    for (let round = 0; round < 4; round++) {
      await expect(ask(script, 'evil')).rejects.toThrow('The script took too long');
      expect(await ask(script, `n${round}.test`)).toBe('PROXY p:1');
    }
  });
});
