import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toPacString, parsePacResult } from '../../src/proxy/pac-result.ts';
import { PacSandbox } from '../../src/proxy/pac-sandbox.ts';
import { PacScript } from '../../src/proxy/pac-script.ts';
import { PacScriptError } from '../../src/proxy/pac-script-error.ts';
import { ManualClock } from '../../src/util/testing/manual-clock.ts';
import type { PacEnvironment } from '../../src/proxy/pac-world.ts';

// fast-check prints the seed of a failure.
const rounds = { numRuns: Number(process.env['SOJOURN_ROUNDS'] ?? 20) * 2 };

const environment: PacEnvironment = {
  clock: new ManualClock(),
  random: () => 0.5,
  resolve: host => (host.length % 2 === 0 ? Promise.resolve(['10.0.0.1', '::1']) : Promise.reject(new Error('none'))),
  ownAddresses: () => ['10.0.0.2'],
  report: () => {},
};

const variable = fc.constantFrom('a', 'b', 'c', 'host');
const value = fc.oneof(
  fc.constantFrom('1', '"x"', 'host', 'a', 'b', 'c', 'url.length', 'host.length', '[1, 2]', '{ n: 1 }', '/x/g', '/o/'),
  fc.tuple(variable, variable).map(([x, y]) => `(${x} + "-" + ${y})`),
);

/** Statements that assign in all sorts of ways, declared or not, within functions, closures, loops and arrows. */
const { statement } = fc.letrec<{ statement: string; block: string }>(tie => ({
  block: fc.array(tie('statement'), { maxLength: 3 }).map(list => list.join('\n')),
  statement: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    fc.tuple(variable, value).map(([x, v]) => `${x} = ${v};`),
    fc
      .tuple(fc.constantFrom('var', 'var', 'let'), variable, value)
      .map(([kind, x, v]) => `{ ${kind} ${x}_ = 1, ${x}1 = ${v} }`),
    fc.tuple(variable, value).map(([x, v]) => `var ${x} = ${v}, d = 1;`),
    variable.map(x => `${x}++;`),
    variable.map(x => `++${x}`),
    fc.tuple(variable, value).map(([x, v]) => `${x} += ${v};`),
    fc.tuple(variable, value).map(([x, v]) => `try { ${x}.n = ${v}; ${x}["m"] = 1 } catch (e) {}`),
    fc.tuple(variable, value).map(([x, v]) => `try { ${x}.push(${v}); ${x}.reverse() } catch (e) { e = 1 }`),
    variable.map(x => `try { ${x}.test(host); } catch (e) {}`),
    fc.tuple(variable, tie('block')).map(([x, body]) => `if (${x} == host) {\n${body}\n}`),
    fc.tuple(variable, tie('block')).map(([x, body]) => `for (var ${x} = 0; ${x} < 2; ${x}++) {\n${body}\nbreak\n}`),
    fc.tuple(variable, tie('block')).map(([x, body]) => `for (${x} in { k: 1 }) {\n${body}\n}`),
    fc.tuple(variable, tie('block')).map(([x, body]) => `(function (${x}) {\n${body}\n})(1);`),
    fc
      .tuple(variable, variable, tie('block'))
      .map(([f, x, body]) => `function ${f}f(${x}) {\n${body}\n}\n${f}f(host);`),
    fc.tuple(variable, variable).map(([f, x]) => `${f} = (y => ${x}++); try { ${f}(1) } catch (e) {}`),
    fc
      .tuple(variable, tie('block'))
      .map(
        ([f, body]) =>
          `var ${f}g = (function () { var n = 0;\n${body}\nreturn function () { n = n + 1; return n } })();`,
      ),
    variable.map(f => `try { c = c + ${f}g() } catch (e) {}`),
    value.map(v => `d = ${v} / 2; /["/=]/.test(host)`),
  ),
}));

const program = fc.record({
  outside: fc.array(statement, { maxLength: 4 }),
  inside: fc.array(statement, { maxLength: 5 }),
});
const join = (list: readonly string[]): string => list.join('\n');
const sourceOf = ({ outside, inside }: { outside: string[]; inside: string[] }): string =>
  `var a, b, c, url = "", host = "";\n${join(outside)}\nfunction FindProxyForURL(url, host) {\n${join(inside)}\n` +
  'return "PROXY p:" + (String(JSON.stringify([a, b, c])).length % 9999) + ";" + typeof a + a + b + c;\n}';

const hosts = ['a.test', 'b.test', 'a.test', 'a.test', 'b.test'];

describe('random scripts', () => {
  // What is remembered must be what running the script again would say: else it kept something of its own.
  test('say the same with and without memory', async () => {
    await fc.assert(
      fc.asyncProperty(program, async parts => {
        const source = sourceOf(parts);
        const plain = await PacSandbox.create({ lookup: () => [], now: () => 0, random: () => 0, alert: () => {} });
        const script = await PacScript.load(source, environment).catch((error: unknown) => error);
        if (!(script instanceof PacScript)) {
          expect(() => plain.load(source)).toThrow(PacScriptError);
          return;
        }
        plain.load(source);
        for (const host of hosts) {
          const expected = outcome(() => plain.evaluate(`https://${host}/`, host, { left: 1e8 }));
          const got = outcome(() => toPacString(script.find(`https://${host}/`, host) as never));
          expect(got, source).toBe(expected.startsWith('error') ? expected : toPacString(parsePacResult(expected)));
        }
      }),
      rounds,
    );
  });

  const piece = fc.constantFrom(
    ...'function FindProxyForURL ( ) { } [ ] ; , . = == + - * / % < > ! ? : => ... && || ++ url host "a" 1 1e9 0n /a+/g'.split(
      ' ',
    ),
    ...'var let const if else for while do return throw try catch new this typeof in of delete yield await class'.split(
      ' ',
    ),
    ...'dnsResolve dnsResolveEx isInNet isInNetEx shExpMatch sortIpAddressList alert myIpAddress dateRange'.split(' '),
    ...'Array Object String Math Date RegExp JSON Proxy Promise Symbol Map prototype length repeat eval globalThis'.split(
      ' ',
    ),
  );
  const noise = fc.array(fc.oneof(piece, fc.string({ maxLength: 3 })), { maxLength: 40 }).map(list => list.join(' '));

  test('made of noise do no harm', async () => {
    await fc.assert(
      fc.asyncProperty(noise, fc.boolean(), async (text, isWhole) => {
        const source = isWhole
          ? text
          : `function FindProxyForURL(url, host) { try { ${text} } finally { return "PROXY p:1" } }`;
        const answer = await PacScript.load(source, environment)
          .then(script => script.find('https://a.test/', 'a.test'))
          .catch((error: Error) => error);
        if (answer instanceof Error) expect(answer).toBeInstanceOf(PacScriptError);
        else expect(answer.length).toBeGreaterThan(0);
      }),
      rounds,
    );
  });
});

function outcome(action: () => string): string {
  try {
    return action();
  } catch (error) {
    return `error ${(error as Error).message}`;
  }
}
