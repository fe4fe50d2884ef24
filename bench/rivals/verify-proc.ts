// What a verify proc that accepts costs on reused connections: 1 KB over HTTPS on loopback, 64 at a time.
// Run: node bench/rivals/verify-proc.ts [rounds]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { makeServerCertificate, testAuthority } from '../../test/fixtures/certificates.ts';
import { interleave, measure, pathOf, trialArguments } from './interleave.ts';

const trial = trialArguments();
if (trial) {
  const { session } = await import('../../src/index.ts');
  const [port, root] = trial.args as [string, string];
  const ses = session.fromPartition('bench', { cache: false, hostRules: 'MAP *.test 127.0.0.1' });
  ses.certificates.addRoot(root);
  if (trial.name === 'a proc that accepts') ses.setCertificateVerifyProc((_request, callback) => callback(0));
  const work = async (): Promise<unknown> => (await ses.fetch(`https://site.test:${port}/`)).text();
  console.log(JSON.stringify(await measure(work, { total: 20_000, width: 64 })));
  process.exit();
}

if (process.argv[2] === '--serve') {
  const { createServer } = await import('node:https');
  const body = Buffer.alloc(1024, 'x');
  const server = createServer(makeServerCertificate({ names: ['site.test'] }), (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/plain', 'content-length': body.length }).end(body);
  });
  server.keepAliveTimeout = 30_000;
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address() as { port: number };
    console.log(JSON.stringify([String(port), testAuthority().pem]));
  });
  process.stdin.resume().on('end', () => process.exit());
} else {
  const server = spawn(process.execPath, [pathOf(import.meta.url), '--serve'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const [told] = (await once(server.stdout, 'data')) as [Buffer];
  interleave({
    title: 'Reused TLS connections and the verify proc',
    file: pathOf(import.meta.url),
    contestants: ['no proc', 'a proc that accepts'],
    base: 'no proc',
    args: JSON.parse(String(told)) as string[],
    rounds: Number(process.argv[2] ?? 7),
  });
  server.stdin.end();
}
