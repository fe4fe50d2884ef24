import { Command, CommanderError } from 'commander';
import { SojournError } from '../util/errors.ts';
import { version } from '../util/version.ts';
import { addCacheCommand } from './cache-command.ts';
import { addCertCommand } from './cert-command.ts';
import { CliContext, type CliStreams } from './cli-context.ts';
import { addCookiesCommand } from './cookies-command.ts';
import { addFetchCommand } from './fetch-command.ts';
import { addProxyCommand } from './proxy-command.ts';
import { addSessionsCommand } from './sessions-command.ts';

const examples = `
Examples:
  $ sojourn fetch https://example.com/account --partition persist:work
  $ sojourn cookies list --partition persist:work
  $ sojourn cookies export --partition persist:work > cookies.txt
  $ sojourn sessions list

Exit status: 0 done, 1 failed, 2 wrong usage.`;

/** Runs one command line. Returns the exit status: 0 done, 1 failed, 2 wrong usage. */
export async function runCli(args: readonly string[], streams: CliStreams): Promise<number> {
  const context = new CliContext(streams);
  const program = makeProgram(context);
  try {
    await program.parseAsync([...args], { from: 'user' });
    return context.exitCode;
  } catch (error) {
    // Commander has said what is wrong; help and version are its "errors" too.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    return report(error as Error, { streams, debug: args.includes('--debug') });
  } finally {
    await context.close();
  }
}

function makeProgram(context: CliContext): Command {
  const { stdout, stderr } = context.streams;
  const program = new Command('sojourn')
    .description('One browser identity (cookies, cache, proxies, certificates) for every program')
    .version(version)
    .addHelpText('after', examples)
    .showSuggestionAfterError()
    .exitOverride()
    .configureOutput({
      writeOut: text => stdout.write(text),
      writeErr: text => stderr.write(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'sojourn: ')),
    });
  for (const add of [
    addFetchCommand,
    addCookiesCommand,
    addSessionsCommand,
    addCacheCommand,
    addProxyCommand,
    addCertCommand,
  ]) {
    add(program, context);
  }
  return program;
}

function report(error: Error, { streams, debug }: { streams: CliStreams; debug: boolean }): number {
  const message = debug ? (error.stack ?? error.message) : error.message.split('\n')[0];
  streams.stderr.write(`sojourn: ${message}\n`);
  const isUsage = (error as { code?: unknown }).code === 'ERR_INVALID_OPTION' && !SojournError.is(error);
  return isUsage ? 2 : 1;
}
