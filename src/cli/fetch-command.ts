import { type Command, Option } from 'commander';
import { networkPresets } from '../conditions/network-conditions.ts';
import type { FetchResponse } from '../network/fetch-response.ts';
import type { Session } from '../session/session.ts';
import { systemClock } from '../util/clock.ts';
import { NetError } from '../util/errors.ts';
import type { CliContext } from './cli-context.ts';
import type { DataPart } from './fetch-body.ts';
import { type FetchCall, readFetchCall } from './fetch-call.ts';
import type { FetchOptions } from './fetch-options.ts';
import { outputFileOf, printResponse } from './fetch-output.ts';
import { prepareSession } from './fetch-session.ts';
import { logTraffic } from './traffic-log.ts';

const help = `
Flags mean what they mean for curl, but for --data and --json (see above) and -L, which is always on. The cookies of
the session are sent, and those of the response are kept: later commands with the same --partition are logged in.

Examples:
  $ sojourn fetch https://example.com/login -d user=ada -d password=secret -p persist:work
  $ sojourn fetch https://example.com/account -p persist:work
  $ sojourn fetch https://example.com/report.pdf -o report.pdf
  $ sojourn fetch https://example.com/api -H 'Content-Type: application/json' -d '{"a":1}' --json
  $ sojourn fetch https://example.com/upload -F photo=@cat.jpg -F title=Cat
  $ sojourn fetch https://example.com/ -I -x socks5://127.0.0.1:1080 --conditions 'Slow 3G'`;

/** `sojourn fetch`, with the flags that people type for curl. */
export function addFetchCommand(program: Command, context: CliContext): void {
  const data: DataPart[] = [];
  const command = program
    .command('fetch')
    .description('fetch a URL as a session, following redirects')
    .argument('<url>', 'without a scheme it is http');
  addRequestOptions(command.optionsGroup('What is sent:'), data);
  addOutputOptions(command.optionsGroup('What is printed:'));
  addNetworkOptions(command.optionsGroup('By which way:'));
  command.addHelpText('after', help).action((url: string, options: Omit<FetchOptions, 'data'>) => {
    return fetchUrl(url, { ...options, data }, context);
  });
}

/** @param data - Takes what the options for a body say, in their order. */
function addRequestOptions(command: Command, data: DataPart[]): void {
  const addData = (flags: string, kind: DataPart['kind'], description: string): void => {
    command.option(flags, description, text => void data.push({ kind, text }));
  };
  command
    .option('-X, --request <method>', 'default: GET, or POST with a body')
    .option('-H, --header <line>', '"Name: value"; may be repeated', append);
  addData('-d, --body <text>', 'data', 'a body; @FILE: that of a file, @-: standard input; several are joined by "&"');
  addData('--data-binary <text>', 'data', 'the same');
  addData('--data-raw <text>', 'raw', 'the same, but "@" means nothing');
  addData('--data-urlencode <text>', 'urlencode', 'the same, percent-encoded: TEXT, NAME=TEXT or NAME@FILE');
  command
    .option('-G, --get', 'put it into the query of the URL')
    .option('-F, --form <field>', 'a field of a form: NAME=TEXT, NAME=@FILE or NAME=<FILE; may be repeated', append)
    .option('-T, --upload-file <file>', 'put a file there')
    .option('-A, --user-agent <text>')
    .option('-e, --referer <url>')
    .option('-b, --cookie <cookies>', '"a=1; b=2", in the place of those of the session')
    .option('-u, --user <user:password>', 'credentials: Basic, or Digest where that is asked for')
    .option('-I, --head', 'ask for the head only');
}

