import type { Command } from 'commander';
import { invalidType } from '../util/errors.ts';
import { CliContext, type CommonOptions } from './cli-context.ts';
import { formatTable } from './table.ts';

/** `sojourn cert`. */
export function addCertCommand(program: Command, context: CliContext): void {
  const cert = program.command('cert').description('look at the certificates of servers');
  CliContext.addCommonOptions(cert.command('show').description('the chain that a server shows, and the verdict on it'))
    .argument('<host[:port]>')
    .addHelpText('after', '\nExample:\n  $ sojourn cert show example.com')
    .action((host: string, options: CommonOptions) => show(host, options, context));
}

async function show(host: string, options: CommonOptions, context: CliContext): Promise<void> {
  const url = URL.parse(`https://${host}`);
  if (!url || url.pathname !== '/') throw invalidType('Cannot show a certificate: it must be HOST or HOST:PORT');
  const chain = await context.session(options).describeCertificate(url);
  if (chain.errorCode !== 0) context.exitCode = 1;
  if (options.json) return context.printJson(chain);
  context.print(`${url.host}: ${chain.verificationResult}`);
  const day = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 10);
  const rows = chain.certificates.map(each => [
    each.subjectName,
    each.issuerName,
    `${day(each.validStart)} to ${day(each.validExpiry)}`,
    each.key,
    each.fingerprint,
  ]);
  context.print(formatTable(['SUBJECT', 'ISSUER', 'VALID', 'KEY', 'FINGERPRINT'], rows, { width: undefined }));
}
