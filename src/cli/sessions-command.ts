import type { Command } from 'commander';
import { CliContext, type CommonOptions } from './cli-context.ts';
import { formatTable } from './table.ts';

/** `sojourn sessions`. */
export function addSessionsCommand(program: Command, context: CliContext): void {
  const sessions = program.command('sessions').description('the sessions on disk');
  CliContext.addCommonOptions(sessions.command('list').description('the partitions on disk'))
    .addHelpText('after', '\nExample:\n  $ sojourn sessions list --app my-tool')
    .action((options: CommonOptions) => list(options, context));
  CliContext.addCommonOptions(sessions.command('show').description('what one session holds'))
    .argument('[partition]', 'default: that of --partition')
    .addHelpText('after', '\nExample:\n  $ sojourn sessions show persist:work')
    .action((partition: string | undefined, options: CommonOptions) =>
      show({ ...options, partition: partition ?? options.partition }, context),
    );
  CliContext.addCommonOptions(sessions.command('remove').description('remove a session and all of its data'))
    .argument('<partition>')
    .addHelpText('after', '\nExample:\n  $ sojourn sessions remove persist:work')
    .action(async (partition: string, options: CommonOptions) => {
      await context.sessions(options).deletePartition(partition);
      if (options.json) context.printJson({ removed: partition });
      else context.say(`Removed "${partition}".`);
    });
}

async function list(options: CommonOptions, context: CliContext): Promise<void> {
  const partitions = await context.sessions(options).partitions();
  if (options.json) return context.printJson(partitions);
  if (partitions.length === 0) return context.say('There is none on disk yet.');
  for (const partition of partitions) context.print(partition === '' ? '(default)' : partition);
}

async function show(options: CommonOptions, context: CliContext): Promise<void> {
  const { partition } = options;
  const onDisk = await context.sessions(options).partitions();
  if (!onDisk.includes(partition === 'persist:' ? '' : partition))
    throw new Error(`There is no session "${partition}" on disk`);
  const session = context.session(options);
  const cookies = await session.cookies.get({});
  const facts = {
    partition,
    path: session.storagePath,
    cookies: cookies.length,
    domains: new Set(cookies.map(cookie => cookie.domain.replace(/^\./, ''))).size,
    cacheBytes: await session.getCacheSize(),
  };
  if (options.json) return context.printJson(facts);
  context.print(
    formatTable(
      ['FIELD', 'VALUE'],
      Object.entries(facts).map(([field, value]) => [field, String(value ?? '-')]),
      { width: undefined },
    ),
  );
}
