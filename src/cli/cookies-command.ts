import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { CookieDetailsInput } from '../session/cookie-arguments.ts';
import type { CookieObject } from '../session/cookie-object.ts';
import { CliContext, type CommonOptions } from './cli-context.ts';
import { formatTable } from './table.ts';

const formats = ['cookies.txt', 'storageState', 'json'] as const;
type Format = (typeof formats)[number];

interface ListOptions extends CommonOptions {
  readonly url?: string;
  readonly domain?: string;
  readonly name?: string;
  readonly values?: boolean;
}

interface SetOptions extends CommonOptions {
  readonly domain?: string;
  readonly path?: string;
  readonly secure?: boolean;
  readonly httpOnly?: boolean;
  readonly sameSite?: NonNullable<CookieDetailsInput['sameSite']>;
  readonly expires?: number;
}

interface FileOptions extends CommonOptions {
  readonly format?: Format;
  readonly mode?: 'merge' | 'replace-sites';
  readonly dryRun?: boolean;
  readonly domain?: string;
}

/** `sojourn cookies`. */
export function addCookiesCommand(program: Command, context: CliContext): void {
  const cookies = program.command('cookies').description('look at and change the cookies of a session');
  addList(cookies, context);
  addGet(cookies, context);
  addSet(cookies, context);
  addRemove(cookies, context);
  addExplain(cookies, context);
  addFiles(cookies, context);
}

function addList(cookies: Command, context: CliContext): void {
  CliContext.addCommonOptions(cookies.command('list').description('the cookies of a session'))
    .option('--url <url>', 'those that would be sent to this URL')
    .option('--domain <domain>', 'those of this domain and below it')
    .option('--name <name>', 'those of this name')
    .option('--values', 'show values in the table; they are logins, so it hides them')
    .addHelpText('after', '\nExample:\n  $ sojourn cookies list --partition persist:work --domain example.com')
    .action(async (options: ListOptions) => {
      const { url, domain, name } = options;
      const found = await context
        .session(options)
        .cookies.get({ ...(url && { url }), ...(domain && { domain }), ...(name && { name }) });
      printCookies(context, found, options);
    });
}

function addGet(cookies: Command, context: CliContext): void {
  CliContext.addCommonOptions(cookies.command('get').description('the value of a cookie that would be sent to a URL'))
    .argument('<url>')
    .argument('<name>')
    .addHelpText('after', '\nExample:\n  $ sojourn cookies get https://example.com/ sid')
    .action(async (url: string, name: string, options: CommonOptions) => {
      const found = await context.session(options).cookies.get({ url, name });
      if (options.json) return context.printJson(found);
      for (const cookie of found) context.print(cookie.value);
      if (found.length > 0) return;
      context.say(`sojourn: no cookie "${name}" would be sent there`);
      context.exitCode = 1;
    });
}

function addSet(cookies: Command, context: CliContext): void {
  CliContext.addCommonOptions(cookies.command('set').description('set a cookie'))
    .argument('<url>', 'the URL that it belongs to')
    .argument('<name>')
    .argument('<value>')
    .option('--domain <domain>', 'default: only the host of the URL')
    .option('--path <path>')
    .option('--secure')
    .option('--http-only')
    .addOption(new Option('--same-site <mode>').choices(['unspecified', 'no_restriction', 'lax', 'strict']))
    .option('--expires <time>', 'a date, or seconds since the epoch; default: a session cookie', parseTime)
    .addHelpText('after', '\nExample:\n  $ sojourn cookies set https://example.com/ theme dark --expires 2027-01-01')
    .action(async (url: string, name: string, value: string, options: SetOptions) => {
      const { domain, path, secure, httpOnly, sameSite, expires } = options;
      const details = { url, name, value, domain, path, secure, httpOnly, sameSite, expirationDate: expires };
      const given = Object.fromEntries(Object.entries(details).filter(([, field]) => field !== undefined));
      await context.session(options).cookies.set(given as unknown as CookieDetailsInput);
      if (options.json) context.printJson({ set: true });
    });
}

function addRemove(cookies: Command, context: CliContext): void {
  CliContext.addCommonOptions(cookies.command('remove').description('remove a cookie that would be sent to a URL'))
    .argument('<url>')
    .argument('<name>')
    .addHelpText('after', '\nExample:\n  $ sojourn cookies remove https://example.com/ theme')
    .action(async (url: string, name: string, options: CommonOptions) => {
      const session = context.session(options);
      const removed = (await session.cookies.get({ url, name })).length;
      await session.cookies.remove(url, name);
      if (options.json) context.printJson({ removed });
      else context.say(removed === 0 ? 'There was none.' : `Removed ${removed}.`);
    });
}

