import type { Command } from 'commander';
import type { CliContext } from './cli-context.ts';
import { addCookieEditCommands } from './cookie-edit-commands.ts';
import { addCookieFileCommands } from './cookie-file-commands.ts';
import { addCookieViewCommands } from './cookie-view-commands.ts';

const examples = `
Examples:
  $ sojourn cookies list -p persist:work
  $ sojourn cookies set https://example.com/ theme dark -p persist:work
  $ sojourn cookies explain https://example.com/account -p persist:work
  $ sojourn cookies export -p persist:work -o cookies.txt`;

/** `sojourn cookies`. */
export function addCookiesCommand(program: Command, context: CliContext): void {
  const cookies = program
    .command('cookies')
    .description('look at, change and move the cookies of a session')
    .addHelpText('after', examples);
  addCookieViewCommands(cookies, context);
  addCookieEditCommands(cookies, context);
  addCookieFileCommands(cookies, context);
}
