import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { app, session } from '../../src/index.ts';
import { version } from '../../src/util/version.ts';
import { cliPath, CliUser } from '../fixtures/cli.ts';
import { startOrigin, type TestOrigin } from '../fixtures/http-server.ts';

let user: CliUser;
let site: TestOrigin;

beforeAll(async () => {
  user = new CliUser();
  site = await startOrigin((request, response) => {
    if (request.url === '/hang') response.write('begun');
    else response.end('x'.repeat(1_000_000));
  });
});

afterAll(async () => {
  user[Symbol.dispose]();
  await site[Symbol.asyncDispose]();
});

const local = ['--host-rules', 'MAP *.test 127.0.0.1'];

const commands = [
  'fetch',
  'cookies list',
  'cookies get',
  'cookies explain',
  'cookies set',
  'cookies remove',
  'cookies export',
  'cookies import',
  'sessions list',
  'sessions show',
  'sessions remove',
  'cache list',
  'cache show',
  'cache clear',
  'cache stats',
  'proxy resolve',
  'cert show',
];

describe('help', () => {
  test.concurrent.each(['', 'cookies', 'sessions', 'cache', 'proxy', 'cert', ...commands])(
    'sojourn %s --help ends with examples of it, and describes the options of all',
    async command => {
      const help = await user.output(...command.split(' ').filter(Boolean), '--help');
      expect(help).toMatch(/^Usage: sojourn/);
      expect(help.slice(help.indexOf('\nExample'))).toContain(`$ sojourn ${command}`);
      for (const option of ['--partition <name>', '--data <dir>', '--app <name>', '--json', '--debug'])
        expect(help).toContain(option);
      expect(help).not.toContain('undefined');
    },
  );

  test('lists every command', async () => {
    const help = await user.output('--help');
    for (const command of commands) expect(help).toContain(`  ${command.split(' ')[0]} `);
  });

  test('goes to standard error, as wrong usage, when a word is missing', async () => {
    for (const args of [[], ['cookies']]) {
      const { status, stdout, stderr } = await user.run(args);
      expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
      expect(stderr).toContain('Usage: sojourn');
    }
  });

  test('the version', async () => {
    expect(await user.output('--version')).toBe(`${version}\n`);
  });
});

describe('wrong usage is one line on standard error and status 2', () => {
  const long = `persist:${'x'.repeat(300)}`;
  test.concurrent.each<[string, string[], RegExp]>([
    ['an unknown command', ['frobnicate'], /unknown command 'frobnicate'/],
    ['a misspelt command', ['cookies', 'lits'], /Did you mean list\?/],
    ['a URL in the place of a command', ['https://a.test/'], /Did you mean fetch URL\?/],
    ['an unknown option', ['cookies', 'list', '--jsn'], /unknown option '--jsn' \(Did you mean --json\?\)/],
    ['a missing argument', ['fetch'], /missing required argument 'url'/],
    ['a surplus argument, which may be a login', ['fetch', 'a', 'secret'], /Expected 1 argument but got 2$/m],
    ['JSON given to --json', ['fetch', 'a', '--json', '{}'], /JSON is sent by -d/],
    ['a format that there is not', ['cookies', 'export', '--format', 'x'], /cookies\.txt, storageState, json/],
    ['a partition with a name too long', ['cookies', 'list', '-p', long], /at most 240 characters/],
    ['a program with a name that is a path', ['sessions', 'list', '--app', 'a/b'], /without a slash/],
    ['host rules that are none', ['fetch', 'http://a.test', '--host-rules', 'FOO'], /rule "FOO" cannot be read/],
    ['a data directory that is a file', ['sessions', 'list', '--data', cliPath], /is not a directory/],
    ['an empty data directory', ['sessions', 'list', '--data', ''], /--data needs a directory/],
    ['a body given to --data', ['fetch', 'http://a.test', '--data', 'secret=1'], /is given with -d or --body/],
    ['a URL that is none', ['fetch', 'http://['], /cannot be parsed/],
    ['an empty URL', ['fetch', ''], /cannot be parsed/],
    ['a relative URL', ['cookies', 'explain', '/a'], /must be an absolute URL/],
    ['a header without a colon, which may be a login', ['fetch', 'a', '-H', 'secret'], /-H must be as "Name: value"/],
    ['no number of seconds', ['fetch', 'a', '-m', 'x'], /--max-time must be a number of seconds/],
    ['a file of cookies given to -b', ['fetch', 'a', '-b', 'f.txt'], /sojourn cookies import FILE/],
    ['two kinds of body', ['fetch', 'a', '-d', 'x', '-F', 'a=b'], /-d and -F do not go together/],
    ['a form field that is none', ['fetch', 'a', '-F', 'secret'], /-F must be NAME=TEXT/],
    ['a method that is none', ['fetch', 'http://a.test', '-X', 'A B'], /method/],
    ['a body with GET', ['fetch', 'http://a.test', '-X', 'GET', '-d', 'x'], /GET request cannot have a body/],
    ['no name for -O', ['fetch', 'http://a.test/', '-O'], /use -o FILE/],
    ['a preset that there is not', ['fetch', 'a', '--conditions', 'Slo 3G'], /did you mean "Slow 3G"/],
    ['proxy rules that are none', ['fetch', 'http://a.test', '-x', 'a b'], /no proxy can be used/],
    ["curl's -c", ['fetch', 'a', '-c', 'jar'], /sojourn cookies export/],
    ["curl's --resolve", ['fetch', 'a', '--resolve', 'x'], /use --host-rules/],
    ['no date', ['cookies', 'set', 'http://a.test', 'a', 'b', '--expires', 'soon'], /must be a date as 2027-01-31/],
    ['JSON in cookies.txt', ['cookies', 'export', '--json', '--format', 'cookies.txt'], /--json does not go with/],
    ['two proxies', ['proxy', 'resolve', 'http://a.test', '--system', '--rules', 'a:1'], /do not go together/],
    ['a bypass of nothing', ['proxy', 'resolve', 'http://a.test', '--bypass', 'a'], /--bypass goes with --rules/],
    ['a host that is none', ['cert', 'show', 'a b'], /must be as example.com/],
  ])('%s', async (_what, args, message) => {
    const { status, stdout, stderr } = await user.run(args);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatch(message);
    expect(stderr).toMatch(/^sojourn: [^\n]+\n$/);
    expect(stderr).not.toContain('secret');
  });
});

