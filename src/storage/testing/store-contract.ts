import { afterEach, describe, expect, test } from 'vitest';
import type { Codec, Records, Store } from '../store.ts';

/** A record of the contract's own. */
export interface Note {
  readonly text: string;
}

/** Refuses what is not a `Note`, as every codec must. */
export const noteCodec: Codec<Note> = {
  encode: note => JSON.stringify(note),
  decode(text) {
    const note = JSON.parse(text) as Note;
    if (typeof note?.text !== 'string') throw new TypeError('not a note');
    return note;
  },
};

/**
 * What every store must do, whatever it is made of.
 *
 * @param name - Printed before the sentences.
 * @param open - Makes an empty store; called anew for each test.
 */
export function describeStore(name: string, open: () => Store): void {
  describe(`${name} keeps the contract of a store`, () => {
    const stores: Store[] = [];
    const make = (): Store => {
      const store = open();
      stores.push(store);
      return store;
    };
    const notes = (store: Store = make()): Records<Note> => store.records('notes', noteCodec);
    afterEach(async () => {
      for (const store of stores.splice(0)) await store.close();
    });
    describeRecords(make, notes);
    describeCounting(make, notes);
    describeLifecycle(make, notes);
  });
}

type MakeRecords = (store?: Store) => Records<Note>;

const texts = (records: Records<Note>, group: string): Record<string, string> =>
  Object.fromEntries(records.load(group).map(({ key, record }) => [key, record.text]));

/** Runs `check` on what is only buffered, and again on what is committed. */
async function beforeAndAfterCommit(store: Store, check: () => void): Promise<void> {
  check();
  await store.committed();
  check();
}

function describeRecords(make: () => Store, notes: MakeRecords): void {
  test('a new store is empty', () => {
    const records = notes();
    expect([records.load('a'), records.groups(), records.count(), [...records.entries()]]).toEqual([[], [], 0, []]);
  });

  test('the same name is the same collection; collections are apart', async () => {
    const store = make();
    const other = store.records('other', noteCodec);
    expect(notes(store)).toBe(notes(store));
    notes(store).put('a', 'k', { text: '1' });
    await beforeAndAfterCommit(store, () => expect(other.load('a')).toEqual([]));
  });

  test('a record is read back at once and after the commit, with its group and key', async () => {
    const store = make();
    notes(store).put('a', 'k', { text: '1' });
    await beforeAndAfterCommit(store, () =>
      expect(notes(store).load('a')).toEqual([{ group: 'a', key: 'k', record: { text: '1' } }]),
    );
  });

  test('put replaces, delete deletes, what was never there may be deleted', async () => {
    const store = make();
    const records = notes(store);
    for (const key of ['kept', 'replaced', 'deleted']) records.put('a', key, { text: 'old' });
    await store.committed();
    records.put('a', 'replaced', { text: 'new' });
    records.delete('a', 'deleted');
    records.delete('a', 'never');
    records.delete('b', 'never');
    await beforeAndAfterCommit(store, () => {
      expect(texts(records, 'a')).toEqual({ kept: 'old', replaced: 'new' });
      expect(records.groups()).toEqual(['a']);
    });
  });

  test('a put after a delete, and a delete after a put, in one turn: the last one counts', async () => {
    const store = make();
    const records = notes(store);
    records.put('a', 'there', { text: '0' });
    await store.committed();
    records.delete('a', 'there');
    records.put('a', 'there', { text: '1' });
    records.put('a', 'gone', { text: '1' });
    records.delete('a', 'gone');
    await beforeAndAfterCommit(store, () => expect(texts(records, 'a')).toEqual({ there: '1' }));
  });

  test('clear deletes what is committed and what is not, and what is put after it stays', async () => {
    const store = make();
    const records = notes(store);
    const other = store.records('other', noteCodec);
    other.put('a', 'k', { text: 'other' });
    records.put('a', 'k', { text: '1' });
    await store.committed();
    records.put('b', 'k', { text: '2' });
    records.clear();
    records.put('c', 'k', { text: '3' });
    await beforeAndAfterCommit(store, () => {
      expect([...records.entries()]).toEqual([{ group: 'c', key: 'k', record: { text: '3' } }]);
      expect(texts(other, 'a')).toEqual({ k: 'other' });
    });
  });

  test.each([
    ['empty', ''],
    ['a NUL', 'a\0b'],
    ['beyond the basic plane', 'ü😀'],
    ['quotes', `'"\\;--`],
    ['long', 'x'.repeat(10_000)],
  ])('groups, keys and values may be any text: %s', async (_, text) => {
    const store = make();
    notes(store).put(text, text, { text });
    notes(store).put(`${text}.`, text, { text: 'another' });
    await beforeAndAfterCommit(store, () => {
      expect(notes(store).load(text)).toEqual([{ group: text, key: text, record: { text } }]);
      expect(notes(store).groups().toSorted()).toEqual([text, `${text}.`].toSorted());
    });
  });
}

