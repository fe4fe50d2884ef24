import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import type { CliContext } from './cli-context.ts';
import { formatBytes } from './format-bytes.ts';
import { formatTime } from './format-time.ts';
import type { Column } from './table.ts';

/** A session on disk. */
interface StoredSession {
  readonly partition: string;
  readonly path: string;
  readonly bytes: number;
  /** Seconds since the epoch. */
  readonly changed: number;
}

const columns: readonly Column<StoredSession>[] = [
  { heading: 'PARTITION', cell: ({ partition }) => shownName(partition) },
  { heading: 'SIZE', cell: ({ bytes }) => formatBytes(bytes) },
  { heading: 'CHANGED (UTC)', cell: ({ changed }) => formatTime(changed) },
  { heading: 'PATH', cell: ({ path }) => path },
];

/** `sojourn sessions`. */
export function addSessionsCommand(program: Command, context: CliContext): void {
  const sessions = program
    .command('sessions')
    .description('list, look at and remove the sessions on disk')
    .addHelpText('after', '\nExamples:\n  $ sojourn sessions list\n  $ sojourn sessions show persist:work');
  sessions
    .command('list')
    .description('the sessions on disk')
    .addHelpText('after', '\nExamples:\n  $ sojourn sessions list\n  $ sojourn sessions list --app my-tool --json')
    .action(() => list(context));
  sessions
    .command('show')
    .description('what a session holds')
    .argument('[partition]', 'default: that of --partition')
    .addHelpText('after', '\nExample:\n  $ sojourn sessions show persist:work')
    .action((partition: string = context.options.partition ?? '') => show(partition, context));
  sessions
    .command('remove')
    .description('remove a session and all of its data')
    .argument('<partition>', '"persist:" is the default session')
    .addHelpText('after', '\nExample:\n  $ sojourn sessions remove persist:work')
    .action((partition: string) => remove(partition, context));
}

async function list(context: CliContext): Promise<void> {
  const partitions = await context.sessions.partitions();
  const stored = await Promise.all(partitions.map(partition => measure(partition, context)));
  if (context.json) return context.printJson(stored);
  if (stored.length === 0) return context.say('there are no sessions on disk');
  context.printTable(columns, stored);
}

async function show(partition: string, context: CliContext): Promise<void> {
  if (!(await isStored(partition, context))) return;
  const session = context.session(partition);
  const { path, bytes, changed } = await measure(partition, context);
  const found = await session.cookies.get({});
  const cacheBytes = await session.getCacheSize();
  const domains = new Set(found.map(cookie => cookie.domain.replace(/^\./, ''))).size;
  const facts = { partition, path, bytes, changed, cookies: found.length, domains, cacheBytes };
  if (context.json) return context.printJson(facts);
  context.printFields({
    partition: shownName(partition),
    path,
    size: formatBytes(bytes),
    changed: `${formatTime(changed)} UTC`,
    cookies: `${found.length} of ${domains} ${domains === 1 ? 'domain' : 'domains'}`,
    cache: formatBytes(cacheBytes),
  });
}

async function remove(partition: string, context: CliContext): Promise<void> {
  if (!(await isStored(partition, context))) return;
  await context.sessions.deletePartition(partition);
  if (context.json) context.printJson({ removed: partition });
  else context.say(`removed "${shownName(partition)}"`);
}

/** Says so when it is not. */
async function isStored(partition: string, context: CliContext): Promise<boolean> {
  const session = context.session(partition);
  const stored = (await context.sessions.partitions()).some(name => context.session(name) === session);
  if (!stored) context.fail(`there is no session "${shownName(partition)}" on disk`);
  return stored;
}

async function measure(partition: string, context: CliContext): Promise<StoredSession> {
  const path = context.session(partition).storagePath!;
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  let [bytes, changedMs] = [0, 0];
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    // Another process may have deleted it meanwhile.
    const found = await stat(join(entry.parentPath, entry.name)).catch(() => undefined);
    bytes += found?.size ?? 0;
    changedMs = Math.max(changedMs, found?.mtimeMs ?? 0);
  }
  return { partition, path, bytes, changed: Math.round(changedMs / 1000) };
}

/** As it can be typed: the empty name is that of the default session. */
function shownName(partition: string): string {
  return partition === '' ? 'persist:' : partition;
}
