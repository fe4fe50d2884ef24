import type { CommanderError } from 'commander';

/** What to do in the place of curl's flags that `sojourn fetch` has not. */
const insteadOf: Readonly<Record<string, string>> = {
  '-c': 'a session keeps its cookies; "sojourn cookies export" writes them to a file',
  '-J': 'use -o FILE',
  '-n': 'use -u USER:PASSWORD',
  '-r': 'use -H "Range: bytes=FIRST-LAST"',
  '-w': 'use --json, which has the status, the URL and the headers',
  '-0': 'the version of HTTP is agreed on with the server',
  '-#': 'progress is shown on a terminal',
  '--limit-rate': 'use --conditions, which emulates a slow network',
  '--resolve': 'use --host-rules "MAP HOST ADDRESS"',
  '--socks4': 'use -x socks4://HOST:PORT',
  '--socks5': 'use -x socks5://HOST:PORT',
};

const shortNames: Readonly<Record<string, string>> = {
  '--cookie-jar': '-c',
  '--remote-header-name': '-J',
  '--netrc': '-n',
  '--range': '-r',
  '--write-out': '-w',
  '--http1.0': '-0',
  '--http1.1': '-0',
  '--http2': '-0',
  '--http3': '-0',
  '--progress-bar': '-#',
  '--connect-to': '--resolve',
  '--socks4a': '--socks4',
  '--socks5-hostname': '--socks5',
};

/** The parser's message about a command line, on one line, with what to type instead where that is known. */
export function usageMessage({ code, message }: CommanderError, args: readonly string[]): string {
  const [first = '', ...suggestion] = message.replace(/^error: /, '').split('\n');
  // It would repeat arguments, which may be logins.
  const said = code === 'commander.excessArguments' ? first.replace(/(got \d+): .*/s, '$1') : first;
  const hint = hintFor(code, said, args) ?? suggestion.join(' ');
  return hint === '' ? said : `${said} ${hint}`;
}

function hintFor(code: string, said: string, args: readonly string[]): string | undefined {
  if (code === 'commander.unknownCommand') return /'[^']*[:.]/.test(said) ? '(Did you mean fetch URL?)' : undefined;
  if (!args.includes('fetch')) return undefined;
  if (code === 'commander.excessArguments' && args.includes('--json'))
    return '(--json is the form of the output; JSON is sent by -d TEXT -H "Content-Type: application/json")';
  if (code !== 'commander.unknownOption') return undefined;
  const flag = /'(-[^-]|[^'=]*)/.exec(said)![1]!;
  const instead = insteadOf[shortNames[flag] ?? flag];
  return instead && `(${instead})`;
}
