import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { makeServerCertificate, testAuthority } from '../../test/fixtures/certificates.ts';
import { hostRules } from '../../test/fixtures/http-server.ts';
import { pkcs12 } from '../../test/fixtures/pkcs12.ts';
import { App } from './app.ts';
import { SessionModule } from './session-module.ts';
import type { Session } from './session.ts';
import type { SessionOptionsInput } from './session-options.ts';

const directory = mkdtempSync(join(tmpdir(), 'sojourn-imported-'));
const file = join(directory, 'client.p12');
const client = testAuthority().issue({ commonName: 'By option', usages: ['client'] });
const open: Session[] = [];
let server: Server;

beforeAll(async () => {
  writeFileSync(file, pkcs12);
  const { key, cert } = makeServerCertificate({ names: ['site.test'] });
  server = createServer({ key, cert, requestCert: true, rejectUnauthorized: false }, ({ socket }, response) => {
    const { subject } = (socket as TLSSocket).getPeerCertificate();
    response.end(subject?.CN ?? 'nobody');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
});

afterEach(() => Promise.all(open.splice(0).map(ses => ses.destroy())));

afterAll(() => {
  server.close();
  rmSync(directory, { recursive: true });
});

function make(app: App, name: string, options: SessionOptionsInput = {}): Session {
  const ses = new SessionModule(app).fromPartition(name, { hostRules, ...options });
  ses.certificates.addRoot(testAuthority().pem);
  open.push(ses);
  return ses;
}

async function shownBy(ses: Session): Promise<string> {
  const response = await ses.fetch(`https://site.test:${(server.address() as AddressInfo).port}/`);
  return response.text();
}

test('an imported certificate is shown by sessions that are open, and by those made later', async () => {
  const app = new App();
  const before = make(app, 'before');
  expect(await shownBy(before)).toBe('nobody');
  await app.importCertificate({ certificate: file, password: 'sesame' });
  expect(await shownBy(before)).toBe('From a file');
  expect(await shownBy(make(app, 'after'))).toBe('From a file');
  expect(await shownBy(make(new App(), 'of another program'))).toBe('nobody');
});

test('the option clientCertificates is shown, and checked when the session is made', async () => {
  const { cert: certificate, key } = client;
  const app = new App();
  expect(await shownBy(make(app, 'fits', { clientCertificates: [{ certificate, key }] }))).toBe('By option');
  const elsewhere = make(app, 'elsewhere', { clientCertificates: [{ host: 'other.test', certificate, key }] });
  expect(await shownBy(elsewhere)).toBe('nobody');
  expect(() => make(app, 'wrong', { clientCertificates: [{ certificate }] })).toThrow(/certificate and key, or pfx/);
  expect(() => make(app, 'wrong', { clientCertificates: {} as never })).toThrow(/clientCertificates must be an array/);
});

test.each([
  ['a good file is 0', { certificate: file, password: 'sesame' }, 0],
  ['another passphrase is ERR_PKCS12_IMPORT_BAD_PASSWORD', { certificate: file, password: 'open' }, -701],
  ['no passphrase is one too', { certificate: file }, -701],
  ['no PKCS#12 is ERR_PKCS12_IMPORT_FAILED', { certificate: import.meta.filename }, -702],
  ['no file is ERR_FILE_NOT_FOUND', { certificate: join(directory, 'absent.p12') }, -6],
])('what the callback gets: %s', async (_, options, result) => {
  const { promise, resolve } = Promise.withResolvers<number>();
  const returned = new App().importCertificate(options, resolve);
  expect(await promise).toBe(result);
  if (result !== 0) await expect(returned).rejects.toMatchObject({ name: 'NetError', errno: result });
});

test('a wrong option is refused by name', async () => {
  await expect(new App().importCertificate({} as never)).rejects.toThrow(
    /certificate must be the path of a PKCS#12 file/,
  );
  expect(() => new App().importCertificate({ certificate: 5 as never }, () => {})).toThrow(/must be a string, got 5/);
});

test('the switch ignore-certificate-errors overlooks them in sessions made afterwards', async () => {
  const app = new App();
  app.commandLine.appendSwitch('ignore-certificate-errors');
  const ses = new SessionModule(app).fromPartition('careless', { hostRules });
  open.push(ses);
  expect(await shownBy(ses)).toBe('nobody');
  app.commandLine.removeSwitch('ignore-certificate-errors');
  const careful = new SessionModule(app).fromPartition('careful', { hostRules });
  open.push(careful);
  await expect(shownBy(careful)).rejects.toMatchObject({ code: 'ERR_CERT_AUTHORITY_INVALID' });
});
