import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { cliPath, CliUser, missing } from '../fixtures/cli.ts';
import { startOrigin, type TestOrigin } from '../fixtures/http-server.ts';

const noTmux = missing('tmux', '-V');
const columns = 60;

let user: CliUser;
let site: TestOrigin;
let held: ServerResponse | undefined;

beforeAll(async () => {
  user = new CliUser();
  site = await startOrigin(
    (request, response) => {
      if (request.url === '/binary') return void response.end(Buffer.from([1, 0, 2]));
      response.writeHead(200, { 'content-length': 10_000_000 });
      response.write(Buffer.alloc(1_000_000));
      held = response;
    },
    { host: '127.0.0.1' },
  );
});

beforeEach(context => {
  if (noTmux) context.skip(noTmux);
});

afterAll(async () => {
  user[Symbol.dispose]();
  await site[Symbol.asyncDispose]();
});

/** A terminal in which one line of a shell runs. */
class Terminal implements Disposable {
  readonly #socket = `sojourn-${randomUUID()}`;

  constructor(line: string) {
    const script = `sojourn() { '${process.execPath}' '${cliPath}' "$@"; }; ${line}; echo "status $?"; exec cat`;
    this.#tmux('-f', '/dev/null', 'new-session', '-d', '-x', String(columns), '-y', '20', 'bash', '-c', script);
  }

  screen(): string {
    return this.#tmux('capture-pane', '-p').trimEnd();
  }

  /** Waits until the screen looks like that. */
  async shows(pattern: RegExp): Promise<string> {
    const deadline = performance.now() + 30_000;
    while (performance.now() < deadline) {
      const screen = this.screen();
      if (pattern.test(screen)) return screen;
      await new Promise(setImmediate);
    }
    throw new Error(`The screen does not show ${pattern}:\n${this.screen()}`);
  }

  press(key: string): void {
    this.#tmux('send-keys', key);
  }

  #tmux(...args: string[]): string {
    const env = { ...user.env(), TERM: 'screen', LANG: 'C.UTF-8' };
    return spawnSync('tmux', ['-u', '-L', this.#socket, ...args], { env, cwd: user.home, encoding: 'utf8' }).stdout;
  }

  [Symbol.dispose](): void {
    this.#tmux('kill-server');
  }
}

test('a transfer of more than a second shows its progress, and takes it away', async () => {
  using terminal = new Terminal(`sojourn fetch ${site.origin}/ -o file`);
  // The first second is quiet: a chunk after it is shown.
  let fed = 0;
  const feed = (): void => {
    if (held?.write('x')) fed++;
  };
  const feeding = setInterval(feed, 50);
  const shown = await terminal.shows(/of 10\.0 MB/).finally(() => clearInterval(feeding));
  expect(shown).toMatch(/^1\.0 MB of 10\.0 MB, [\d.]+ [kM]?B\/s, \d+ s left$/m);
  held!.end(Buffer.alloc(9_000_000 - fed));
  const screen = await terminal.shows(/^status/m);
  expect(screen).not.toContain('left');
});

test('Ctrl-C during a transfer gives the prompt back, and leaves no file', async () => {
  const before = site.requests.length;
  using terminal = new Terminal(`trap : INT; sojourn fetch ${site.origin}/ -o cut`);
  while (site.requests.length === before) await new Promise(setImmediate);
  terminal.press('C-c');
  expect(await terminal.shows(/status/)).toMatch(/^\^C\s*status 130$/);
  expect(existsSync(user.file('cut'))).toBe(false);
});

test('binary bytes do not come to a terminal unless they are asked for', async () => {
  using terminal = new Terminal(
    `sojourn fetch ${site.origin}/binary; sojourn fetch ${site.origin}/binary -o - | od -An -tx1`,
  );
  const screen = await terminal.shows(/^status/m);
  expect(screen).toMatch(/^sojourn: The body is binary/);
  expect(screen).toMatch(/^ 01 00 02\nstatus 0$/m);
});

test('a table is cut to the width of the terminal', async () => {
  await user.output('cookies', 'set', 'https://a.test/', `n${'x'.repeat(100)}`, 'v', '--secure', '--http-only');
  using terminal = new Terminal('sojourn cookies list');
  const [heading, row] = (await terminal.shows(/^status 0/m)).split('\n');
  expect(heading).toHaveLength(columns);
  expect(row).toMatch(/^a\.test {2}\/ {5}nx{28}… {2}session {2,}.*…$/);
  expect(row!.length).toBeLessThanOrEqual(columns);
});
