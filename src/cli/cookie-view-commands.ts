import type { Command } from 'commander';
import type { Cookie } from '../cookies/cookie.ts';
import type { CookieFilterInput } from '../session/cookie-arguments.ts';
import { type CookieObject, toCookieObject } from '../session/cookie-object.ts';
import { Cookies, type CookiesExplanation } from '../session/cookies.ts';
import type { CliContext } from './cli-context.ts';
import { timeFormatter } from './format-time.ts';
import type { Column } from './table.ts';

interface ListOptions {
  readonly url?: string;
  readonly domain?: string;
  readonly name?: string;
  readonly values?: boolean;
}

interface ExplainOptions {
  readonly initiator?: string;
  readonly topLevelSite?: string;
}

type Explained = CookiesExplanation['cookies'][number];

const explanationColumns: readonly Column<Explained>[] = [
  { heading: 'SENT', cell: ({ sent, reason }) => (sent ? 'yes' : `no: ${reason}`) },
  { heading: 'DOMAIN', cell: ({ cookie }) => cookie.domain },
  { heading: 'PATH', cell: ({ cookie }) => cookie.path },
  { heading: 'NAME', cell: ({ cookie }) => cookie.name },
  { heading: 'FLAGS', cell: ({ cookie }) => flagsOf(cookie) },
];

/** `sojourn cookies list`, `get` and `explain`. */
export function addCookieViewCommands(cookies: Command, context: CliContext): void {
  cookies
    .command('list')
    .description('the cookies of a session')
    .option('--url <url>', 'those that would be sent to this URL')
    .option('--domain <domain>', 'those of this domain and below it')
    .option('--name <name>', 'those of this name')
    .option('--values', 'show the values, too: they are logins')
    .addHelpText(
      'after',
      '\nExamples:\n  $ sojourn cookies list -p persist:work --domain example.com\n  $ sojourn cookies list --url https://example.com/ --json',
    )
    .action((options: ListOptions) => list(options, context));
  cookies
    .command('get')
    .description('the value of a cookie that would be sent to a URL')
    .argument('<url>')
    .argument('<name>')
    .addHelpText('after', '\nExample:\n  $ sojourn cookies get https://example.com/ sid -p persist:work')
    .action((url: string, cookieName: string) => get({ url, name: cookieName }, context));
  cookies
    .command('explain')
    .description('which cookies of a site a request would carry, and why the others would not go with it')
    .argument('<url>')
    .option('--initiator <url>', 'the page on whose behalf (default: the URL itself)')
    .option('--top-level-site <url>', 'the site of the window (default: that of the initiator)')
    .addHelpText(
      'after',
      '\nExamples:\n  $ sojourn cookies explain http://example.com/ -p persist:work\n  $ sojourn cookies explain https://api.example.com/ --initiator https://other.example/',
    )
    .action((url: string, options: ExplainOptions) => explain(url, options, context));
}

function list({ values, ...filter }: ListOptions, context: CliContext): void {
  const found = Cookies.listOf(context.readSession().cookies, filter satisfies CookieFilterInput);
  if (context.json) return context.printJson(found.map(toCookieObject));
  if (found.length === 0) return context.say('there are no such cookies');
  context.printTable(listColumns(values), byDomain(found));
}

function listColumns(withValues = false): Column<Cookie>[] {
  const format = timeFormatter();
  const columns: Column<Cookie>[] = [
    { heading: 'DOMAIN', cell: ({ domain, hostOnly }) => (hostOnly ? domain : `.${domain}`) },
    { heading: 'PATH', cell: ({ path }) => path },
    { heading: 'NAME', cell: ({ name }) => name },
    {
      heading: 'EXPIRES (UTC)',
      cell: ({ expiresAt }) => (expiresAt === undefined ? 'session' : format(expiresAt / 1000)),
    },
    { heading: 'FLAGS', cell: flagsOf },
  ];
  return withValues ? [...columns, { heading: 'VALUE', cell: ({ value }) => value }] : columns;
}

async function get(filter: { readonly url: string; readonly name: string }, context: CliContext): Promise<void> {
  const found = await context.readSession().cookies.get(filter);
  if (context.json) context.printJson(found);
  else for (const cookie of found) context.print(cookie.value);
  if (found.length === 0) context.fail(`no cookie "${filter.name}" would be sent there`);
}

function explain(url: string, options: ExplainOptions, context: CliContext): void {
  const { cookies } = context.readSession().cookies.explain(url, options);
  if (context.json) return context.printJson(cookies);
  if (cookies.length === 0) return context.say('that site has no cookies');
  context.printTable(explanationColumns, cookies);
}

/** Those of one domain together, in the order of the alphabet; among them the order in which they are sent. */
function byDomain(cookies: readonly Cookie[]): Cookie[] {
  const groups = new Map<string, Cookie[]>();
  for (const cookie of cookies) {
    const group = groups.get(cookie.domain);
    if (group) group.push(cookie);
    else groups.set(cookie.domain, [cookie]);
  }
  return [...groups.keys()].toSorted().flatMap(domain => groups.get(domain)!);
}

function flagsOf({ secure, httpOnly, sameSite, partitionKey }: Cookie | CookieObject): string {
  let flags = secure ? 'Secure ' : '';
  if (httpOnly) flags += 'HttpOnly ';
  if (sameSite !== 'unspecified') flags += `SameSite=${sameSite === 'no_restriction' ? 'None' : sameSite} `;
  if (partitionKey !== undefined) flags += `Partitioned=${partitionKey} `;
  return flags.trimEnd();
}
