import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { App } from './app.ts';
import { SessionModule } from './session-module.ts';
import { Session } from './session.ts';
import type { SessionOptionsInput } from './session-options.ts';

let data: string;
let app: App;
let session: SessionModule;
let warn: ReturnType<typeof vi.spyOn>;
const open = new Set<Session>();

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'sojourn-module-'));
  app = new App();
  app.setPath('userData', data);
  app.on('session-created', made => open.add(made));
  session = new SessionModule(app);
  warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {});
});

afterEach(async () => {
  await Promise.all([...open].map(made => made.destroy()));
  open.clear();
  warn.mockRestore();
  rmSync(data, { recursive: true, force: true });
});

const cookie = { url: 'https://site.test/', name: 'k', value: 'v' };

describe('fromPartition', () => {
  test('the same string gives the same object, until it is closed', async () => {
    const a = session.fromPartition('persist:a');
    expect(session.fromPartition('persist:a')).toBe(a);
    expect(session.fromPartition('persist:A')).not.toBe(a);
    expect(session.fromPartition('a')).not.toBe(a);
    const closing = a.close();
    const next = session.fromPartition('persist:a');
    expect(next).not.toBe(a);
    await closing;
    expect(session.fromPartition('persist:a')).toBe(next);
  });

  test('the default session goes by several names, and is kept', () => {
    const { defaultSession } = session;
    expect([session.fromPartition(''), session.fromPartition('persist:')]).toEqual([defaultSession, defaultSession]);
    expect([defaultSession.isPersistent(), defaultSession.storagePath]).toEqual([true, join(data, 'Default')]);
  });

  test('names without the prefix live in memory', () => {
    const made = session.fromPartition('x');
    expect([made.isPersistent(), made.storagePath, made.getStoragePath()]).toEqual([false, null, null]);
  });

  test('nothing is written before a session is used', async () => {
    const made = session.fromPartition('persist:a');
    expect(made.getStoragePath()).toBe(join(data, 'Partitions', 'a'));
    expect(readdirSync(data)).toEqual([]);
    await made.cookies.set(cookie);
    const mode = statSync(made.storagePath!).mode & 0o777;
    expect(mode).toBe(0o700);
    for (const name of readdirSync(made.storagePath!))
      expect(statSync(join(made.storagePath!, name)).mode & 0o077).toBe(0);
  });

  test('what is kept is there after closing, each partition its own', async () => {
    for (const name of ['persist:a', 'persist:A', 'persist:a b', '']) {
      await session.fromPartition(name).cookies.set({ ...cookie, value: `of ${name}`.replaceAll(/\W/g, '-') });
    }
    await Promise.all([...open].map(made => made.close()));
    for (const name of ['persist:a', 'persist:A', 'persist:a b', '']) {
      const [found] = await session.fromPartition(name).cookies.get({});
      expect(found?.value).toBe(`of ${name}`.replaceAll(/\W/g, '-'));
    }
  });

  test('a session cannot be made with new', () => {
    expect(() => new Session(undefined, {} as never)).toThrow("Session objects cannot be created with 'new'");
  });

  test('session-created tells of each', () => {
    const made: Session[] = [];
    app.on('session-created', one => made.push(one));
    const a = session.fromPartition('a');
    session.fromPartition('a');
    expect(made).toEqual([a]);
  });
});

