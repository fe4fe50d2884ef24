import type { Command } from 'commander';
import { CliContext, type CommonOptions } from './cli-context.ts';
import { formatBytes } from './progress.ts';
import { formatTable } from './table.ts';

/** `sojourn cache`. */
export function addCacheCommand(program: Command, context: CliContext): void {
  const cache = program.command('cache').description('look at and clear the HTTP cache of a session');
  CliContext.addCommonOptions(cache.command('list').description('what is stored'))
    .addHelpText('after', '\nExample:\n  $ sojourn cache list --partition persist:work')
    .action((options: CommonOptions) => list(options, context));
  CliContext.addCommonOptions(cache.command('show').description('what is stored for a URL: heads and ages'))
    .argument('<url>')
    .addHelpText('after', '\nExample:\n  $ sojourn cache show https://example.com/logo.svg')
    .action((url: string, options: CommonOptions) => show(url, options, context));
  CliContext.addCommonOptions(cache.command('clear').description('delete everything that is stored'))
    .addHelpText('after', '\nExample:\n  $ sojourn cache clear --partition persist:work')
    .action(async (options: CommonOptions) => {
      await context.session(options).clearCache();
      if (options.json) context.printJson({ cleared: true });
    });
  CliContext.addCommonOptions(cache.command('stats').description('how often it answered'))
    .addHelpText('after', '\nExample:\n  $ sojourn cache stats --json')
    .action((options: CommonOptions) => stats(options, context));
}

function list(options: CommonOptions, context: CliContext): void {
  const entries = [...context.session(options).cacheEntries()];
  if (options.json) return context.printJson(entries);
  const rows = entries.map(({ url, status, size, age, lifetime }) => [
    String(status),
    formatBytes(size),
    freshness(age, lifetime),
    url,
  ]);
  const { stdout } = context.streams;
  context.print(
    formatTable(['STATUS', 'SIZE', 'FRESH', 'URL'], rows, { width: stdout.isTTY ? stdout.columns : undefined }),
  );
}

function show(url: string, options: CommonOptions, context: CliContext): void {
  const entries = [...context.session(options).cacheEntries()].filter(entry => entry.url === url);
  if (entries.length === 0) throw new Error('Nothing is stored for that URL');
  if (options.json) return context.printJson(entries);
  for (const { status, headers, partition, age, lifetime } of entries) {
    context.print(`${status}, kept for ${partition}, ${freshness(age, lifetime)}`);
    for (let at = 0; at < headers.length; at += 2) context.print(`  ${headers[at]}: ${headers[at + 1]}`);
  }
}

function stats(options: CommonOptions, context: CliContext): void {
  const counts = context.session(options).cacheStats();
  const total = counts.hits + counts.revalidated + counts.misses;
  const facts = {
    ...counts,
    hitRatio: total === 0 ? 0 : Math.round(((counts.hits + counts.revalidated) / total) * 1000) / 1000,
  };
  if (options.json) return context.printJson(facts);
  context.print(
    formatTable(
      ['FIELD', 'VALUE'],
      Object.entries(facts).map(([field, value]) => [field, String(value)]),
      { width: undefined },
    ),
  );
}

function freshness(age: number, lifetime: number): string {
  const left = Math.round((lifetime - age) / 1000);
  return left > 0 ? `for ${left} s` : `stale for ${-left} s`;
}
