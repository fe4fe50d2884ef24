import { statSync, writeFileSync } from 'node:fs';
import { request as playwright } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { CliUser, missing } from '../fixtures/cli.ts';
import { startOrigin, type TestOrigin } from '../fixtures/http-server.ts';

let user: CliUser;
let site: TestOrigin;

beforeAll(async () => {
  site = await startOrigin((request, response) => response.end(request.headers.cookie ?? 'none'), {
    host: '127.0.0.1',
  });
});

afterAll(() => site[Symbol.asyncDispose]());

beforeEach(() => {
  user = new CliUser();
});

afterEach(() => user[Symbol.dispose]());

const url = 'https://a.test/';

async function listed(...args: string[]): Promise<Record<string, unknown>[]> {
  return user.json('cookies', 'list', ...args);
}

describe('set', () => {
  test.each<[string, string[], Record<string, unknown>]>([
    ['a host-only session cookie', [], { domain: 'a.test', hostOnly: true, path: '/', session: true, secure: false }],
    ['--domain', ['--domain', 'a.test'], { domain: '.a.test', hostOnly: false }],
    ['--path', ['--path', '/x'], { path: '/x' }],
    ['--secure --http-only', ['--secure', '--http-only'], { secure: true, httpOnly: true }],
    ['--same-site', ['--same-site', 'strict'], { sameSite: 'strict' }],
    ['--expires with seconds', ['--expires', '1795500000'], { expirationDate: 1_795_500_000, session: false }],
  ])('%s', async (_what, flags, expected) => {
    expect(await user.output('cookies', 'set', url, 'k', 'v', ...flags)).toBe('');
    expect(await listed()).toMatchObject([{ name: 'k', value: 'v', ...expected }]);
  });

  test('--expires with a date', async () => {
    const soon = new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
    await user.output('cookies', 'set', url, 'k', 'v', '--expires', soon);
    expect(await listed()).toMatchObject([{ expirationDate: Date.parse(soon) / 1000 }]);
  });

  test('takes the value from standard input, where no one sees it', async () => {
    expect(await user.run(['cookies', 'set', url, 'k', '--json'], { input: 'a b=c\n' })).toMatchObject({
      status: 0,
      stdout: '{\n  "set": 1\n}\n',
    });
    expect(await user.output('cookies', 'get', url, 'k')).toBe('a b=c\n');
  });

  test('a value may begin with a dash', async () => {
    await user.output('cookies', 'set', url, 'k', '--', '-v');
    expect(await user.output('cookies', 'get', url, 'k')).toBe('-v\n');
  });
});

