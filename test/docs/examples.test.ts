import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { findExamples } from '../../scripts/docs-examples.ts';
import { capture } from '../../scripts/run.ts';
import { makeServerCertificate, testAuthority } from '../fixtures/certificates.ts';

mkdirSync('temp', { recursive: true });
const folder = resolve(mkdtempSync('temp/examples-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// The sites that the examples may talk to.
const sites = ['site.test', 'example.test', 'api.test', 'shop.test', 'a.test', 'b.test'];
const authority = join(folder, 'authority.pem');
const certificate = join(folder, 'certificate.json');
writeFileSync(authority, testAuthority().pem);
writeFileSync(
  certificate,
  JSON.stringify(makeServerCertificate({ names: sites.flatMap(name => [name, `*.${name}`]) })),
);

test.concurrent.each(findExamples())('$name', async ({ name, code, extension }) => {
  const file = join(folder, `${name.replaceAll(/\W+/g, '-').slice(0, 100)}.${extension}`);
  writeFileSync(file, code);
  const { status, output } = await capture(process.execPath, ['--import', resolve('test/docs/prelude.ts'), file], {
    env: {
      NODE_EXTRA_CA_CERTS: authority,
      SOJOURN_EXAMPLE_CERTIFICATE: certificate,
      SOJOURN_DATA: `${file}.data`,
    },
    timeoutMs: 20_000,
  });
  expect(status, output).toBe(0);
});
