import { resolve } from 'node:path';
import type { Command } from 'commander';
import { App } from '../session/app.ts';
import type { Session } from '../session/session.ts';
import { SessionModule } from '../session/session-module.ts';

/** Where a command writes. */
export interface CliStreams {
  readonly stdout: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean };
}

/** Options that every command takes. */
export interface CommonOptions {
  readonly partition: string;
  readonly data?: string;
  readonly app?: string;
  readonly hostRules?: string;
  readonly json?: boolean;
}

/** What a command has at hand. Owned by `runCli`, which closes it. */
export class CliContext {
  readonly streams: CliStreams;
  readonly #app = new App();
  readonly #sessions = new SessionModule(this.#app);
  readonly #open: Session[] = [];
  /** 1 when a command did its work and the answer is no. */
  exitCode = 0;

  constructor(streams: CliStreams) {
    this.streams = streams;
  }

  /** Adds the options that every command takes. */
  static addCommonOptions(command: Command): Command {
    return command
      .option('-p, --partition <name>', 'the session: "persist:NAME" on disk; default: the default session', '')
      .option('--data <dir>', 'where sessions lie; default: $SOJOURN_DATA, else the user data directory')
      .option('--app <name>', 'the sessions of the program of that name')
      .option('--host-rules <rules>', 'as Chromium\'s --host-resolver-rules: "MAP *.test 127.0.0.1"')
      .option('--json', 'one JSON value on standard output, and nothing else')
      .option('--debug', 'show where an error comes from');
  }

  /** The sessions that the options name. */
  sessions(options: CommonOptions): SessionModule {
    if (options.app !== undefined) this.#app.setName(options.app);
    if (options.data !== undefined) this.#app.setPath('userData', resolve(options.data));
    return this.#sessions;
  }

  /** The session that the options name. */
  session(options: CommonOptions): Session {
    const { hostRules } = options;
    const session = this.sessions(options).fromPartition(
      options.partition,
      hostRules === undefined ? {} : { hostRules },
    );
    this.#open.push(session);
    return session;
  }

  /** Prints a line on standard output. */
  print(line: string): void {
    this.streams.stdout.write(`${line}\n`);
  }

  /** Prints a line for people, beside what standard output is for. */
  say(line: string): void {
    this.streams.stderr.write(`${line}\n`);
  }

  printJson(value: unknown): void {
    this.print(JSON.stringify(value, undefined, 2));
  }

  async close(): Promise<void> {
    await Promise.all(this.#open.map(session => session.close()));
  }
}
