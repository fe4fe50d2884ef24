import type { Command } from 'commander';
import type { CliContext } from './cli-context.ts';
import { addCookieEditCommands } from './cookie-edit-commands.ts';
import { addCookieFileCommands } from './cookie-file-commands.ts';
import { addCookieViewCommands } from './cookie-view-commands.ts';

/** `sojourn cookies`. */
export function addCookiesCommand(program: Command, context: CliContext): void {
  const cookies = program.command('cookies').description('look at, change and move the cookies of a session');
  addCookieViewCommands(cookies, context);
  addCookieEditCommands(cookies, context);
  addCookieFileCommands(cookies, context);
}
