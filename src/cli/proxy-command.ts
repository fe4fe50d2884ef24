import type { Command } from 'commander';
import { CliContext, type CommonOptions } from './cli-context.ts';
import { formatTable } from './table.ts';

interface ResolveOptions extends CommonOptions {
  readonly rules?: string;
  readonly bypass?: string;
  readonly pac?: string;
  readonly system?: boolean;
  readonly explain?: boolean;
}

const help = `
Examples:
  $ sojourn proxy resolve https://example.com/ --system
  $ sojourn proxy resolve https://example.com/ --pac http://wpad.example.com/proxy.pac --explain
  $ sojourn proxy resolve https://example.com/ --rules 'https=proxy:3128' --bypass '*.example.com'`;

/** `sojourn proxy`. */
export function addProxyCommand(program: Command, context: CliContext): void {
  const proxy = program.command('proxy').description('see where requests would go');
  CliContext.addCommonOptions(
    proxy.command('resolve').description('the proxies for a URL, as a PAC script would say it'),
  )
    .argument('<url>')
    .option('--rules <rules>', 'proxy rules')
    .option('--bypass <list>', 'bypass rules')
    .option('--pac <url>', 'a PAC script')
    .option('--system', 'the variables HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY')
    .option('--explain', 'which rule or line of the script chose it')
    .addHelpText('after', help)
    .action((url: string, options: ResolveOptions) => resolve(url, options, context));
}

async function resolve(url: string, options: ResolveOptions, context: CliContext): Promise<void> {
  const session = context.session(options);
  const { rules, bypass, pac, system } = options;
  if (system) await session.setProxy({ mode: 'system' });
  else if (pac !== undefined) await session.setProxy({ mode: 'pac_script', pacScript: pac });
  else if (rules !== undefined)
    await session.setProxy({ proxyRules: rules, ...(bypass !== undefined && { proxyBypassRules: bypass }) });
  const explanation = await session.proxy.explain(url);
  if (explanation.error !== undefined) context.exitCode = explanation.result === '' ? 1 : 0;
  if (options.json)
    return context.printJson(options.explain ? explanation : { result: explanation.result, error: explanation.error });
  if (!options.explain) {
    context.print(explanation.result);
    if (explanation.error !== undefined) context.say(`sojourn: ${explanation.error}`);
    return;
  }
  const { parked, pac: script, ...facts } = explanation;
  const rows = Object.entries({
    ...facts,
    'pac url': script?.url,
    'pac line': script?.line,
    parked: parked.map(each => JSON.stringify(each)).join(' '),
  });
  context.print(
    formatTable(
      ['FIELD', 'VALUE'],
      rows.map(([field, value]) => [field, String(value ?? '-')]),
      { width: undefined },
    ),
  );
}
