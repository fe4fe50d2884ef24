import { type Command, Option } from 'commander';
import { type CookieFormat, cookieFormats } from '../cookies/cookie-file.ts';
import { invalidType } from '../util/errors.ts';
import type { CliContext } from './cli-context.ts';
import { readInput } from './read-input.ts';

interface ExportOptions {
  readonly format?: CookieFormat;
  readonly domain?: string;
  readonly url?: string;
  readonly output?: string;
}

interface ImportOptions {
  readonly format?: CookieFormat;
  readonly mode: 'merge' | 'replace-sites';
  readonly dryRun?: boolean;
}

/** A million cookies have a tenth of it; an endless input ends here. */
const maxImportBytes = 256 * 1024 * 1024;

const exportHelp = `
cookies.txt is for curl, wget and yt-dlp, storageState for Playwright, json for Electron and browser extensions.

Examples:
  $ sojourn cookies export -p persist:work -o cookies.txt && curl -b cookies.txt https://example.com/
  $ sojourn cookies export --format storageState --domain example.com > state.json`;

const importHelp = `
All of the file is taken in, or nothing when a line is bad.

Examples:
  $ sojourn cookies import cookies.txt -p persist:work
  $ ssh other sojourn cookies export --json | sojourn cookies import --mode replace-sites`;

/** `sojourn cookies export` and `import`. */
export function addCookieFileCommands(cookies: Command, context: CliContext): void {
  const format = (description: string): Option => new Option('--format <format>', description).choices(cookieFormats);
  cookies
    .command('export')
    .description('write cookies as text that other programs read; it holds logins')
    .addOption(format('default: cookies.txt; json with --json'))
    .option('--domain <domain>', 'those of this domain and below it')
    .option('--url <url>', 'those that would be sent to this URL')
    .option('-o, --output <file>', 'a file that only you can read (default: standard output)')
    .addHelpText('after', exportHelp)
    .action((options: ExportOptions) => exportCookies(options, context));
  cookies
    .command('import')
    .description('take in cookies from a file')
    .argument('[file]', 'default: standard input')
    .addOption(format('default: what the file looks like'))
    .addOption(
      new Option('--mode <mode>', 'replace-sites: what else these sites have is removed')
        .choices(['merge', 'replace-sites'])
        .default('merge'),
    )
    .option('--dry-run', 'only count')
    .addHelpText('after', importHelp)
    .action((file: string | undefined, options: ImportOptions) => importCookies(file ?? '-', options, context));
}

async function exportCookies({ format, output, ...filter }: ExportOptions, context: CliContext): Promise<void> {
  if (context.json && format === 'cookies.txt') throw invalidType('--json does not go with --format cookies.txt');
  const chosen = format ?? (context.json ? 'json' : 'cookies.txt');
  const text = await context.readSession().cookies.export({ format: chosen, filter });
  if (output === undefined || output === '-') return void context.streams.stdout.write(text);
  const file = await context.openOutput(output, 0o600);
  await file.write(Buffer.from(text));
  await file.commit();
}

async function importCookies(
  file: string,
  { format, mode, dryRun = false }: ImportOptions,
  context: CliContext,
): Promise<void> {
  const text = (await readInput(file, maxImportBytes)).toString();
  const { cookies } = dryRun ? context.readSession() : context.storedSession();
  const result = await cookies.import(text, { ...(format && { format }), mode, dryRun });
  if (context.json) return context.printJson(result);
  const { added, replaced, removed, expired } = result;
  const done = `${added} added, ${replaced} replaced, ${removed} removed, ${expired} expired and left out`;
  context.say(dryRun ? `would be ${done}` : done);
}
