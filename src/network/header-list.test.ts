import { expect, test } from 'vitest';
import { HeaderList, type HeadersInput } from './header-list.ts';

function read(input: unknown): string[] {
  const list = new HeaderList();
  list.appendAll(input as HeadersInput);
  return list.pairs;
}

test.each<[sentence: string, input: unknown, pairs: string[]]>([
  ['nothing', undefined, []],
  ['null', null, []],
  ['an object, in its order and letters', { 'X-B': '1', a: '2' }, ['X-B', '1', 'a', '2']],
  ['numbers and booleans', { a: 1, b: true }, ['a', '1', 'b', 'true']],
  ['lists', { a: ['1', '2'], b: [] }, ['a', '1', 'a', '2']],
  ['undefined is left out', { a: undefined, b: '1' }, ['b', '1']],
  [
    'pairs',
    [
      ['a', '1'],
      ['a', '2'],
    ],
    ['a', '1', 'a', '2'],
  ],
  ['a flat array', ['a', '1', 'b', '2'], ['a', '1', 'b', '2']],
  ['Headers', new Headers({ B: '2', A: '1' }), ['a', '1', 'b', '2']],
  ['a Map', new Map([['a', '1']]), ['a', '1']],
  [
    'a generator of pairs',
    (function* () {
      yield ['a', '1'];
    })(),
    ['a', '1'],
  ],
  ['an object without a prototype', Object.assign(Object.create(null) as object, { a: '1' }), ['a', '1']],
  ['nothing that is inherited', Object.create({ a: '1' }), []],
  ['an empty value', { a: '' }, ['a', '']],
  ["HTTP's white space goes", { a: ' \t\r\n x y \n' }, ['a', 'x y']],
  ['other white space is bytes of the value', { a: '\xa0x\xa0' }, ['a', '\xa0x\xa0']],
  ['bytes beyond ASCII', { a: '\x80\xff' }, ['a', '\x80\xff']],
])('%s', (_, input, pairs) => {
  expect(read(input)).toEqual(pairs);
});

test.each<[sentence: string, input: unknown]>([
  ['a string', 'a: b'],
  ['an odd flat array', ['a', '1', 'b']],
  ['a pair of three', [['a', '1', '2']]],
  ['entries that are no pairs', new Set(['a'])],
  ['an empty name', { '': 'x' }],
  ['a name with a colon', { 'a:': 'x' }],
  ['a name beyond ASCII', { ä: 'x' }],
  ['a line break in a value', { a: 'x\r\nb: c' }],
  ['a zero byte', { a: 'x\0' }],
  ['a character beyond one byte', { a: '\u0100' }],
  ['null as a value', { a: null }],
  ['a function as a value', { a: () => 's3cret' }],
  ['a symbol as a value', { a: Symbol('s3cret') }],
])('%s is refused', (_, input) => {
  expect(() => read(input)).toThrow(expect.objectContaining({ name: 'TypeError', code: 'ERR_INVALID_OPTION' }));
});

test('a value that is refused is not shown', () => {
  expect(() => read({ authorization: 'Bearer s3cret\n\0' })).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining('s3cret') }),
  );
});

test('white space without end costs no more than its length', () => {
  const list = new HeaderList();
  list.append('a', `x${' '.repeat(5_000_000)}y`);
  expect(list.pairs[1]).toHaveLength(5_000_002);
});

test('headers that steps ask for are found in any letters', () => {
  const list = new HeaderList();
  list.appendAll({ COOKIE: 'a=b', 'user-Agent': 'x', Accept: '*/*' });
  expect([list.hasCookie, list.hasUserAgent, list.has('accept'), list.has('accept-language')]).toEqual([
    true,
    true,
    true,
    false,
  ]);
});