function describeCounting(make: () => Store, notes: MakeRecords): void {
  test('count, groups and entries agree before and after the commit', async () => {
    const store = make();
    const records = notes(store);
    for (let i = 0; i < 3000; i++) records.put(`g${i % 7}`, `k${i}`, { text: `${i}` });
    await beforeAndAfterCommit(store, () => {
      expect(records.count()).toBe(3000);
      expect(records.groups().toSorted()).toEqual(['g0', 'g1', 'g2', 'g3', 'g4', 'g5', 'g6']);
      expect(new Set(Array.from(records.entries(), entry => entry.key)).size).toBe(3000);
    });
    records.put('g0', 'k0', { text: 'again' });
    records.delete('g1', 'k1');
    records.delete('g1', 'k1');
    records.put('new', 'k', { text: '' });
    expect(records.count()).toBe(3000);
    records.delete('new', 'k');
    records.delete('g2', 'k2');
    await beforeAndAfterCommit(store, () => {
      expect(records.count()).toBe(2998);
      expect([...records.entries()].length).toBe(2998);
    });
  });

  test('entries come group by group', async () => {
    const store = make();
    const records = notes(store);
    for (const group of ['a', 'b', 'a', 'c', 'b']) records.put(group, `${records.count()}`, { text: group });
    await store.committed();
    records.put('b', 'later', { text: 'b' });
    const order = Array.from(records.entries(), entry => entry.group);
    const changes = order.filter((group, i) => group !== order[i - 1]);
    expect(order.length).toBe(6);
    expect(changes.toSorted()).toEqual(['a', 'b', 'c']);
  });
}

function describeLifecycle(make: () => Store, notes: MakeRecords): void {
  test('own changes are not foreign', async () => {
    const store = make();
    notes(store).put('a', 'k', { text: '1' });
    await beforeAndAfterCommit(store, () => expect(notes(store).takeForeignChanges()).toEqual([]));
  });

  test('committed is undefined when nothing waits', async () => {
    const store = make();
    expect(store.committed()).toBeUndefined();
    notes(store).put('a', 'k', { text: '1' });
    await store.committed();
    expect(store.committed()).toBeUndefined();
  });

  test('flush and close settle, close more than once', async () => {
    const store = make();
    notes(store).put('a', 'k', { text: '1' });
    await store.flush();
    expect(store.committed()).toBeUndefined();
    await Promise.all([store.close(), store.close()]);
  });

  test('a closed store refuses every call', async () => {
    const store = make();
    const records = notes(store);
    await store.close();
    const calls = [
      () => records.load('a'),
      () => records.groups(),
      () => records.count(),
      () => [...records.entries()],
      () => records.put('a', 'k', { text: '1' }),
      () => records.delete('a', 'k'),
      () => records.clear(),
      () => records.takeForeignChanges(),
      () => store.records('notes', noteCodec),
      () => store.committed(),
    ];
    for (const call of calls) expect(call, String(call)).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }));
    await expect(store.flush()).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });
}
