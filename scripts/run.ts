import { spawn } from 'node:child_process';
import { delimiter, resolve } from 'node:path';

/** What a captured program printed, and how it ended. */
export interface Outcome {
  readonly status: number;
  /** Standard output and standard error, as they came. */
  readonly output: string;
}

/** Runs a program of `node_modules/.bin`, or of the PATH, in the foreground; resolves with its exit code. */
export async function run(program: string, args: readonly string[]): Promise<number> {
  return (await start(program, args, {}, 'inherit')).status;
}

/** How a program is run. */
export interface RunOptions {
  readonly cwd?: string;
  /** Variables besides those of this process. */
  readonly env?: NodeJS.ProcessEnv;
  /** After this long it is killed. Default: never. */
  readonly timeoutMs?: number;
}

/** Runs a program and keeps what it prints. */
export function capture(program: string, args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
  return start(program, args, options, 'pipe');
}

function start(
  program: string,
  args: readonly string[],
  options: RunOptions,
  stdio: 'inherit' | 'pipe',
): Promise<Outcome> {
  const path = `${resolve('node_modules/.bin')}${delimiter}${process.env['PATH']}`;
  return new Promise((settle, fail) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { ...process.env, ...(process.stdout.isTTY ? {} : { NO_COLOR: '1' }), PATH: path, ...options.env },
      stdio: ['ignore', stdio, stdio],
      timeout: options.timeoutMs,
      killSignal: 'SIGKILL',
    });
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.on('error', fail);
    child.on('close', (status, signal) => {
      if (signal) output += `\nIt was ended by ${signal}, after ${options.timeoutMs ?? 'no'} ms at most\n`;
      settle({ status: status ?? 1, output });
    });
  });
}