describe('with three cookies', () => {
  beforeEach(async () => {
    const expirationDate = Math.floor(Date.now() / 1000) + 86_400;
    const cookies = [
      { domain: 'a.test', hostOnly: true, path: '/', name: 'one', value: 'secret1', secure: true, expirationDate },
      { domain: 'b.test', hostOnly: true, path: '/x', name: 'two', value: 'secret2' },
      { domain: '.a.test', hostOnly: false, path: '/', name: 'three', value: 'secret3', httpOnly: true },
    ];
    const lax = cookies.map(cookie => ({ ...cookie, sameSite: 'lax' }));
    await user.run(['cookies', 'import'], { input: JSON.stringify(lax) });
  });

  test('list is a table by domain, without the values', async () => {
    const table = await user.output('cookies', 'list');
    expect(table.replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d/g, '<a date>        ')).toBe(
      [
        'DOMAIN   PATH  NAME   EXPIRES (UTC)     FLAGS',
        'a.test   /     one    <a date>          Secure SameSite=lax',
        '.a.test  /     three  session           HttpOnly SameSite=lax',
        'b.test   /x    two    session           SameSite=lax',
        '',
      ].join('\n'),
    );
  });

  test('list --values shows them', async () => {
    expect(await user.output('cookies', 'list', '--values')).toMatch(/^b\.test .* secret2$/m);
  });

  test.each([
    [
      ['--domain', 'a.test'],
      ['one', 'three'],
    ],
    [['--url', 'http://a.test/'], ['three']],
    [['--name', 'two'], ['two']],
    [['--name', 'four'], []],
  ])('list %s', async (flags, names) => {
    expect((await listed(...flags)).map(cookie => cookie['name'])).toEqual(names);
  });

  test('list --json has one cookie a line', async () => {
    expect(await user.output('cookies', 'list', '--json')).toMatch(/^\[\n(\{.*\},\n){2}\{.*\}\n\]\n$/);
  });

  test('an empty list says so', async () => {
    const { status, stdout, stderr } = await user.run(['cookies', 'list', '--name', 'four']);
    expect({ status, stdout, stderr }).toEqual({
      status: 0,
      stdout: '',
      stderr: 'sojourn: there are no such cookies\n',
    });
  });

  test('get prints the value, or fails', async () => {
    expect(await user.output('cookies', 'get', url, 'one')).toBe('secret1\n');
    expect(await user.json('cookies', 'get', url, 'one')).toMatchObject([{ name: 'one', value: 'secret1' }]);
    const { status, stdout, stderr } = await user.run(['cookies', 'get', 'http://a.test/', 'one']);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
    expect(stderr).toBe('sojourn: no cookie "one" would be sent there\n');
  });

  test('remove removes it, or fails', async () => {
    expect(await user.output('cookies', 'remove', url, 'one')).toBe('');
    expect(await user.run(['cookies', 'remove', url, 'one'])).toMatchObject({ status: 1 });
    expect(await user.json('cookies', 'remove', url, 'three')).toEqual({ removed: 1 });
    expect(await listed()).toHaveLength(1);
  });

  test('explain says what is sent, and why the rest is not', async () => {
    expect(await user.output('cookies', 'explain', 'http://a.test/')).toBe(
      [
        'SENT             DOMAIN   PATH  NAME   FLAGS',
        'no: secure-only  a.test   /     one    Secure SameSite=lax',
        'yes              .a.test  /     three  HttpOnly SameSite=lax',
        '',
      ].join('\n'),
    );
    const fromElsewhere = ['cookies', 'explain', url, '--initiator', 'https://other.test/'];
    expect(await user.json(...fromElsewhere)).toMatchObject([
      { sent: false, cookie: { name: 'one' } },
      { sent: false, cookie: { name: 'three' } },
    ]);
  });

  test.each(['cookies.txt', 'storageState', 'json'])('export and import of %s give the same cookies', async format => {
    const text = await user.output('cookies', 'export', '--format', format);
    const other = new CliUser();
    const imported = await other.run(['cookies', 'import', '--format', format], { input: text });
    expect(imported).toMatchObject({
      status: 0,
      stdout: '',
      stderr: 'sojourn: 3 added, 0 replaced, 0 removed, 0 expired and left out\n',
    });
    const shape = ({ name, value, domain, path, secure, httpOnly }: Record<string, unknown>): string =>
      JSON.stringify({ name, value, domain, path, secure, httpOnly });
    const theirs = await other.json<Record<string, unknown>[]>('cookies', 'list');
    expect(theirs.map(shape).toSorted()).toEqual((await listed()).map(shape).toSorted());
    other[Symbol.dispose]();
  });

  test('export writes what is asked for, to a file that only the user reads', async () => {
    writeFileSync(user.file('cookies.txt'), 'old', { mode: 0o644 });
    expect(await user.output('cookies', 'export', '-o', 'cookies.txt', '--domain', 'b.test')).toBe('');
    expect(statSync(user.file('cookies.txt')).mode & 0o777).toBe(0o600);
    const imported = await user.json('cookies', 'import', 'cookies.txt', '--dry-run');
    expect(imported).toEqual({ added: 0, replaced: 1, removed: 0, expired: 0 });
    expect(JSON.parse(await user.output('cookies', 'export', '--json', '--url', url))).toMatchObject([
      { name: 'one' },
      { name: 'three' },
    ]);
  });

  test('import --mode replace-sites removes the rest of a site, --dry-run nothing', async () => {
    writeFileSync(user.file('state.json'), JSON.stringify({ cookies: [{ name: 'n', value: 'v', domain: 'a.test' }] }));
    const args = ['cookies', 'import', 'state.json', '--mode', 'replace-sites'];
    const said = 'sojourn: would be 1 added, 0 replaced, 2 removed, 0 expired and left out\n';
    expect(await user.run([...args, '--dry-run'])).toMatchObject({ status: 0, stderr: said });
    expect(await listed()).toHaveLength(3);
    await user.run(args);
    expect(new Set((await listed()).map(cookie => cookie['name']))).toEqual(new Set(['n', 'two']));
  });
});