function addOutputOptions(command: Command): void {
  command
    .option('-i, --include', 'print the head of the response, too')
    .option('-v, --verbose', 'tell on standard error what is sent and what comes, without its secrets')
    .option('-o, --output <file>', 'write the body to a file, which is there once it is complete; "-": standard output')
    .option('-O, --remote-name', 'the same, by the name that the URL has')
    .option('-f, --fail', 'print nothing and exit with 1 when the status is 400 or more')
    .option('-s, --silent', 'show no progress')
    // What these ask for is done anyway.
    .addOption(new Option('-S, --show-error').hideHelp())
    .addOption(new Option('-N, --no-buffer').hideHelp())
    .addOption(new Option('--compressed').hideHelp());
}

function addNetworkOptions(command: Command): void {
  command
    .addOption(new Option('-L, --location').hideHelp())
    .option('--no-location', 'do not follow redirects')
    .option('-m, --max-time <seconds>', 'give up after that time')
    .option('-k, --insecure', 'accept any certificate')
    .option('--cacert <file>', 'roots to trust besides those of the system, in PEM')
    .option('-E, --cert <file[:passphrase]>', 'a client certificate for the host of the URL, in PEM or PKCS#12')
    .option('--key <file>', 'its key, when it is in a file of its own')
    .option('-x, --proxy <rules>', 'as "socks5://user:password@host:1080"; "system": that of HTTPS_PROXY and the like')
    .option('--conditions <preset>', `emulate a network: ${Object.keys(networkPresets).join(', ')} or offline`);
}

function append(text: string, previous: readonly string[] = []): readonly string[] {
  return [...previous, text];
}

async function fetchUrl(input: string, options: FetchOptions, context: CliContext): Promise<void> {
  const call = await readFetchCall(input, options);
  const file = outputFileOf(call.url, options);
  const session = context.session();
  await prepareSession(session, { ...options, host: call.url.hostname });
  const { signal, cancel } = startDeadline(context.signal, call.maxTimeMs);
  const stopLog = options.verbose ? logVerbosely(session, context) : undefined;
  try {
    const response = await sendWithCredentials(session, call, signal);
    if (options.verbose && response.cacheStatus === 'hit') context.note('* answered from the cache');
    await printResponse(response, { options, file, signal }, context);
  } finally {
    stopLog?.();
    cancel();
  }
}

/** As curl does it: Basic at once; then Digest, when the server asks for that. */
async function sendWithCredentials(session: Session, call: FetchCall, signal: AbortSignal): Promise<FetchResponse> {
  const { url, init, user } = call;
  const send = (headers: [string, string][]): Promise<FetchResponse> =>
    session.fetch(url, { ...init, headers, signal });
  if (user === undefined) return send(call.headers);
  const basic = `Basic ${Buffer.from(user).toString('base64')}`;
  const response = await send([...call.headers, ['Authorization', basic]]);
  const asked = response.headers.get('www-authenticate') ?? '';
  if (response.status !== 401 || !/\bdigest\b/i.test(asked)) return response;
  await response.body?.cancel();
  const [, name, password] = /^([^:]*):?(.*)$/s.exec(user)!;
  session.on('login', (event, _details, { isProxy }, callback) => {
    if (isProxy) return;
    event.preventDefault();
    callback(name, password);
  });
  return send(call.headers);
}

function logVerbosely(session: Session, context: CliContext): () => void {
  session.cookies.on('refused', (_event, { host, name, reason }) => {
    context.note(`* refused cookie "${name}" of ${host}: ${reason}`);
  });
  return logTraffic(line => context.note(line));
}

/** A signal that also aborts when the time is over. */
function startDeadline(signal: AbortSignal, ms: number | undefined): { signal: AbortSignal; cancel: () => void } {
  if (ms === undefined) return { signal, cancel: () => {} };
  const deadline = new AbortController();
  const tooLate = (): void => deadline.abort(new NetError('ERR_TIMED_OUT', `Not done within ${ms / 1000} s`));
  const timer = systemClock.setTimeout(tooLate, ms);
  return { signal: AbortSignal.any([signal, deadline.signal]), cancel: () => timer.cancel() };
}