test.concurrent.each<[string, string[], RegExp]>([
  ['no such name', ['fetch', 'http://nowhere.invalid/'], /net::ERR_NAME_NOT_RESOLVED/],
  ['no such session', ['sessions', 'show', 'persist:nope'], /no session "persist:nope" on disk/],
  ['no session to remove', ['sessions', 'remove', 'persist:nope'], /no session "persist:nope" on disk/],
  ['no such file', ['cookies', 'import', '/nope'], /Cannot read "\/nope": there is no such file/],
  ['a directory', ['fetch', 'http://a.test', '-T', '/tmp'], /Cannot read "\/tmp": it is a directory/],
  ['a refused cookie', ['cookies', 'set', 'http://a.test', '__Secure-a', 'secret'], /Failed to set cookie/],
])('a failure is one line on standard error and status 1: %s', async (_what, args, message) => {
  const { status, stdout, stderr } = await user.run(args);
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(message);
  expect(stderr).toMatch(/^sojourn: [^\n]+\n$/);
  expect(stderr).not.toContain('secret');
});

test('--debug shows where an error comes from, before and after the command', async () => {
  const failing = ['cookies', 'explain', '/a'];
  for (const args of [
    ['--debug', ...failing],
    [...failing, '--debug'],
  ]) {
    const { status, stderr } = await user.run(args);
    expect(status).toBe(2);
    expect(stderr).toMatch(/\n {4}at .*url\.ts/);
  }
});

test('options for all commands count before and after their names', async () => {
  const place = ['--data', user.file('placed'), '--partition', 'persist:p'];
  await user.output(...place, 'cookies', 'set', 'http://a.test/', 'k', 'v');
  expect(await user.output('cookies', ...place, 'get', 'http://a.test/', 'k')).toBe('v\n');
  expect(await user.output('cookies', 'get', 'http://a.test/', 'k', ...place)).toBe('v\n');
});

test('--app names the sessions of a program', async () => {
  await user.output('cookies', 'set', 'http://a.test/', 'k', 'v', '--app', 'my-tool');
  const [found] = await user.json<{ path: string }[]>('sessions', 'list', '--app', 'my-tool');
  expect(found!.path).toBe(`${user.data}/apps/my-tool/Default`);
});

test('a warning is one line on standard error', async () => {
  const args = ['fetch', `${site.origin}/`, '-x', 'system', '-o', '/dev/null', ...local];
  const { status, stderr } = await user.run(args, { env: { HTTP_PROXY: ':::', NO_PROXY: 'site.test' } });
  expect(status).toBe(0);
  expect(stderr).toMatch(/^sojourn: warning: Left out of [^\n]*\n$/);
});

test('looking at a session that there is not makes none', async () => {
  const looks = [
    ['cookies', 'list'],
    ['cookies', 'get', 'http://a.test', 'k'],
    ['cookies', 'explain', 'http://a.test'],
    ['cookies', 'export'],
    ['cookies', 'remove', 'http://a.test', 'k'],
    ['cache', 'list'],
    ['cache', 'stats'],
    ['proxy', 'resolve', 'http://a.test'],
  ];
  const data = user.file('looked-at');
  for (const args of looks) await user.run([...args, '--data', data, '-p', 'persist:typo']);
  expect(existsSync(data)).toBe(false);
  const { status, stdout, stderr } = await user.run(['cookies', 'list', '--json', '-p', 'persist:typo']);
  expect({ status, stdout }).toEqual({ status: 0, stdout: '[]\n' });
  expect(stderr).toBe('sojourn: there is no session "persist:typo" on disk\n');
});

