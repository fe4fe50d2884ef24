import { describe, expect, test } from 'vitest';
import type { Cookie } from './cookie.ts';
import { cookieCodec } from './cookie-codec.ts';
import { SharedDisk } from './testing/shared-records.ts';
import { StoreForTest } from './testing/store-for-test.ts';

const site = 'https://www.example.com/';
const minute = 60_000;

/** Two processes on one disk, with one clock. */
function twoProcesses(): { first: StoreForTest; second: StoreForTest; disk: SharedDisk<Cookie> } {
  const disk = new SharedDisk<Cookie>(cookieCodec);
  const first = new StoreForTest({ records: disk.open() });
  const second = new StoreForTest({ records: disk.open(), clock: first.clock });
  return { first, second, disk };
}

describe('several processes', () => {
  test('each sees what the other does, and announces it', () => {
    const { first, second } = twoProcesses();
    expect(second.header(site)).toBe('');
    first.receive(site, ['a=1', 'b=2']);
    expect(second.header(site)).toBe('a=1; b=2');
    expect(second.takeChanges()).toEqual(['+a=1 inserted', '+b=2 inserted']);
    first.receive(site, ['a=3', 'b=; Max-Age=0']);
    expect(second.header(site)).toBe('a=3');
    expect(second.takeChanges()).toEqual(['-a=1 overwrite', '+a=3 inserted', '-b=2 explicit']);
    expect(second.store.count()).toBe(1);
  });

  test('a change of access time alone is not announced', () => {
    const { first, second } = twoProcesses();
    first.receive(site, 'a=1; Path=/');
    second.header(site);
    first.clock.advance(5 * minute);
    first.header(site);
    first.store.close();
    second.takeChanges();
    expect(second.store.list({})[0]?.lastAccessedAt).toBe(first.clock.now());
    expect(second.takeChanges()).toEqual([]);
  });

  test('closing does not bring back what the other removed', () => {
    const { first, second } = twoProcesses();
    first.receive(site, 'a=1');
    second.header(site);
    second.clock.advance(5 * minute);
    second.header(site);
    first.receive(site, 'a=; Max-Age=0');
    second.store.close();
    expect(first.store.count()).toBe(0);
  });
});

describe('the disk', () => {
  test('a later process finds what an earlier one stored, one site at a time', () => {
    const disk = new SharedDisk<Cookie>(cookieCodec);
    const first = new StoreForTest({ records: disk.open() });
    for (let index = 0; index < 20; index++) first.receive(`https://site${index}.test/`, ['a=1', 'b=2']);
    const records = disk.open();
    const later = new StoreForTest({ records });
    expect(later.header('https://site7.test/')).toBe('a=1; b=2');
    expect(later.header('https://site7.test/again')).toBe('a=1; b=2');
    expect(records.loads).toBe(1);
    expect(later.store.count()).toBe(40);
    expect(later.store.list({})).toHaveLength(40);
    expect(records.loads).toBe(1);
  });

  test('access times are written at a minute’s grain, with the next change of their site', () => {
    const disk = new SharedDisk<Cookie>(cookieCodec);
    const cookies = new StoreForTest({ records: disk.open() });
    cookies.receive(site, 'a=1; Path=/');
    const created = cookies.clock.now();
    const onDisk = (): number | undefined =>
      [...disk.open().entries()].find(entry => entry.record.name === 'a')?.record.lastAccessedAt;
    cookies.clock.advance(minute);
    cookies.header(site);
    expect(onDisk()).toBe(created);
    cookies.receive(site, 'b=2');
    expect(onDisk()).toBe(created + minute);
  });

  test('over the total, what has expired on disk goes before anything else', () => {
    const disk = new SharedDisk<Cookie>(cookieCodec);
    const earlier = new StoreForTest({ records: disk.open() });
    for (let index = 0; index < 10; index++) earlier.receive(`https://site${index}.test/`, ['a=1', 'b=2; Max-Age=60']);
    earlier.clock.advance(31 * 86_400_000);
    const limits = { perSite: 180, total: 15 };
    const later = new StoreForTest({ records: disk.open(), clock: earlier.clock, limits });
    later.receive(site, 'c=3');
    expect(later.takeChanges()).toContain('-b=2 expired');
    expect(later.store.count()).toBe(11);
    expect(disk.open().count()).toBe(11);
  });

  test('a row under another site’s name is not used', () => {
    const disk = new SharedDisk<Cookie>(cookieCodec);
    new StoreForTest({ records: disk.open() }).receive('https://www.example.org/', 'a=1; Domain=example.org');
    const records = disk.open();
    const [row] = records.load('example.org');
    records.put('example.com', row!.key, row!.record);
    expect(new StoreForTest({ records }).header(site)).toBe('');
  });
});

describe('keepSessionCookies: false', () => {
  test('session cookies are not written, and those found are deleted', () => {
    const disk = new SharedDisk<Cookie>(cookieCodec);
    const earlier = new StoreForTest({ records: disk.open() });
    earlier.receive(site, ['session=1', 'lasting=2; Max-Age=60']);
    const later = new StoreForTest({ records: disk.open(), keepSessionCookies: false });
    expect(later.store.list({}).map(cookie => cookie.name)).toEqual(['lasting']);
    expect(later.header(site)).toBe('lasting=2');
    expect(disk.open().count()).toBe(1);
    later.clock.advance(1);
    later.receive(site, 'session=3');
    expect(later.header(site)).toBe('lasting=2; session=3');
    expect(later.store.count()).toBe(2);
    expect(disk.open().count()).toBe(1);
  });

  test('a cookie that becomes lasting is written, and one that no longer is, is not', () => {
    const disk = new SharedDisk<Cookie>(cookieCodec);
    const cookies = new StoreForTest({ records: disk.open(), keepSessionCookies: false });
    cookies.receive(site, ['a=1', 'b=2; Max-Age=60']);
    cookies.receive(site, ['a=1; Max-Age=60', 'b=2']);
    expect(
      disk
        .open()
        .load('example.com')
        .map(entry => entry.record.name),
    ).toEqual(['a']);
    expect(cookies.store.count()).toBe(2);
  });

  test('another process’s change leaves them', () => {
    const disk = new SharedDisk<Cookie>(cookieCodec);
    const options = { keepSessionCookies: false };
    const first = new StoreForTest({ records: disk.open(), ...options });
    const second = new StoreForTest({ records: disk.open(), ...options });
    first.receive(site, 'session=1');
    second.clock.advance(1);
    second.receive(site, 'lasting=2; Max-Age=60');
    expect(first.header(site)).toBe('session=1; lasting=2');
  });
});

describe('cookieCodec', () => {
  test.each([
    ['no JSON', 'a'],
    ['no array', '{}'],
    ['too short', '["a","b","c.test","/",0,0,null,1,1]'],
    ['a number for a name', '[1,"b","c.test","/",0,0,null,1,1,null]'],
    ['no domain', '["a","b","","/",0,0,null,1,1,null]'],
    ['a path without slash', '["a","b","c.test","",0,0,null,1,1,null]'],
    ['an unknown SameSite', '["a","b","c.test","/",0,9,null,1,1,null]'],
    ['a line break in a value', '["a","b\\r\\nx: y","c.test","/",0,0,null,1,1,null]'],
    ['a text for a time', '["a","b","c.test","/",0,0,"1",1,1,null]'],
  ])('%s is refused', (_, text) => {
    expect(() => cookieCodec.decode(text)).toThrow(/not a cookie|JSON/);
  });
});
