import { afterAll, beforeAll, expect, test } from 'vitest';
import { session } from '../../src/index.ts';
import type { VerifyProc, VerifyRequest } from '../../src/certificates/verify-proc.ts';
import type { Session } from '../../src/session/session.ts';
import { chains, revocationLists } from '../fixtures/certificate-chains.ts';
import { testAuthority } from '../fixtures/certificates.ts';
import { startJudgedServer } from '../fixtures/judged-server.ts';
import { startProxy, type TestProxy } from '../fixtures/proxy-server.ts';
import { type SocksServer, startSocksServer } from '../fixtures/socks-server.ts';

let proxy: TestProxy;
let socks: SocksServer;
const sessions: Session[] = [];

beforeAll(async () => {
  [proxy, socks] = await Promise.all([startProxy(), startSocksServer()]);
  const routes = ['direct://', `http://127.0.0.1:${proxy.port}`, `socks5://127.0.0.1:${socks.port}`];
  for (const proxyRules of routes) {
    const ses = session.fromPartition(`chains by ${proxyRules}`, { hostRules: 'MAP * 127.0.0.1' });
    ses.certificates.addRoot(testAuthority().pem);
    for (const list of revocationLists) ses.certificates.addCrl(list);
    await ses.setProxy({ proxyRules, proxyBypassRules: '<-loopback>' });
    sessions.push(ses);
  }
});

afterAll(async () => {
  for (const ses of sessions) await ses.destroy();
  await proxy[Symbol.asyncDispose]();
  await socks[Symbol.asyncDispose]();
});

test.each(chains)('%s: %s, by every way and version', async (_, hostname, issued, verdict, errorCode) => {
  await using server = await startJudgedServer(issued);
  const [tunnels, socksTunnels] = [proxy.requests.length, socks.requests.length];
  for (const ses of sessions) {
    for (const alpn of ['http/1.1', 'h2'] as const) {
      server.alpn = alpn;
      const outcome = await judge(ses, `https://${hostname}:${server.port}/`, () => server.bytes);
      const own = verdict === 'net::OK' ? alpn : verdict.slice('net::'.length);
      expect(outcome).toEqual({ own, seen: own, accepted: alpn, refused: 'ERR_FAILED' });
    }
  }
  const name = hostname.replace(/[[\]]/g, '');
  expect(seen.splice(0)).toEqual(Array(18).fill(`${name} ${verdict} ${errorCode}`));
  // Nor did one come late.
  expect(server.requests).toHaveLength(verdict === 'net::OK' ? 18 : 6);
  expect(proxy.requests.length).toBeGreaterThan(tunnels);
  expect(socks.requests.length).toBeGreaterThan(socksTunnels);
});

const seen: string[] = [];

function answering(answer: number): VerifyProc {
  return (request: VerifyRequest, callback) => {
    seen.push(`${request.hostname} ${request.verificationResult} ${request.errorCode}`);
    callback(answer);
  };
}

/** What came of a request without a proc, with one that looks, that accepts and that refuses. */
async function judge(ses: Session, url: string, bytes: () => number): Promise<Record<string, string>> {
  const get = async (): Promise<string> => {
    const before = bytes();
    try {
      return await (await ses.fetch(url)).text();
    } catch (error) {
      // Not a byte was sent to a server that was refused.
      expect(bytes()).toBe(before);
      return (error as { code: string }).code;
    }
  };
  ses.setCertificateVerifyProc(null);
  const own = await get();
  ses.setCertificateVerifyProc(answering(-3));
  const looked = await get();
  ses.setCertificateVerifyProc(answering(0));
  const accepted = await get();
  ses.setCertificateVerifyProc(answering(-2));
  return { own, seen: looked, accepted, refused: await get() };
}
