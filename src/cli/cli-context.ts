import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { App } from '../session/app.ts';
import type { Session } from '../session/session.ts';
import { SessionModule } from '../session/session-module.ts';
import { invalidType } from '../util/errors.ts';
import { failureText } from './failure-text.ts';
import { OutputFile } from './output-file.ts';
import { printable } from './printable.ts';
import { type Column, tableText } from './table.ts';

/** Where a command writes. */
export interface CliStreams {
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/** Options that every command takes, before or after its name. */
export interface CommonOptions {
  readonly partition?: string;
  readonly data?: string;
  readonly app?: string;
  readonly hostRules?: string;
  readonly json?: boolean;
  readonly debug?: boolean;
}

/** What a command has at hand. Owned by `runCli`, which closes it. */
export class CliContext {
  readonly streams: CliStreams;
  /** Aborts when nobody wants the result any longer: Ctrl-C, or a reader of the output that went away. */
  readonly signal: AbortSignal;
  /** Set before a command runs. */
  options: CommonOptions = {};
  /** 1 when a command did its work and the answer is no. */
  exitCode = 0;
  readonly #app = new App();
  readonly #sessions = new SessionModule(this.#app);
  readonly #open = new Set<Session>();
  /** The partition that was to be looked at and is not there: worth a line when nothing worse is to be said. */
  #absent: string | undefined;
  readonly #said = new Set<string>();
  readonly #outputs: OutputFile[] = [];

  constructor(streams: CliStreams, signal: AbortSignal) {
    this.streams = streams;
    this.signal = signal;
  }

  /** Whether one JSON value, and nothing else, is wanted on standard output. */
  get json(): boolean {
    return this.options.json ?? false;
  }

  /** The sessions of the data directory that the options name. */
  get sessions(): SessionModule {
    const { app, data } = this.options;
    if (app !== undefined) this.#app.setName(app);
    if (data !== undefined) this.#app.setPath('userData', readDataDirectory(data));
    return this.#sessions;
  }

  /** A session, by default the one that the options name; a store that fails is worth a warning. */
  session(partition: string = this.options.partition ?? ''): Session {
    return this.#openSession(partition, problem => this.warn(problem));
  }

  /** The session of the options for a command that changes it, and is of no use when that is not kept. */
  storedSession(): Session {
    const { partition = '' } = this.options;
    const session = this.#openSession(partition, problem => this.fail(problem));
    if (!session.isPersistent())
      this.warn(`partition "${partition}" lives in memory and ends with this command; "persist:${partition}" is kept`);
    return session;
  }

  /** The session of the options for a command that only looks: nothing is made on disk. */
  readSession(): Session {
    const session = this.storedSession();
    if (!session.isPersistent() || existsSync(session.storagePath!)) return session;
    this.#absent = this.options.partition ?? 'persist:';
    return this.session('nothing on disk');
  }

  /** The session of the options for a command that needs no more of it than its network. */
  networkSession(): Session {
    const session = this.session();
    const isThere = !session.isPersistent() || existsSync(session.storagePath!);
    return isThere ? session : this.session('nothing on disk');
  }

  #openSession(partition: string, onProblem: (problem: string) => void): Session {
    const { hostRules } = this.options;
    const session = this.sessions.fromPartition(partition, hostRules === undefined ? {} : { hostRules });
    if (!this.#open.has(session)) session.on('store-error', (_event, error) => onProblem(failureText(error)));
    this.#open.add(session);
    return session;
  }

  /** Prints a line on standard output. */
  print(line: string): void {
    this.streams.stdout.write(`${line}\n`);
  }

  /** Prints a value: a list with one element a line, for `grep`; an object indented. */
  printJson(value: unknown): void {
    if (!Array.isArray(value)) return this.print(JSON.stringify(value, undefined, 2));
    const { stdout } = this.streams;
    for (let at = 0; at < value.length; at += chunkRows) {
      const lines = value.slice(at, at + chunkRows).map(element => JSON.stringify(element));
      stdout.write(`${at === 0 ? '[\n' : ',\n'}${lines.join(',\n')}`);
    }
    stdout.write(value.length === 0 ? '[]\n' : '\n]\n');
  }

  /** Prints a table on standard output. */
  printTable<T>(columns: readonly Column<T>[], rows: readonly T[]): void {
    const { stdout } = this.streams;
    for (const text of tableText(columns, rows, stdout.isTTY ? stdout.columns : undefined)) stdout.write(text);
  }

  /** Prints names and values, one a line, on standard output. */
  printFields(fields: Readonly<Record<string, unknown>>): void {
    const shown = Object.entries(fields).filter(([, value]) => value !== undefined);
    const width = Math.max(0, ...shown.map(([name]) => name.length));
    for (const [name, value] of shown) this.print(`${name.padEnd(width)}  ${printable(String(value))}`);
  }

  /** Prints a line on standard error. */
  note(line: string): void {
    this.streams.stderr.write(`${printable(line)}\n`);
  }

  /** Tells people something on standard error; the same once. */
  say(line: string): void {
    if (this.#said.has(line)) return;
    this.#said.add(line);
    this.note(`sojourn: ${line}`);
  }

  warn(line: string): void {
    this.say(`warning: ${line}`);
  }

  /** Says why the answer is no. */
  fail(line: string): void {
    this.say(line);
    this.exitCode = 1;
  }

  /** Opens a file to write; when the command ends before it is complete, nothing stays of it. */
  async openOutput(file: string, mode?: number): Promise<OutputFile> {
    const output = await OutputFile.open(file, mode);
    this.#outputs.push(output);
    return output;
  }

  /** Closes what was opened; requests under way are cut, files that are not complete are removed. */
  async close(): Promise<void> {
    if (this.#absent !== undefined && this.exitCode !== 2) this.say(`there is no session "${this.#absent}" on disk`);
    const closed = await Promise.allSettled([...this.#open].map(session => session.destroy()));
    await Promise.all(this.#outputs.map(output => output.discard()));
    for (const result of closed) if (result.status === 'rejected') this.fail(failureText(result.reason as Error));
  }
}

/** What is printed at once of a long list. */
const chunkRows = 1000;

function readDataDirectory(input: string): string {
  if (input === '') throw invalidType('--data needs a directory');
  const found = statSync(input, { throwIfNoEntry: false });
  if (found && !found.isDirectory()) throw invalidType(`--data: "${input}" is not a directory`);
  // The text may be a login: it is not repeated.
  if (!found && /^[{[@]|=/.test(input))
    throw invalidType('--data is the directory of sessions; what is sent with a request is given with -d or --body');
  return resolve(input);
}
