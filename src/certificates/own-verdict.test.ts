import { expect, test } from 'vitest';
import { chains, revocationLists } from '../../test/fixtures/certificate-chains.ts';
import { startQuietTlsServer } from '../../test/fixtures/tls-server.ts';
import { makeVerifier, visit } from './testing/visit.ts';
import type { VerifyProc, VerifyRequest } from './verify-proc.ts';

test.each(chains)('%s: %s', async (_, hostname, issued, verdict, errorCode) => {
  await using server = await startQuietTlsServer(issued);
  const verifier = makeVerifier({ crls: revocationLists });
  const to = { port: server.port, hostname };

  const own = await visit(verifier, to);
  expect(own.wasAtOnce).toBe(true);
  expect(own.error ? `net::${own.error.code}` : 'net::OK').toBe(verdict);
  expect(own.error?.errno ?? 0).toBe(errorCode);

  const seen: VerifyRequest[] = [];
  const answering =
    (answer: number): VerifyProc =>
    (request, callback) => {
      seen.push(request);
      callback(answer);
    };
  verifier.setProc(answering(-3));
  expect((await visit(verifier, to)).error?.errno ?? 0).toBe(errorCode);
  expect(seen[0]).toMatchObject({ verificationResult: verdict, errorCode, hostname: hostname.replace(/[[\]]/g, '') });

  verifier.setProc(answering(0));
  expect((await visit(verifier, to)).error).toBe(undefined);

  verifier.setProc(answering(-2));
  expect((await visit(verifier, to)).error).toMatchObject({ code: 'ERR_FAILED', errno: -2 });
  expect(seen).toHaveLength(3);
});