const head = '# Netscape HTTP Cookie File\n';
test.each<[string, string, RegExp]>([
  ['a wrong flag', `${head}a.test\tMAYBE\t/\tFALSE\t0\tk\tsecret\n`, /line 2, column 8: /],
  ['a missing field', `${head}a.test\tFALSE\t/\n`, /line 2, column \d+: /],
  ['an expiry that is none', `${head}a.test\tFALSE\t/\tFALSE\tnever\tk\tsecret\n`, /line 2, column 22: /],
  ['broken JSON', '[\n  {"name": "k",\n  "value" "secret"}\n]', /line 3, column 11: /],
  ['a cookie without a domain', '[\n  {"name": "k", "value": "secret"}\n]', /line 2, column \d+: /],
  ['a storage state of something else', '{"cookies": [1]}', /line 1, column 13: /],
  ['none of the formats', 'hello\n', /line 1, column 1: .*\(cookies\.txt, storageState, json\)/],
  ['nothing', '', /cookies\.txt, storageState, json/],
])('import of %s changes nothing and says where', async (_what, text, message) => {
  await user.output('cookies', 'set', url, 'kept', '1');
  const { status, stdout, stderr } = await user.run(['cookies', 'import'], { input: text });
  expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  expect(stderr).toMatch(message);
  expect(stderr).toMatch(/^sojourn: [^\n]+\n$/);
  expect(stderr).not.toContain('secret');
  expect(await listed()).toHaveLength(1);
});

test('a name cannot move the cursor of the terminal that it is shown on', async () => {
  await user.output('cookies', 'set', url, 'a\u009b2Jb\u202ec', 'v');
  expect(await user.output('cookies', 'list')).toContain('a\ufffd2Jb\ufffdc');
});

describe('moved to other programs', () => {
  beforeEach(() => user.output('cookies', 'set', `${site.origin}/`, 'sid', 'abc', '--http-only'));

  test("curl -b reads an exported cookies.txt, and curl's own is imported", async context => {
    const reason = missing('curl');
    if (reason) return context.skip(reason);
    await user.output('cookies', 'export', '-o', 'jar.txt');
    const { stdout } = await user.shell(`curl -sS -b jar.txt -c theirs.txt ${site.origin}/`);
    expect(stdout).toBe('sid=abc');
    const { added } = await user.json<{ added: number }>('cookies', 'import', 'theirs.txt', '-p', 'persist:curl');
    expect(added).toBe(1);
    expect(await user.output('cookies', 'get', `${site.origin}/`, 'sid', '-p', 'persist:curl')).toBe('abc\n');
  });

  test("Playwright's request reads an exported storageState, and its own is imported", async () => {
    await user.output('cookies', 'export', '--format', 'storageState', '-o', 'state.json');
    const context = await playwright.newContext({ storageState: user.file('state.json') });
    expect(await (await context.get(`${site.origin}/`)).text()).toBe('sid=abc');
    await context.storageState({ path: user.file('theirs.json') });
    await context.dispose();
    await user.json('cookies', 'import', 'theirs.json', '-p', 'persist:playwright');
    expect(await user.output('fetch', `${site.origin}/`, '-p', 'persist:playwright')).toBe('sid=abc');
  });
});
