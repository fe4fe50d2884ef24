import { describe, expect, test } from 'vitest';
import { mayKeepState } from './pac-state.ts';

const none: [sentence: string, source: string][] = [
  ['a plain script', 'function FindProxyForURL(url, host) { return host == "a" ? "DIRECT" : "PROXY p:1"; }'],
  ['its own variables', 'function F(u, h) { var i = 0, n = h.length; for (i = 0; i < n; i++) { n -= 1; } return n; }'],
  ['its parameters', 'function F(url, host) { host = host.toLowerCase(); url += "x"; return host; }'],
  [
    'tables outside',
    'var t = { a: 1, "b": 2 }; var l = ["x", "y"]; l.sort(); function F(u, h) { return t[h] || l[0]; }',
  ],
  ['a function in a function', 'function F(u, h) { function g(x) { x = x + 1; return x; } return g(1); }'],
  [
    'a variable that its callbacks write',
    'function FindProxyForURL(u, h) { var found = ""; ["a"].forEach(function (x) { if (x == h) found = x; }); return found; }',
  ],
  ['an arrow with braces', 'const F = (url, host) => { let a = 1; a = 2; return host; };'],
  ['an arrow without', 'function F(u, h) { return ["a"].some(x => h == x) ? "A" : "B"; }'],
  ['assignments in texts and comments', 'function F(u, h) { /* n = 1 */ return "n = 1"; // n++\n }'],
  ['a slash that divides', 'function F(u, h) { var a = 4 / 2; var b = a / 2; return b; }'],
  ['an expression with a quote in it', 'function F(u, h) { return /["=]/.test(u) ? "A" : "B"; }'],
  ['a global expression made anew each time', 'function F(u, h) { return h.replace(/\\./g, "-"); }'],
  ['comparisons', 'function F(u, h) { return u == h || u === h || u != h || u <= h || u >= h; }'],
  ['a loop over names', 'var t = {}; function F(u, h) { for (var k in t) { if (k == h) return t[k]; } return ""; }'],
];

const some: [sentence: string, source: string][] = [
  ['a counter', 'var n = 0; function F(u, h) { n++; return "P" + n; }'],
  ['a counter in front', 'let n = 0; function F(u, h) { return "P" + ++n; }'],
  ['a counter that adds', 'var n = 0; function F(u, h) { n += 1; return n; }'],
  ['a counter that was not declared', 'function F(u, h) { n = 1; return n; }'],
  ['a counter in a closure', 'var F = (function () { var n = 0; return function (u, h) { n.x = 1; }; })();'],
  [
    'a plain counter in a closure',
    'var F = (function () { var n = 0; return function (u, h) { n++; return n; }; })();',
  ],
  [
    'a counter in a closure made by a function',
    'function make() { var n = 0; return function () { n++; return n; }; } var F = make();',
  ],
  ['a counter of an arrow', 'var n = 0; const next = () => n++; function F(u, h) { return next(); }'],
  ['a counter of an arrow in parentheses', 'var n = 0; const next = () => (n++); function F(u, h) { return next(); }'],
  ['a cache', 'var c = {}; function F(u, h) { c[h] = 1; return c; }'],
  ['a member', 'var c = {}; function F(u, h) { c.x = 1; return c; }'],
  ['a list that grows', 'var l = []; function F(u, h) { l.push(h); return l.length; }'],
  ['by another way', 'var l = []; function F(u, h) { Array.prototype.push.call(l, h); return l.length; }'],
  ['by a computed name', 'var l = []; function F(u, h) { l["pu" + "sh"](h); return l.length; }'],
  ['a map', 'var m = new Map(); function F(u, h) { m.set(h, 1); return m.size; }'],
  ['delete', 'var c = { a: 1 }; function F(u, h) { delete c.a; return c.a; }'],
  ['eval', 'function F(u, h) { return eval("n = 1"); }'],
  ['a global expression outside', 'var e = /a/g; function F(u, h) { return e.test(u); }'],
  ['a made expression outside', 'var e = new RegExp("a", "g"); function F(u, h) { return e.test(u); }'],
  ['a generator', 'function* g() { yield 1; } var i = g(); function F(u, h) { return i; }'],
  ['a shadowed name is not sure', 'var n = 0; function a(n) { return n; } function F(u, h) { n = 1; return n; }'],
  [
    'a name that only a block has for itself',
    'var n = 0; function F(u, h) { if (h == "x") { let n = 1; } n = n + 1; return n; }',
  ],
  ['destructuring is not sure', 'function F(u, h) { var [a, b] = [1, 2]; return a; }'],
  ['a template with substitutions is not sure', 'function F(u, h) { return `${h}`; }'],
  ['a loop variable that is shared', 'var k; function F(u, h) { for (k in {}) {} return k; }'],
  ['a statement on the next line', 'function F(u, h) { var a = 1\n n = a, m = 2\n return n }'],
  ['a step on the next line', 'var z = 0; function F(u, h) { var a = u\n ++z\n return z }'],
];

describe('keeps nothing', () => {
  test.each(none)('%s', (_, source) => {
    expect(mayKeepState(source)).toBe(false);
  });
});

describe('may keep something', () => {
  test.each(some)('%s', (_, source) => {
    expect(mayKeepState(source)).toBe(true);
  });
});
