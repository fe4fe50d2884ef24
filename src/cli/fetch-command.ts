import { createWriteStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { type Command, InvalidArgumentError } from 'commander';
import type { NetworkPreset } from '../conditions/network-conditions.ts';
import type { FetchInit } from '../network/fetch-request.ts';
import { CliContext, type CommonOptions } from './cli-context.ts';
import { Progress } from './progress.ts';

interface FetchOptions extends CommonOptions {
  readonly request?: string;
  readonly header: readonly string[];
  readonly body: readonly string[];
  readonly include?: boolean;
  readonly head?: boolean;
  readonly verbose?: boolean;
  readonly output?: string;
  readonly fail?: boolean;
  readonly location: boolean;
  readonly userAgent?: string;
  readonly user?: string;
  readonly maxTime?: number;
  readonly insecure?: boolean;
  readonly proxy?: string;
  readonly conditions?: string;
}

const help = `
A login that is given once is kept: later commands with the same --partition are logged in.

Examples:
  $ sojourn fetch https://example.com/login -d user=ada -d password=secret --partition persist:work
  $ sojourn fetch https://example.com/account --partition persist:work
  $ sojourn fetch https://example.com/report.pdf -o report.pdf
  $ sojourn fetch https://example.com/api -H 'content-type: application/json' -d '{"a":1}' --json`;

/** `sojourn fetch`, with the flags that people type for curl. */
export function addFetchCommand(program: Command, context: CliContext): void {
  CliContext.addCommonOptions(program.command('fetch').description('fetch a URL as a session; redirects are followed'))
    .argument('<url>')
    .option('-X, --request <method>', 'default: GET, or POST with -d')
    .option('-H, --header <line>', '"Name: value"; may be repeated', collect, [])
    .option(
      '-d, --body <text>',
      'what to send; @FILE sends a file, @- standard input; may be repeated, joined by "&"',
      collect,
      [],
    )
    .option('-i, --include', 'print the head of the response, too')
    .option('-I, --head', 'only the head, by HEAD')
    .option('-v, --verbose', 'tell what is sent and what comes, on standard error')
    .option('-o, --output <file>', 'write the body to a file')
    .option('-f, --fail', 'exit with 1 when the status is 400 or more')
    .option('--no-location', 'do not follow redirects')
    .option('-A, --user-agent <text>')
    .option('-u, --user <user:password>', 'credentials for a server that asks for them')
    .option('-m, --max-time <seconds>', 'give up after that time', positive)
    .option('-k, --insecure', 'accept any certificate')
    .option('-x, --proxy <rules>', 'for this request, as "socks5://user:password@host:1080"')
    .option('--conditions <preset>', 'emulate a network: GPRS, Slow 3G, Fast 3G, Slow 4G, DSL, offline')
    .addHelpText('after', help)
    .action((url: string, options: FetchOptions) => fetchUrl(url, options, context));
}

async function fetchUrl(url: string, options: FetchOptions, context: CliContext): Promise<void> {
  const session = context.session(options);
  if (options.userAgent !== undefined) session.setUserAgent(options.userAgent);
  if (options.insecure) session.setCertificateVerifyProc((_request, callback) => callback(0));
  if (options.conditions !== undefined)
    session.enableNetworkEmulation(
      options.conditions === 'offline' ? { offline: true } : (options.conditions as NetworkPreset),
    );
  if (options.user !== undefined) answerLogins(session, options.user);
  const init = await readInit(options);
  if (options.verbose) context.say(`> ${init.method} ${url}`);
  const response = await session.fetch(url, init);
  if (options.verbose) for (const line of headLines(response)) context.say(`< ${line}`);
  if (options.fail && response.status >= 400) {
    context.say(`sojourn: the server answered with status ${response.status}`);
    context.exitCode = 1;
  }
  await printResponse(response, options, context);
}

async function readInit(options: FetchOptions): Promise<FetchInit & { method: string }> {
  const body = options.body.length === 0 ? undefined : Buffer.concat(await readParts(options.body));
  const headers = options.header.map(readHeader);
  const hasType = headers.some(([name]) => name.toLowerCase() === 'content-type');
  if (body && !hasType) headers.push(['Content-Type', 'application/x-www-form-urlencoded']);
  return {
    method: options.request ?? (options.head ? 'HEAD' : body ? 'POST' : 'GET'),
    headers,
    redirect: options.location ? 'follow' : 'manual',
    ...(body && { body }),
    ...(options.proxy !== undefined && { proxy: options.proxy }),
    ...(options.maxTime !== undefined && { signal: AbortSignal.timeout(options.maxTime * 1000) }),
  };
}

async function printResponse(response: Response, options: FetchOptions, context: CliContext): Promise<void> {
  const { stdout, stderr } = context.streams;
  const head = headLines(response);
  if (options.json) {
    const body = await response.text();
    const { url, status, redirected } = response;
    return context.printJson({ url, status, redirected, headers: [...response.headers], body });
  }
  if (options.include || options.head) stdout.write(`${[...head, '', ''].join('\r\n')}`);
  const length = Number(response.headers.get('content-length') ?? Number.NaN);
  const progress = new Progress(
    stderr,
    Number.isNaN(length) || response.headers.has('content-encoding') ? undefined : length,
  );
  const target = options.output === undefined ? unclosed(stdout) : createWriteStream(options.output);
  const watched = new TransformStream<Uint8Array, Uint8Array>({
    transform(chunk, controller) {
      progress.add(chunk.byteLength);
      controller.enqueue(chunk);
    },
  });
  await response.body?.pipeThrough(watched).pipeTo(Writable.toWeb(target));
  progress.end();
}

/** Standard output outlives the command. */
function unclosed(stdout: NodeJS.WritableStream): Writable {
  return new Writable({ write: (chunk, _encoding, done) => void stdout.write(chunk, done) });
}

function headLines(response: Response): string[] {
  return [
    `HTTP ${response.status} ${response.statusText}`.trim(),
    ...[...response.headers].map(([name, value]) => `${name}: ${value}`),
  ];
}

function answerLogins(session: ReturnType<CliContext['session']>, user: string): void {
  const [, name, password] = /^([^:]*):?(.*)$/s.exec(user)!;
  session.on('login', (event, _details, authInfo, callback) => {
    if (authInfo.isProxy) return;
    event.preventDefault();
    callback(name, password);
  });
}

function readParts(parts: readonly string[]): Promise<Buffer[]> {
  return Promise.all(
    parts.map(async (part, index) => {
      const bytes = !part.startsWith('@')
        ? Buffer.from(part)
        : part === '@-'
          ? await buffer(process.stdin)
          : await readFile(part.slice(1));
      return index === 0 ? bytes : Buffer.concat([Buffer.from('&'), bytes]);
    }),
  );
}

function readHeader(line: string): [string, string] {
  const colon = line.indexOf(':');
  if (colon < 1) throw new InvalidArgumentError(`Header "${line.slice(0, 40)}" must be "Name: value".`);
  return [line.slice(0, colon), line.slice(colon + 1)];
}

function collect(value: string, previous: readonly string[]): readonly string[] {
  return [...previous, value];
}

function positive(value: string): number {
  const number = Number(value);
  if (!(number > 0)) throw new InvalidArgumentError('It must be a number above 0.');
  return number;
}
