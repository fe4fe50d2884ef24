import type { Command } from 'commander';
import type { ProxyExplanation } from '../proxy/proxy-resolver.ts';
import type { ProxyConfigInput } from '../proxy/proxy-config.ts';
import { invalidType } from '../util/errors.ts';
import type { CliContext } from './cli-context.ts';

interface ResolveOptions {
  readonly rules?: string;
  readonly bypass?: string;
  readonly pac?: string;
  readonly system?: boolean;
  readonly explain?: boolean;
}

const help = `
Without options there is no proxy: rules live in a program's session and end with it.

Examples:
  $ sojourn proxy resolve https://example.com/ --system
  $ sojourn proxy resolve https://example.com/ --pac http://wpad.example.com/proxy.pac --explain
  $ sojourn proxy resolve https://example.com/ --rules 'https=proxy:3128' --bypass '*.example.com'`;

/** `sojourn proxy`. */
export function addProxyCommand(program: Command, context: CliContext): void {
  const proxy = program
    .command('proxy')
    .description('see by which proxies requests would go')
    .addHelpText('after', '\nExample:\n  $ sojourn proxy resolve https://example.com/ --system --explain');
  proxy
    .command('resolve')
    .description('the proxies for a URL, as a PAC script would say it')
    .argument('<url>')
    .option('--rules <rules>', 'proxy rules, as "socks5://host:1080" or "http=one:80;https=two:80"')
    .option('--bypass <list>', 'what goes past them, as "*.example.com, 10.0.0.0/8, <local>"')
    .option('--pac <url>', 'a PAC script: http, https, file or data')
    .option('--system', 'the variables HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY')
    .option('--explain', 'which rule, or which line of the script, chose them')
    .addHelpText('after', help)
    .action((url: string, options: ResolveOptions) => resolve(url, options, context));
}

async function resolve(url: string, options: ResolveOptions, context: CliContext): Promise<void> {
  const config = readConfig(options);
  const session = context.networkSession();
  session.on('proxy-warning', (_event, message) => context.warn(message));
  session.on('pac-message', (_event, { type, message, line }) => {
    context.say(`PAC ${type}${line === undefined ? '' : ` in line ${line}`}: ${message}`);
  });
  if (config) await session.setProxy(config);
  const explanation = await session.proxy.explain(url);
  const { result, error } = explanation;
  if (result === '') context.exitCode = 1;
  if (context.json) return context.printJson(options.explain ? explanation : { result, error });
  if (options.explain) return context.printFields(fieldsOf(explanation));
  if (result !== '') context.print(result);
  if (error !== undefined) context.say(error);
}

function readConfig({ rules, bypass, pac, system }: ResolveOptions): ProxyConfigInput | undefined {
  const sources = [rules !== undefined && '--rules', pac !== undefined && '--pac', system && '--system'].filter(
    Boolean,
  );
  if (sources.length > 1) throw invalidType(`${sources.join(' and ')} do not go together`);
  if (bypass !== undefined && rules === undefined) throw invalidType('--bypass goes with --rules');
  if (system) return { mode: 'system' };
  if (pac !== undefined) return { mode: 'pac_script', pacScript: pac };
  if (rules === undefined) return undefined;
  return { proxyRules: rules, ...(bypass !== undefined && { proxyBypassRules: bypass }) };
}

function fieldsOf({ result, mode, rule, bypass, pac, error, parked }: ProxyExplanation): Record<string, unknown> {
  return {
    result: result === '' ? 'none' : result,
    mode,
    rule,
    bypass,
    'PAC script': pac?.url,
    'PAC result': pac?.result,
    'PAC line': pac?.line,
    error,
    parked: parked.length === 0 ? undefined : parked.map(each => JSON.stringify(each)).join(' '),
  };
}
