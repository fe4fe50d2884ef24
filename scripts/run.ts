import { spawn } from 'node:child_process';
import { delimiter, resolve } from 'node:path';

/** What a captured program printed, and how it ended. */
export interface Outcome {
  readonly status: number;
  /** Standard output and standard error, as they came. */
  readonly output: string;
}

/** Runs a program of `node_modules/.bin`, or of the PATH, in the foreground; resolves with its exit code. */
export async function run(program: string, args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<number> {
  return (await start(program, args, { env, stdio: 'inherit' })).status;
}

/** Runs a program and keeps what it prints. */
export function capture(program: string, args: readonly string[], cwd: string = process.cwd()): Promise<Outcome> {
  return start(program, args, { cwd, stdio: 'pipe' });
}

interface Start {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly stdio: 'inherit' | 'pipe';
}

function start(program: string, args: readonly string[], { cwd, env, stdio }: Start): Promise<Outcome> {
  const path = `${resolve('node_modules/.bin')}${delimiter}${process.env['PATH']}`;
  return new Promise((settle, fail) => {
    const child = spawn(program, args, {
      cwd: cwd ?? process.cwd(),
      env: { ...process.env, PATH: path, ...env },
      stdio: ['ignore', stdio, stdio],
    });
    let output = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.on('error', fail);
    child.on('close', status => settle({ status: status ?? 1, output }));
  });
}
