import { Command, CommanderError } from 'commander';
import { SojournError } from '../util/errors.ts';
import { version } from '../util/version.ts';
import { addCacheCommand } from './cache-command.ts';
import { addCertCommand } from './cert-command.ts';
import { CliContext, type CliStreams } from './cli-context.ts';
import { addCookiesCommand } from './cookies-command.ts';
import { failureText } from './failure-text.ts';
import { addFetchCommand } from './fetch-command.ts';
import { addProxyCommand } from './proxy-command.ts';
import { addSessionsCommand } from './sessions-command.ts';
import { usageMessage } from './usage-message.ts';

const examples = `
Examples:
  $ sojourn fetch https://example.com/account --partition persist:work
  $ sojourn cookies list --partition persist:work
  $ sojourn cookies export --partition persist:work --output cookies.txt
  $ sojourn sessions list

"sojourn help COMMAND" says more. Exit status: 0 done, 1 failed, 2 wrong usage.`;

/** What a command line is run with. */
export interface CliRun {
  readonly streams: CliStreams;
  /** Ends the command early. */
  readonly signal: AbortSignal;
}

/** Runs one command line. Returns the exit status: 0 done, 1 failed or interrupted, 2 wrong usage. */
export async function runCli(args: readonly string[], { streams, signal }: CliRun): Promise<number> {
  const context = new CliContext(streams, signal);
  try {
    const program = makeProgram(context);
    await Promise.race([program.parseAsync([...args], { from: 'user' }), interruption(signal)]);
  } catch (error) {
    if (signal.aborted) context.exitCode = 1;
    else if (error instanceof CommanderError) context.exitCode = reportUsage(error, args, context);
    else context.exitCode = reportFailure(error as Error, args, context);
  }
  await context.close();
  // Not before it is known whether the output could be written.
  await new Promise(resolve => streams.stdout.write('', resolve));
  return context.exitCode;
}

function makeProgram(context: CliContext): Command {
  const { stdout, stderr } = context.streams;
  const program = new Command('sojourn')
    .description('One browser identity (cookies, cache, proxies, certificates) for every program')
    .version(version, '-V, --version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .helpCommand('help [command]', 'print the help of a command')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: text => stdout.write(text),
      writeErr: text => stderr.write(text),
      // Said by `reportUsage`, on one line.
      outputError: () => {},
    })
    .exitOverride()
    .hook('preAction', (_program, command) => {
      context.options = command.optsWithGlobals();
    })
    .addHelpText('after', examples);
  addCommonOptions(program);
  const adders = [addFetchCommand, addCookiesCommand, addSessionsCommand, addCacheCommand];
  for (const add of [...adders, addProxyCommand, addCertCommand]) add(program, context);
  return program;
}

function addCommonOptions(program: Command): void {
  program
    .option('-p, --partition <name>', 'the session; "persist:NAME" is kept on disk (default: the default session)')
    .option('--data <dir>', 'the directory of sessions (default: $SOJOURN_DATA, or that of the user)')
    .option('--app <name>', 'the sessions of the program of that name')
    .option('--host-rules <rules>', 'where names lead, as "MAP *.test 127.0.0.1"')
    .option('--json', 'print one JSON value and nothing else')
    .option('--debug', 'show where an error comes from');
}

function reportUsage(error: CommanderError, args: readonly string[], context: CliContext): number {
  if (error.exitCode === 0) return 0;
  // It has printed the help of a command that needs another word.
  if (error.code === 'commander.help') return 2;
  context.say(usageMessage(error, args));
  return 2;
}

function reportFailure(error: Error, args: readonly string[], context: CliContext): number {
  if (args.includes('--debug')) context.streams.stderr.write(`sojourn: ${error.stack ?? error.message}\n`);
  else context.say(failureText(error));
  return (error as { code?: unknown }).code === 'ERR_INVALID_OPTION' && !SojournError.is(error) ? 2 : 1;
}

function interruption(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const end = (): void => reject(signal.reason as Error);
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}
