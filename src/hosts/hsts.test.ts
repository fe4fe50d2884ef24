import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { MemoryStore } from '../storage/memory/memory-store.ts';
import { SqliteStore } from '../storage/sqlite/sqlite-store.ts';
import type { Records } from '../storage/store.ts';
import { systemClock } from '../util/clock.ts';
import { ManualClock } from '../util/testing/manual-clock.ts';
import { HstsStore, hstsCodec, type HstsEntry } from './hsts.ts';

function setUp(): { records: Records<HstsEntry>; clock: ManualClock; hsts: HstsStore } {
  const [records, clock] = [new MemoryStore().records<HstsEntry>('hsts'), new ManualClock()];
  return { records, clock, hsts: new HstsStore({ records, clock }) };
}

describe('which hosts are upgraded', () => {
  test.each<[sentence: string, from: string, header: string, asked: string, upgrade: boolean]>([
    ['the host itself', 'a.test', 'max-age=60', 'a.test', true],
    ['not a subdomain', 'a.test', 'max-age=60', 'x.a.test', false],
    ['a subdomain when told so', 'a.test', 'max-age=60; includeSubDomains', 'x.y.a.test', true],
    ['never the parent', 'x.a.test', 'max-age=60; includeSubDomains', 'a.test', false],
    ['not a name that only ends alike', 'a.test', 'max-age=60; includeSubDomains', 'xa.test', false],
    ['not an unrelated name', 'a.test', 'max-age=60', 'b.test', false],
    ['a public suffix reaches below itself', 'github.io', 'max-age=60; includeSubDomains', 'me.github.io', true],
    ['a final dot makes no difference when asking', 'a.test', 'max-age=60', 'a.test.', true],
    ['a final dot makes no difference when learning', 'a.test.', 'max-age=60', 'a.test', true],
    ['not an IPv4 address', '127.0.0.1', 'max-age=60', '127.0.0.1', false],
    ['not an IPv6 address', '[::1]', 'max-age=60', '[::1]', false],
    ['not localhost', 'localhost', 'max-age=60', 'localhost', false],
    ['not below localhost', 'x.localhost', 'max-age=60', 'x.localhost', false],
    ['a header that does not conform is ignored', 'a.test', 'max-age=x', 'a.test', false],
    ['a max-age of 0 learns nothing', 'a.test', 'max-age=0', 'a.test', false],
  ])('%s', (_, from, header, asked, upgrade) => {
    const { hsts } = setUp();
    expect(hsts.shouldUpgrade(asked)).toBe(false);
    hsts.receive(from, header);
    expect(hsts.shouldUpgrade(asked)).toBe(upgrade);
    expect(hsts.shouldUpgrade(asked)).toBe(upgrade);
  });

  test('a host is forgotten after max-age seconds', () => {
    const { hsts, clock } = setUp();
    hsts.receive('a.test', 'max-age=60');
    clock.advance(59_999);
    expect(hsts.shouldUpgrade('a.test')).toBe(true);
    clock.advance(1);
    expect(hsts.shouldUpgrade('a.test')).toBe(false);
  });

  test('when the nearest entry ends, one above still holds', () => {
    const { hsts, clock } = setUp();
    hsts.receive('a.test', 'max-age=120; includeSubDomains');
    hsts.receive('x.a.test', 'max-age=60');
    clock.advance(60_000);
    expect(hsts.shouldUpgrade('x.a.test')).toBe(true);
    clock.advance(60_000);
    expect(hsts.shouldUpgrade('x.a.test')).toBe(false);
  });

  test('a max-age of 0 forgets that host alone', () => {
    const { hsts } = setUp();
    hsts.receive('a.test', 'max-age=60; includeSubDomains');
    hsts.receive('x.a.test', 'max-age=60');
    hsts.receive('a.test', 'max-age=0');
    expect(hsts.shouldUpgrade('a.test')).toBe(false);
    expect(hsts.shouldUpgrade('x.a.test')).toBe(true);
  });

  test('a later header takes includeSubDomains back', () => {
    const { hsts } = setUp();
    hsts.receive('a.test', 'max-age=60; includeSubDomains');
    expect(hsts.shouldUpgrade('x.a.test')).toBe(true);
    hsts.receive('a.test', 'max-age=60');
    expect(hsts.shouldUpgrade('x.a.test')).toBe(false);
  });
});

describe('what is stored', () => {
  // Two stores on one directory, as two processes have them.
  function setUpTwo(): { one: HstsStore; two: HstsStore; committed: () => Promise<void>; close: () => Promise<void> } {
    const directory = mkdtempSync(join(tmpdir(), 'sojourn-hsts-'));
    const clock = new ManualClock();
    const open = (): SqliteStore =>
      new SqliteStore({ directory, clock: systemClock, onProblem: error => expect.unreachable(error.message) });
    const stores = [open(), open()];
    const [one, two] = stores.map(store => new HstsStore({ records: store.records('hsts', hstsCodec), clock }));
    return {
      one: one!,
      two: two!,
      committed: async () => {
        for (const store of stores) await store.committed();
        await setImmediate();
      },
      close: async () => {
        await Promise.all(stores.map(store => store.close()));
        rmSync(directory, { recursive: true });
      },
    };
  }

  test('what another process learns or forgets is seen', async () => {
    const { one, two, committed, close } = setUpTwo();
    expect(one.shouldUpgrade('a.test')).toBe(false);
    for (const [header, host, expected] of [
      ['max-age=60', 'a.test', true],
      ['max-age=60; includeSubDomains', 'b.a.test', true],
      ['max-age=0', 'a.test', false],
    ] as const) {
      two.receive(host, header);
      await committed();
      expect(one.shouldUpgrade(host)).toBe(expected);
    }
    expect(one.shouldUpgrade('x.b.a.test')).toBe(true);
    await close();
  });

  test('it outlives the session', () => {
    const { hsts, records, clock } = setUp();
    hsts.receive('a.test', 'max-age=60; includeSubDomains');
    const again = new HstsStore({ records, clock });
    expect(again.shouldUpgrade('x.a.test')).toBe(true);
    expect(again.shouldUpgrade('b.test')).toBe(false);
  });

  test('the same header again is written when a hundredth of its time has gone', () => {
    const { hsts, records, clock } = setUp();
    const expiresAt = (): number | undefined => records.load('a.test')[0]?.record.expiresAt;
    hsts.receive('a.test', 'max-age=1000');
    const first = expiresAt()!;
    clock.advance(9_999);
    hsts.receive('a.test', 'max-age=1000');
    expect(expiresAt()).toBe(first);
    clock.advance(1);
    hsts.receive('a.test', 'max-age=1000');
    expect(expiresAt()).toBe(first + 10_000);
  });

  test('a site cannot fill the store: the host that expires first gives way', () => {
    const { hsts, records } = setUp();
    for (let n = 0; n < 1100; n++) hsts.receive(`h${n}.a.test`, `max-age=${1000 + n}`);
    expect(records.count()).toBe(1000);
    expect(hsts.shouldUpgrade('h99.a.test')).toBe(false);
    expect(hsts.shouldUpgrade('h100.a.test')).toBe(true);
  });

  test('a row that is no entry is refused', () => {
    expect(() => hstsCodec.decode('["soon",true]')).toThrow(TypeError);
  });
});
