import { type Command, Option } from 'commander';
import type { CookieDetailsInput } from '../session/cookie-arguments.ts';
import { invalidType } from '../util/errors.ts';
import type { CliContext } from './cli-context.ts';
import { readInput } from './read-input.ts';

interface SetOptions {
  readonly domain?: string;
  readonly path?: string;
  readonly secure?: boolean;
  readonly httpOnly?: boolean;
  readonly sameSite?: NonNullable<CookieDetailsInput['sameSite']>;
}

/** A cookie as the command line names it. */
interface NamedCookie {
  readonly url: string;
  readonly name: string;
}

/** `sojourn cookies set` and `remove`. */
export function addCookieEditCommands(cookies: Command, context: CliContext): void {
  cookies
    .command('set')
    .description('set a cookie')
    .argument('<url>', 'the URL that it belongs to')
    .argument('<name>')
    .argument('[value]', 'default: standard input, which other users and the history of the shell do not see')
    .option('--domain <domain>', 'default: only the host of the URL')
    .option('--path <path>', 'default: the directory of the URL')
    .option('--secure', 'send it by https only')
    .option('--http-only', 'hide it from the scripts of pages')
    .addOption(new Option('--same-site <mode>').choices(['unspecified', 'no_restriction', 'lax', 'strict']))
    .option('--expires <time>', 'a date, or seconds since the epoch (default: a session cookie)')
    .addHelpText(
      'after',
      '\nExamples:\n  $ sojourn cookies set https://example.com/ theme dark --expires 2027-01-31 -p persist:work\n  $ sojourn cookies set https://example.com/ sid --secure --http-only < token.txt',
    )
    .action((url: string, name: string, value: string | undefined, options: SetOptions & { expires?: string }) =>
      set({ url, name }, { value, ...options }, context),
    );
  cookies
    .command('remove')
    .description('remove a cookie that would be sent to a URL')
    .argument('<url>')
    .argument('<name>')
    .addHelpText('after', '\nExample:\n  $ sojourn cookies remove https://example.com/ theme -p persist:work')
    .action((url: string, name: string) => remove({ url, name }, context));
}

async function set(
  cookie: NamedCookie,
  { value, expires, ...fields }: SetOptions & { value: string | undefined; expires?: string },
  context: CliContext,
): Promise<void> {
  const details = {
    ...cookie,
    ...fields,
    value: value ?? (await readValue()),
    ...(expires !== undefined && { expirationDate: readTime(expires) }),
  };
  await context.storedSession().cookies.set(details);
  if (context.json) context.printJson({ set: 1 });
}

async function remove({ url, name }: NamedCookie, context: CliContext): Promise<void> {
  const { cookies } = context.readSession();
  const removed = (await cookies.get({ url, name })).length;
  await cookies.remove(url, name);
  if (context.json) context.printJson({ removed });
  if (removed === 0) context.fail(`no cookie "${name}" would be sent there`);
}

async function readValue(): Promise<string> {
  if (process.stdin.isTTY) throw invalidType('The value of the cookie is missing');
  return (await readInput('-')).toString().replace(/\r?\n$/, '');
}

function readTime(text: string): number {
  const seconds = /^\d+(?:\.\d+)?$/.test(text) ? Number(text) : Date.parse(text) / 1000;
  if (Number.isFinite(seconds)) return seconds;
  throw invalidType(`--expires must be a date as 2027-01-31, or seconds since the epoch, got "${text}"`);
}