function addExplain(cookies: Command, context: CliContext): void {
  CliContext.addCommonOptions(
    cookies.command('explain').description('which cookies a request to a URL would carry, and why not'),
  )
    .argument('<url>')
    .option('--initiator <url>', 'the page on whose behalf; default: the URL itself')
    .addHelpText('after', '\nExample:\n  $ sojourn cookies explain http://example.com/ --partition persist:work')
    .action((url: string, options: CommonOptions & { readonly initiator?: string }) => {
      const { initiator } = options;
      const { cookies: explained, refused } = context
        .session(options)
        .cookies.explain(url, initiator === undefined ? {} : { initiator });
      if (options.json) return context.printJson({ cookies: explained, refused });
      const rows = explained.map(({ cookie, sent, reason }) => [
        sent ? 'sent' : `not sent: ${reason}`,
        cookie.domain,
        cookie.path,
        cookie.name,
      ]);
      context.print(formatTable(['', 'DOMAIN', 'PATH', 'NAME'], rows, widthOf(context)));
    });
}

function addFiles(cookies: Command, context: CliContext): void {
  const format = (): Option => new Option('--format <format>').choices(formats);
  CliContext.addCommonOptions(
    cookies.command('export').description('write cookies as text on standard output; it holds logins'),
  )
    .addOption(format().default('cookies.txt'))
    .option('--domain <domain>', 'those of this domain and below it')
    .addHelpText(
      'after',
      '\nExample:\n  $ sojourn cookies export > cookies.txt && curl -b cookies.txt https://example.com/',
    )
    .action(async (options: FileOptions) => {
      const filter = options.domain === undefined ? {} : { domain: options.domain };
      context.streams.stdout.write(await context.session(options).cookies.export({ format: options.format!, filter }));
    });
  CliContext.addCommonOptions(
    cookies.command('import').description('take in cookies from a file: all, or none when a line is bad'),
  )
    .argument('[file]', 'default: standard input')
    .addOption(format())
    .addOption(new Option('--mode <mode>').choices(['merge', 'replace-sites']).default('merge'))
    .option('--dry-run', 'only count')
    .addHelpText('after', '\nExample:\n  $ sojourn cookies import cookies.txt --partition persist:work')
    .action(async (file: string | undefined, options: FileOptions) => {
      const input = file === undefined ? await text(process.stdin) : await readFile(file, 'utf8');
      const { format: given, mode, dryRun } = options;
      const result = await context
        .session(options)
        .cookies.import(input, { ...(given && { format: given }), mode: mode!, dryRun: dryRun ?? false });
      if (options.json) return context.printJson(result);
      const { added, replaced, removed, expired } = result;
      context.say(
        `${dryRun ? 'Would be: ' : ''}${added} added, ${replaced} replaced, ${removed} removed, ${expired} expired and left out.`,
      );
    });
}

function printCookies(context: CliContext, found: readonly CookieObject[], options: ListOptions): void {
  if (options.json) return context.printJson(found);
  const headings = ['DOMAIN', 'PATH', 'NAME', 'EXPIRES', 'FLAGS', ...(options.values ? ['VALUE'] : [])];
  const rows = found.map(cookie => [
    cookie.domain,
    cookie.path,
    cookie.name,
    cookie.expirationDate === undefined
      ? 'session'
      : new Date(cookie.expirationDate * 1000).toISOString().slice(0, 16).replace('T', ' '),
    flagsOf(cookie),
    ...(options.values ? [cookie.value] : []),
  ]);
  context.print(formatTable(headings, rows, widthOf(context)));
}

function flagsOf(cookie: CookieObject): string {
  const flags = [
    cookie.secure && 'Secure',
    cookie.httpOnly && 'HttpOnly',
    cookie.sameSite !== 'unspecified' && cookie.sameSite,
  ];
  return flags.filter(Boolean).join(' ');
}

function widthOf({ streams: { stdout } }: CliContext): { width: number | undefined } {
  return { width: stdout.isTTY ? stdout.columns : undefined };
}

function parseTime(input: string): number {
  const seconds = /^\d+(\.\d+)?$/.test(input) ? Number(input) : Date.parse(input) / 1000;
  if (Number.isNaN(seconds))
    throw new InvalidArgumentError('It must be a date as 2027-01-31, or seconds since the epoch.');
  return seconds;
}
