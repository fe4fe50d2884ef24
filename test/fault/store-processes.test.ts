import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Content, Order, Write } from '../fixtures/store-child.ts';

const rounds = Number(process.env['SOJOURN_ROUNDS'] ?? 20);
const timeout = 10_000 + rounds * 1_000;
const root = mkdtempSync(join(tmpdir(), 'sojourn-processes-'));
const children: ChildProcess[] = [];
let directories = 0;

beforeAll(() => {
  for (let i = 0; i < 2; i++) children.push(fork('test/fixtures/store-child.ts', { execArgv: [] }));
});
afterAll(() => {
  for (const child of children) child.kill();
  rmSync(root, { recursive: true });
});

async function order<Answer>(who: number, what: Order): Promise<Answer> {
  const child = children[who] as ChildProcess;
  const answered = once(child, 'message');
  child.send(what);
  return ((await answered) as [Answer])[0];
}

const both = (what: (who: number) => Order): Promise<unknown[]> =>
  Promise.all([0, 1].map(who => order(who, what(who))));

const openBoth = (): Promise<unknown[]> => {
  const directory = join(root, `${directories++}`);
  return both(() => ({ open: directory }));
};

const group = fc.constantFrom('a', 'b', 'c');
const key = fc.constantFrom('k', 'l', 'm', 'n');
const text = fc.option(fc.string({ maxLength: 5 }), { nil: undefined });

/** The model: a plain map. */
class Model {
  readonly #groups = new Map<string, Map<string, string>>();

  apply(write: Write): void {
    const records = this.#groups.get(write.group) ?? new Map<string, string>();
    if (write.text === undefined) records.delete(write.key);
    else records.set(write.key, write.text);
    this.#groups.set(write.group, records);
  }

  content(name: string): Content {
    return Object.fromEntries(this.#groups.get(name) ?? []);
  }
}

test('what one process has committed, the other reads at once', { timeout }, async () => {
  const write = fc.record({
    who: fc.nat({ max: 1 }),
    write: fc.array(fc.record({ group, key, text }), { maxLength: 4 }),
  });
  const read = fc.record({ who: fc.nat({ max: 1 }), read: group });
  const play = async (steps: readonly ({ who: number } & Order)[]): Promise<void> => {
    await openBoth();
    const model = new Model();
    const found: unknown[] = [];
    const expected: unknown[] = [];
    for (const { who, ...what } of steps) {
      found.push(await order(who, what));
      if ('write' in what) for (const one of what.write) model.apply(one);
      expected.push('read' in what ? model.content(what.read) : 'done');
    }
    await both(() => ({ close: true }));
    expect(found).toEqual(expected);
  };
  await fc.assert(fc.asyncProperty(fc.array(fc.oneof(write, read), { maxLength: 40 }), play), { numRuns: rounds });
});

test('two processes that write at the same time lose nothing', { timeout }, async () => {
  const writes = fc.array(fc.record({ group, key, text }), { minLength: 50, maxLength: 200 });
  const play = async (plans: readonly Write[][]): Promise<void> => {
    await openBoth();
    const own = plans.map((plan, who) => plan.map(write => ({ ...write, key: `${who}${write.key}` })));
    await both(who => ({ write: own[who] as Write[] }));
    const model = new Model();
    for (const write of own.flat()) model.apply(write);
    for (const name of ['a', 'b', 'c']) {
      for (const who of [0, 1]) expect(await order(who, { read: name })).toEqual(model.content(name));
    }
    await both(() => ({ close: true }));
  };
  await fc.assert(fc.asyncProperty(fc.tuple(writes, writes), play), { numRuns: rounds });
});

test('two processes that make the same store at the same time use the same one', { timeout }, async () => {
  for (let round = 0; round < rounds; round++) {
    await openBoth();
    await both(who => ({ write: [{ group: 'a', key: `${who}`, text: `${round}` }] }));
    for (const who of [0, 1]) expect(await order(who, { read: 'a' })).toEqual({ 0: `${round}`, 1: `${round}` });
    await both(() => ({ close: true }));
  }
});
