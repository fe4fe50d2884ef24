import { expect, test } from 'vitest';
import { describeBodies } from '../testing/bodies-contract.ts';
import { describeStore } from '../testing/store-contract.ts';
import { MemoryStore } from './memory-store.ts';

describeStore('MemoryStore', () => new MemoryStore());
describeBodies('MemoryStore', () => new MemoryStore());

test('the very object that was put is read back', () => {
  const records = new MemoryStore().records<{ text: string }>('notes');
  const note = { text: '1' };
  records.put('a', 'k', note);
  expect(records.load('a')[0]?.record).toBe(note);
});
