import type { Command } from 'commander';
import type { CacheListing } from '../cache/http-cache.ts';
import type { CliContext } from './cli-context.ts';
import { formatBytes } from './format-bytes.ts';
import { maskedHeader } from './masked-header.ts';
import { printable } from './printable.ts';
import type { Column } from './table.ts';

const columns: readonly Column<CacheListing>[] = [
  { heading: 'STATUS', cell: ({ status }) => String(status) },
  { heading: 'SIZE', cell: ({ size }) => formatBytes(size) },
  { heading: 'FRESH', cell: freshness },
  { heading: 'URL', cell: ({ url }) => url },
];

/** `sojourn cache`. */
export function addCacheCommand(program: Command, context: CliContext): void {
  const cache = program
    .command('cache')
    .description('look at and clear the HTTP cache of a session')
    .addHelpText(
      'after',
      '\nExamples:\n  $ sojourn cache list -p persist:work\n  $ sojourn cache stats -p persist:work',
    );
  cache
    .command('list')
    .description('what is stored')
    .addHelpText('after', '\nExamples:\n  $ sojourn cache list -p persist:work\n  $ sojourn cache list --json')
    .action(() => list(context));
  cache
    .command('show')
    .description('what is stored for a URL: heads and ages')
    .argument('<url>')
    .addHelpText('after', '\nExample:\n  $ sojourn cache show https://example.com/logo.svg -p persist:work')
    .action((url: string) => show(url, context));
  cache
    .command('clear')
    .description('delete everything that is stored')
    .addHelpText('after', '\nExample:\n  $ sojourn cache clear -p persist:work')
    .action(() => clear(context));
  cache
    .command('stats')
    .description('how much it holds, and how often it answered')
    .addHelpText('after', '\nExamples:\n  $ sojourn cache stats -p persist:work\n  $ sojourn cache stats --json')
    .action(() => stats(context));
}

function list(context: CliContext): void {
  const entries = [...context.readSession().cacheEntries()];
  if (context.json) return context.printJson(entries);
  if (entries.length === 0) return context.say('nothing is stored');
  context.printTable(columns, entries);
}

function show(input: string, context: CliContext): void {
  // As it is stored: in its canonical form, without a fragment.
  const url = input.replace(/#.*/s, '');
  const wanted = URL.parse(url)?.href ?? url;
  const entries = [...context.readSession().cacheEntries()].filter(entry => entry.url === wanted);
  if (context.json) context.printJson(entries);
  if (entries.length === 0) return context.fail('nothing is stored for that URL');
  if (context.json) return;
  for (const entry of entries) {
    context.print(`${entry.status}, ${formatBytes(entry.size)}, ${freshness(entry)}, for pages of ${entry.partition}`);
    for (let at = 0; at + 1 < entry.headers.length; at += 2)
      context.print(printable(`  ${maskedHeader(entry.headers[at]!, entry.headers[at + 1]!)}`));
  }
}

async function clear(context: CliContext): Promise<void> {
  const session = context.readSession();
  const bytes = await session.getCacheSize();
  await session.clearCache();
  if (context.json) context.printJson({ clearedBytes: bytes });
  else context.say(`cleared ${formatBytes(bytes)}`);
}

async function stats(context: CliContext): Promise<void> {
  const session = context.readSession();
  const { hits, revalidated, misses } = session.cacheStats();
  const answers = hits + revalidated + misses;
  const hitRatio = answers === 0 ? 0 : (hits + revalidated) / answers;
  let entries = 0;
  for (const _ of session.cacheEntries()) entries++;
  const bytes = await session.getCacheSize();
  if (context.json) return context.printJson({ entries, bytes, hits, revalidated, misses, hitRatio });
  const percent = answers === 0 ? '-' : `${(hitRatio * 100).toFixed(1)} %`;
  context.printFields({ entries, size: formatBytes(bytes), hits, revalidated, misses, 'hit ratio': percent });
}

function freshness({ age, lifetime }: CacheListing): string {
  const left = lifetime - age;
  return left > 0 ? `for ${duration(left)}` : `stale for ${duration(-left)}`;
}

function duration(ms: number): string {
  const seconds = Math.round(ms / 1000);
  if (seconds < 120) return `${seconds} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} d`;
}
