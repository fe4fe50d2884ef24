import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parsePartition, partitionOfDirectory } from './partition.ts';

const parse = (input: unknown): ReturnType<typeof parsePartition> => parsePartition('make a session', input);

describe('what a partition string says', () => {
  test.each<[sentence: string, input: unknown, key: string, path: readonly string[] | undefined]>([
    ['nothing is the default session', '', '', ['Default']],
    ['undefined, too', undefined, '', ['Default']],
    ['and null', null, '', ['Default']],
    ['and the prefix alone', 'persist:', '', ['Default']],
    ['a name lives in memory', 'work', 'work', undefined],
    ['so does a prefix in other letters', 'PERSIST:work', 'PERSIST:work', undefined],
    ['and one with a space before it', ' persist:work', ' persist:work', undefined],
    ['with the prefix it is kept', 'persist:work', 'persist:work', ['Partitions', 'work']],
    ['case stays apart where file systems do not tell it', 'persist:Work', 'persist:Work', ['Partitions', '%57ork']],
    ['a path is no path', 'persist:../../etc', 'persist:../../etc', ['Partitions', '%2E%2E%2F%2E%2E%2Fetc']],
    ['a dot is no dot', 'persist:..', 'persist:..', ['Partitions', '%2E%2E']],
    ['names of devices are none', 'persist:con', 'persist:con', ['Partitions', '%63on']],
    ['letters of other scripts', 'persist:é', 'persist:é', ['Partitions', '%C3%A9']],
    ['the default directory has its own place', 'persist:Default', 'persist:Default', ['Partitions', '%44efault']],
    ['a percent sign is no escape', 'persist:%41', 'persist:%41', ['Partitions', '%2541']],
    ['a second prefix is part of the name', 'persist:persist:', 'persist:persist:', ['Partitions', 'persist%3A']],
  ])('%s', (_, input, key, path) => {
    expect(parse(input)).toEqual({ key, path });
  });

  test.each([5, true, {}, Symbol('x'), () => {}])('%s is refused', input => {
    expect(() => parse(input)).toThrow(
      expect.objectContaining({
        name: 'TypeError',
        code: 'ERR_INVALID_OPTION',
        message: expect.stringContaining('partition'),
      }),
    );
  });

  test('a name that no directory can have is refused, one that just fits is taken', () => {
    expect(parse(`persist:${'x'.repeat(240)}`).path?.[1]).toHaveLength(240);
    for (const name of ['x'.repeat(241), 'X'.repeat(81)]) {
      expect(() => parse(`persist:${name}`)).toThrow(
        expect.objectContaining({ name: 'RangeError', code: 'ERR_INVALID_OPTION' }),
      );
    }
  });

  test('half a surrogate pair, which no UTF-8 has, is refused', () => {
    expect(() => parse('persist:\ud800')).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }));
  });
});

test('every name has a directory of its own, from which it can be told', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 25 }), name => {
      const directory = parse(`persist:${name}`).path![1]!;
      expect(directory).toMatch(/^[a-z0-9_%A-F-]+$/);
      expect(partitionOfDirectory(directory)).toBe(`persist:${name}`);
    }),
    { numRuns: Number(process.env['SOJOURN_ROUNDS'] ?? 20) * 10 },
  );
});

test.each(['Work', '%41%zz', 'a b', '.DS_Store', 'con', '', '%e9'])('the directory %j is none of ours', directory => {
  expect(partitionOfDirectory(directory)).toBeUndefined();
});
