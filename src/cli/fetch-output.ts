import { once } from 'node:events';
import type { FetchResponse } from '../network/fetch-response.ts';
import { systemClock } from '../util/clock.ts';
import { invalidType } from '../util/errors.ts';
import type { CliContext } from './cli-context.ts';
import type { FetchOptions } from './fetch-options.ts';
import { Progress } from './progress.ts';

interface Output {
  readonly options: FetchOptions;
  /** The file to write; undefined for standard output. */
  readonly file: string | undefined;
  readonly signal: AbortSignal;
}

/** Where the body goes. */
interface Sink {
  write(chunk: Uint8Array): Promise<void> | void;
}

/**
 * The file that the body of a response is to be written to; undefined for standard output.
 *
 * @throws {TypeError} If the URL has no name to use.
 */
export function outputFileOf(url: URL, { output, remoteName }: FetchOptions): string | undefined {
  if (output !== undefined) return output === '-' ? undefined : output;
  if (!remoteName) return undefined;
  const name = url.pathname.slice(url.pathname.lastIndexOf('/') + 1);
  if (name === '') throw invalidType('-O: the URL ends with a slash and has no name for a file; use -o FILE');
  return name;
}

/** Prints a response as the options want it; what is written to a file is there when it is complete. */
export async function printResponse(response: FetchResponse, output: Output, context: CliContext): Promise<void> {
  const { options, file } = output;
  if (options.fail && response.status >= 400) {
    await response.body?.cancel();
    return context.fail(`the server answered with status ${response.status}`);
  }
  if (file !== undefined) return printToFile(response, file, { output, context });
  if (context.json) return context.printJson({ ...describe(response), ...(await readBody(response)) });
  await copy(response, standardOutput(output, context), { output, context });
}

interface Copying {
  readonly output: Output;
  readonly context: CliContext;
}

async function printToFile(response: FetchResponse, name: string, how: Copying): Promise<void> {
  const file = await how.context.openOutput(name);
  await copy(response, file, how);
  await file.commit();
  if (how.context.json) how.context.printJson({ ...describe(response), file: name, bytes: file.bytes });
}

/** The head, if it is wanted, and the body, piece by piece. */
async function copy(response: Response, sink: Sink, { output, context }: Copying): Promise<void> {
  const { options, file } = output;
  const { stdout, stderr } = context.streams;
  if (options.include || options.head) await sink.write(Buffer.from(headText(response), 'latin1'));
  // A line about the transfer would run into a body that goes to the same terminal.
  const isShown = !options.silent && (file !== undefined || !stdout.isTTY);
  const progress = isShown ? new Progress({ stderr, total: lengthOf(response), clock: systemClock }) : undefined;
  try {
    for await (const chunk of response.body ?? []) {
      await sink.write(chunk);
      progress?.add(chunk.byteLength);
    }
  } finally {
    progress?.end();
  }
}

/** Takes no more than its reader does. */
function standardOutput({ options, signal }: Output, context: CliContext): Sink {
  const { stdout } = context.streams;
  const mayBeBinary = !stdout.isTTY || options.output === '-';
  return {
    async write(chunk) {
      if (!mayBeBinary && chunk.includes(0))
        throw new Error('The body is binary and may upset the terminal; use -o FILE, or "-o -" to print it anyway');
      if (!stdout.write(chunk)) await once(stdout, 'drain', { signal });
    },
  };
}

function describe(response: FetchResponse): object {
  const { url, status, statusText, redirected, cacheStatus } = response;
  const { 'set-cookie': _, ...headers } = Object.fromEntries(response.headers);
  const setCookie = response.headers.getSetCookie();
  const all = { ...headers, ...(setCookie.length > 0 && { 'set-cookie': setCookie }) };
  return { url, status, statusText, redirected, cacheStatus, headers: all };
}

/** As text; bytes that are none are in base64. */
async function readBody(response: Response): Promise<object> {
  const bytes = Buffer.from(await response.arrayBuffer());
  try {
    return { body: new TextDecoder('utf-8', { fatal: true }).decode(bytes) };
  } catch {
    // TypeError: it is no UTF-8.
    return { bodyBase64: bytes.toString('base64') };
  }
}

function headText({ status, statusText, headers }: Response): string {
  const lines = [...headers].map(([name, value]) => `${name}: ${value}`);
  return [`HTTP ${status} ${statusText}`.trimEnd(), ...lines, '', ''].join('\r\n');
}

/** How many bytes the body has; undefined when that is not known. */
function lengthOf({ headers }: Response): number | undefined {
  const length = headers.get('content-length');
  return length === null || headers.has('content-encoding') ? undefined : Number(length);
}
