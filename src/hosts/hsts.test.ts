import { describe, expect, test } from 'vitest';
import type { Entry, Records } from '../storage/store.ts';
import { ManualClock } from '../util/testing/manual-clock.ts';
import { HstsStore, hstsCodec, type HstsEntry } from './hsts.ts';

// Written down and read back, and told what others wrote, as any store does; counts what it is asked.
class WrittenRecords implements Records<HstsEntry> {
  readonly rows = new Map<string, Map<string, string>>();
  foreign: string[] = [];
  loads = 0;
  writes = 0;

  load(group: string): Entry<HstsEntry>[] {
    this.loads++;
    return [...(this.rows.get(group) ?? [])].map(([key, text]) => ({ group, key, record: hstsCodec.decode(text) }));
  }
  groups(): string[] {
    return [...this.rows.keys()];
  }
  count(): number {
    return [...this.rows.values()].reduce((sum, group) => sum + group.size, 0);
  }
  *entries(): Iterable<Entry<HstsEntry>> {
    for (const group of this.rows.keys()) yield* this.load(group);
  }
  put(group: string, key: string, record: HstsEntry): void {
    this.writes++;
    this.rows.set(group, (this.rows.get(group) ?? new Map<string, string>()).set(key, hstsCodec.encode(record)));
  }
  delete(group: string, key: string): void {
    this.rows.get(group)?.delete(key);
    if (this.rows.get(group)?.size === 0) this.rows.delete(group);
  }
  clear(): void {
    this.rows.clear();
  }
  takeForeignChanges(): readonly string[] {
    return this.foreign.splice(0);
  }
}

function setUp(): { records: WrittenRecords; clock: ManualClock; hsts: HstsStore } {
  const [records, clock] = [new WrittenRecords(), new ManualClock()];
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
  test('it outlives the process', () => {
    const { hsts, records, clock } = setUp();
    hsts.receive('a.test', 'max-age=60; includeSubDomains');
    const again = new HstsStore({ records, clock });
    expect(again.shouldUpgrade('x.a.test')).toBe(true);
    expect(again.shouldUpgrade('b.test')).toBe(false);
  });

  test('what another process learns or forgets is seen', () => {
    const { hsts, records, clock } = setUp();
    const other = new HstsStore({ records, clock });
    expect(hsts.shouldUpgrade('a.test')).toBe(false);
    other.receive('a.test', 'max-age=60');
    records.foreign = ['a.test'];
    expect(hsts.shouldUpgrade('a.test')).toBe(true);
    other.receive('a.test', 'max-age=0');
    records.foreign = ['a.test'];
    expect(hsts.shouldUpgrade('a.test')).toBe(false);
  });

  test('a decision is remembered, and only the site asked for is loaded', () => {
    const { records, clock } = setUp();
    const writer = new HstsStore({ records, clock });
    for (let n = 0; n < 50; n++) writer.receive(`site${n}.test`, 'max-age=60');
    const hsts = new HstsStore({ records, clock });
    records.loads = 0;
    for (let n = 0; n < 10; n++) expect(hsts.shouldUpgrade('x.site7.test')).toBe(false);
    expect(records.loads).toBe(1);
  });

  test('the same header again is written when a hundredth of its time has gone', () => {
    const { hsts, records, clock } = setUp();
    hsts.receive('a.test', 'max-age=1000');
    clock.advance(9_999);
    hsts.receive('a.test', 'max-age=1000');
    expect(records.writes).toBe(1);
    clock.advance(1);
    hsts.receive('a.test', 'max-age=1000');
    expect(records.writes).toBe(2);
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