describe('options', () => {
  test.each<[options: unknown, message: RegExp]>([
    ['fast', /options must be an object, got "fast"/],
    [{ cache: 'yes' }, /cache must be a boolean, got "yes"/],
    [{ keepSessionCookies: 1 }, /keepSessionCookies must be a boolean, got 1/],
    [{ cookieLimits: 5 }, /cookieLimits must be an object, got 5/],
    [{ cookieLimits: { perSite: 0 } }, /perSite must be >= 1, got 0/],
    [{ cookieLimits: { total: 'all' } }, /total must be a number, got "all"/],
    [{ hostRules: 'MAP' }, /MAP/],
    [{ maxConnectionsPerOrigin: 0 }, /maxConnectionsPerOrigin must be >= 1, got 0/],
    [{ maxConnectionsPerOrigin: NaN }, /maxConnectionsPerOrigin must be a number/],
    [{ maxConnectionsPerOrigin: 1.5 }, /maxConnectionsPerOrigin must be a whole number, got 1.5/],
    [{ userAgent: '' }, /userAgent must be a non-empty header value/],
    [{ userAgent: 'a\r\nb: c' }, /userAgent must be a non-empty header value/],
  ])('%j is refused, and no session made', (options, message) => {
    expect(() => session.fromPartition('x', options as SessionOptionsInput)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION', message: expect.stringMatching(message) }),
    );
    expect(open.size).toBe(0);
  });

  test('Infinity is a limit', () => {
    const { options } = session.fromPartition('x', {
      maxConnectionsPerOrigin: Infinity,
      cookieLimits: { perSite: Infinity, total: Infinity },
    });
    expect([options.maxConnectionsPerOrigin, options.cookieLimits.total]).toEqual([Infinity, Infinity]);
  });

  test('an unknown one is a warning that names the nearest', () => {
    session.fromPartition('x', { userAgents: 'a' } as SessionOptionsInput);
    expect(warn).toHaveBeenCalledExactlyOnceWith(
      'make a session: unknown option "userAgents" (did you mean "userAgent"?)',
      expect.objectContaining({ code: 'SOJOURN_UNKNOWN_OPTION' }),
    );
  });

  test('other options for an open session are a warning, the first stay', () => {
    const made = session.fromPartition('x', { userAgent: 'one', cookieLimits: { perSite: 5 } });
    session.fromPartition('x', { userAgent: 'one', cookieLimits: { perSite: 5 } });
    session.fromPartition('x', {});
    expect(warn).not.toHaveBeenCalled();
    expect(session.fromPartition('x', { userAgent: 'two' })).toBe(made);
    expect(warn.mock.calls[0]).toEqual([
      'session "x" is open with other options; the first ones stay (userAgent)',
      { type: 'SojournWarning', code: 'SOJOURN_OPTIONS_IGNORED' },
    ]);
    expect(made.getUserAgent()).toBe('one');
  });

  test('switches hold for sessions made afterwards', async () => {
    const before = session.fromPartition('before');
    app.commandLine.appendSwitch('host-resolver-rules', 'MAP *.test 127.0.0.9');
    const after = session.fromPartition('after');
    const own = session.fromPartition('own', { hostRules: 'MAP *.test 127.0.0.8' });
    expect((await after.resolveHost('a.test')).endpoints[0]?.address).toBe('127.0.0.9');
    expect((await own.resolveHost('a.test')).endpoints[0]?.address).toBe('127.0.0.8');
    await expect(before.resolveHost('a.test')).rejects.toMatchObject({ code: 'ERR_NAME_NOT_RESOLVED' });
  });
});

describe('fromPath', () => {
  test('the same directory gives the same object', async () => {
    const made = session.fromPath(join(data, 'own'));
    expect(session.fromPath(`${join(data, 'own')}/`)).toBe(made);
    expect(session.fromPath(join(data, 'x', '..', 'own'))).toBe(made);
    expect([made.isPersistent(), made.storagePath]).toEqual([true, join(data, 'own')]);
    await made.cookies.set(cookie);
    await made.close();
    expect(await session.fromPath(join(data, 'own')).cookies.get({})).toHaveLength(1);
  });

  test.each<[path: unknown, message: string]>([
    ['', 'An empty path was specified'],
    ['relative/path', 'An absolute path was not provided'],
    [undefined, 'An absolute path was not provided'],
    [5, 'An absolute path was not provided'],
  ])('%j is refused', (path, message) => {
    expect(() => session.fromPath(path as string)).toThrow(
      expect.objectContaining({ message, code: 'ERR_INVALID_OPTION' }),
    );
  });
});