test('a partition in memory, which is of no use to a command, is pointed out', async () => {
  const { status, stderr } = await user.run(['cookies', 'set', 'http://a.test', 'k', 'v', '-p', 'work']);
  expect(status).toBe(0);
  expect(stderr).toMatch(/^sojourn: warning: .*"persist:work" is kept\n$/);
});

test('a session whose store cannot be opened is a failure', async () => {
  writeFileSync(user.file('a-file'), '');
  const data = user.file('a-file/below');
  const { status, stderr } = await user.run(['cookies', 'set', 'http://a.test', 'k', 'v', '--data', data]);
  expect(status).toBe(1);
  expect(stderr).toMatch(/^sojourn: Cannot open the store[^\n]*\n$/);
});

test('sessions: listed, shown and removed', async () => {
  const own = new CliUser();
  const quiet = await own.run(['sessions', 'list']);
  expect(quiet).toMatchObject({ status: 0, stdout: '', stderr: 'sojourn: there are no sessions on disk\n' });
  await own.output('cookies', 'set', 'http://a.test/', 'k', 'v');
  await own.output('cookies', 'set', 'http://b.test/', 'k', 'v', '-p', 'persist:Wörk');

  expect(await own.output('sessions', 'list')).toMatch(
    /^PARTITION +SIZE +CHANGED \(UTC\) +PATH\npersist: +\S+ kB +\d{4}-\d\d-\d\d \d\d:\d\d +\S+\npersist:Wörk +.*\n$/,
  );
  const listed = await own.json<{ partition: string; bytes: number }[]>('sessions', 'list');
  expect(listed.map(({ partition }) => partition)).toEqual(['', 'persist:Wörk']);
  expect(listed[0]!.bytes).toBeGreaterThan(0);

  expect(await own.output('sessions', 'show', 'persist:Wörk')).toMatch(/^cookies +1 of 1 domain$/m);
  expect(await own.output('sessions', 'show')).toMatch(/^partition +persist:$/m);
  expect(await own.json('sessions', 'show', '-p', 'persist:Wörk')).toMatchObject({
    partition: 'persist:Wörk',
    cookies: 1,
    domains: 1,
    cacheBytes: 0,
  });

  const removed = await own.run(['sessions', 'remove', 'persist:Wörk']);
  expect(removed).toMatchObject({ status: 0, stdout: '', stderr: 'sojourn: removed "persist:Wörk"\n' });
  expect(await own.json('sessions', 'remove', 'persist:')).toEqual({ removed: 'persist:' });
  expect(await own.json('sessions', 'list')).toEqual([]);
  own[Symbol.dispose]();
});

test('commands and a program that uses the same session at the same time see each other', async () => {
  app.setPath('userData', user.data);
  await using ses = session.fromPartition('persist:shared');
  await ses.cookies.set({ url: 'http://a.test/', name: 'mine', value: '1' });
  expect(await user.output('cookies', 'get', 'http://a.test/', 'mine', '-p', 'persist:shared')).toBe('1\n');
  await user.output('cookies', 'set', 'http://a.test/', 'theirs', '2', '-p', 'persist:shared');
  expect((await ses.cookies.get({ name: 'theirs' }))[0]?.value).toBe('2');
  await user.output('cookies', 'remove', 'http://a.test/', 'mine', '-p', 'persist:shared');
  expect(await ses.cookies.get({ name: 'mine' })).toEqual([]);
  await user.run(['fetch', `${site.origin}/`, '-p', 'persist:shared', ...local]);
  expect(await user.json('sessions', 'show', 'persist:shared')).toMatchObject({ cookies: 1 });
});

test.each(['fetch $SITE --host-rules "MAP *.test 127.0.0.1" | head -c 5', '--help | head -1'])(
  'a reader that has enough ends a command silently: sojourn %s',
  async command => {
    const { status, stderr } = await user.shell(`SITE=${site.origin}; sojourn ${command}`);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  },
);

test.runIf(existsSync('/dev/full'))('a full disk behind standard output is a failure', async () => {
  const { status, stderr } = await user.shell('sojourn cache stats > /dev/full');
  expect(status).toBe(1);
  expect(stderr).toContain('sojourn: Cannot write "standard output": the disk is full\n');
});

describe('Ctrl-C', () => {
  test('ends a download by that signal and leaves nothing of its file', async () => {
    const child = user.start(['fetch', `${site.origin}/hang`, '-o', 'interrupted', ...local]);
    const ended = once(child, 'close');
    while (!readdirSync(user.home).some(name => name.startsWith('interrupted'))) await new Promise(setImmediate);
    child.kill('SIGINT');
    expect(await ended).toEqual([null, 'SIGINT']);
    expect(readdirSync(user.home).filter(name => name.startsWith('interrupted'))).toEqual([]);
  });

  test('ends a command that waits for standard input', async () => {
    const child = user.start(['cookies', 'import']);
    const said = text(child.stderr!);
    const ended = once(child, 'close');
    // It has come to its input when it takes some of it.
    await new Promise(resolve => child.stdin!.write(Buffer.alloc(1 << 20), resolve));
    child.kill('SIGTERM');
    expect(await ended).toEqual([null, 'SIGTERM']);
    expect(await said).toBe('');
  });
});
