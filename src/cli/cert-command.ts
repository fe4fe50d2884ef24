import type { Command } from 'commander';
import type { DescribedCertificate } from '../certificates/describe-chain.ts';
import { invalidType } from '../util/errors.ts';
import type { CliContext } from './cli-context.ts';
import { formatTime } from './format-time.ts';

/** `sojourn cert`. */
export function addCertCommand(program: Command, context: CliContext): void {
  const cert = program
    .command('cert')
    .description('look at the certificates of servers')
    .addHelpText('after', '\nExample:\n  $ sojourn cert show example.com');
  cert
    .command('show')
    .description('the chain that a server shows, and the verdict on it')
    .argument('<host[:port]>', 'the port is 443 by default')
    .addHelpText(
      'after',
      '\nExit status 1 when the verdict is bad.\n\nExamples:\n  $ sojourn cert show example.com\n  $ sojourn cert show localhost:8443 --json',
    )
    .action((host: string) => show(host, context));
}

async function show(host: string, context: CliContext): Promise<void> {
  const url = URL.parse(/^https:\/\//i.test(host) ? host : `https://${host}`);
  if (!url || url.username !== '' || (url.pathname !== '/' && !/^https:/i.test(host)))
    throw invalidType('The host must be as example.com or example.com:8443');
  const chain = await context.networkSession().describeCertificate(url.origin);
  if (chain.errorCode !== 0) context.exitCode = 1;
  if (context.json) return context.printJson(chain);
  context.printFields({
    host: url.port === '' ? `${url.hostname}:443` : url.host,
    verdict: chain.verificationResult,
    'known root': chain.isIssuedByKnownRoot ? 'yes' : 'no',
    'chain error': chain.chainError,
  });
  chain.certificates.forEach((certificate, index) => {
    context.print('');
    context.printFields({ certificate: `${index + 1} of ${chain.certificates.length}`, ...fieldsOf(certificate) });
  });
}

function fieldsOf(certificate: DescribedCertificate): Record<string, string | undefined> {
  const { subjectName, issuerName, subjectAltName, validStart, validExpiry } = certificate;
  return {
    subject: subjectName,
    names: subjectAltName === '' ? undefined : subjectAltName,
    issuer: issuerName,
    valid: `${formatTime(validStart)} to ${formatTime(validExpiry)} UTC`,
    key: certificate.key,
    'serial number': certificate.serialNumber,
    fingerprint: certificate.fingerprint,
    pin: certificate.publicKeyPin,
  };
}