describe('what is on disk', () => {
  test('partitions lists it, open or not, and nothing else', async () => {
    expect(await session.partitions()).toEqual([]);
    for (const name of ['persist:b', 'persist:A', 'persist:ä/..', '', 'memory']) {
      await session.fromPartition(name).cookies.set(cookie);
    }
    mkdirSync(join(data, 'Partitions', 'Not Ours'));
    writeFileSync(join(data, 'Partitions', 'file'), '');
    await session.fromPartition('persist:b').close();
    expect(await session.partitions()).toEqual(['', 'persist:A', 'persist:b', 'persist:ä/..']);
  });

  test('deletePartition closes a session and removes its data', async () => {
    const made = session.fromPartition('persist:a');
    await made.cookies.set(cookie);
    await session.fromPartition('persist:b').cookies.set(cookie);
    await session.deletePartition('persist:a');
    expect(await session.partitions()).toEqual(['persist:b']);
    await expect(made.cookies.get({})).rejects.toMatchObject({ code: 'ERR_SESSION_CLOSED' });
    expect(await session.fromPartition('persist:a').cookies.get({})).toEqual([]);
  });

  test('also one that is just being closed, or is in memory, or was never there', async () => {
    const made = session.fromPartition('persist:a');
    await made.cookies.set(cookie);
    const closing = made.close();
    await session.deletePartition('persist:a');
    await closing;
    expect(await session.partitions()).toEqual([]);
    await session.fromPartition('m').cookies.set(cookie);
    await session.deletePartition('m');
    expect(await session.fromPartition('m').cookies.get({})).toEqual([]);
    await session.deletePartition('persist:never');
    await session.deletePartition('');
  });

  test.each([undefined, null, 5])(
    'deletePartition(%j) is refused: it must not take the default session by mistake',
    async partition => {
      await session.defaultSession.cookies.set(cookie);
      await expect(session.deletePartition(partition as unknown as string)).rejects.toMatchObject({
        code: 'ERR_INVALID_OPTION',
      });
      expect(await session.partitions()).toEqual(['']);
    },
  );
});

describe('app', () => {
  test('setName gives the program a place of its own', () => {
    const fresh = new App();
    fresh.setName('my-tool');
    expect([fresh.getName(), fresh.name]).toEqual(['my-tool', 'my-tool']);
    expect(fresh.getPath('userData')).toMatch(/[/\\]apps[/\\]my-tool$/);
    for (const name of ['', 'a/b', 'a\\b', '..', '\0', 'x'.repeat(101), 5]) {
      expect(() => fresh.setName(name as string)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_OPTION' }));
    }
    expect(fresh.name).toBe('my-tool');
  });

  test('setPath moves sessions made afterwards', () => {
    const before = session.fromPartition('persist:a');
    app.setPath('userData', join(data, 'elsewhere'));
    expect(before.storagePath).toBe(join(data, 'Partitions', 'a'));
    expect(session.fromPartition('persist:b').storagePath).toBe(join(data, 'elsewhere', 'Partitions', 'b'));
    app.setPath('sessionData', join(data, 'sessions'));
    expect(session.fromPartition('persist:c').storagePath).toBe(join(data, 'sessions', 'Partitions', 'c'));
    expect(app.getPath('userData')).toBe(join(data, 'elsewhere'));
  });

  test('a session made before setPath is not taken for the one of the new place', () => {
    const before = session.fromPartition('persist:a');
    app.setPath('userData', join(data, 'elsewhere'));
    expect(session.fromPartition('persist:a')).toBe(before);
  });

  test.each<[call: () => unknown, message: RegExp]>([
    [() => app.getPath('nowhere' as 'home'), /Failed to get path/],
    [() => app.setPath('nowhere' as 'home', '/x'), /name must be one of/],
    [() => app.setPath('userData', 'relative'), /must be absolute, got "relative"/],
    [() => app.setPath('userData', 5 as unknown as string), /must be absolute, got 5/],
    [() => app.commandLine.appendSwitch('host-resolver-rules', 'MAP'), /host-resolver-rules/],
    [() => app.commandLine.appendSwitch(5 as unknown as string), /name must be a string/],
  ])('%s is refused', (call, message) => {
    expect(call).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_OPTION', message: expect.stringMatching(message) }),
    );
  });

  test('it is ready at once', async () => {
    expect(app.isReady()).toBe(true);
    await app.whenReady();
  });
});
