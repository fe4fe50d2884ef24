import { expect, test } from 'vitest';
import { testAuthority } from '../../test/fixtures/certificates.ts';
import { ClientCertificateChoice, type ClientCertificateDetails } from './client-certificate-choice.ts';
import { TrustStore } from './trust-store.ts';

function storeWith(...names: string[]): TrustStore {
  const trust = new TrustStore();
  for (const name of names) {
    const { cert, key } = testAuthority().issue({ commonName: name, usages: ['client'] });
    trust.addClientCertificate({ host: 'a.test', certificate: cert, key });
  }
  return trust;
}

test('without a listener the last added certificate is shown, at once', () => {
  const choice = new ClientCertificateChoice(storeWith('one', 'two'));
  expect(choice.for('a.test', 443)).toMatchObject({ certificate: { subjectName: 'two' } });
  expect(choice.for('b.test', 443)).toBe(undefined);
});

test('a listener is asked once for each host and port that has a certificate', async () => {
  const choice = new ClientCertificateChoice(storeWith('one', 'two'));
  const asked: ClientCertificateDetails[] = [];
  choice.onSelect = async details => {
    asked.push(details);
    return details.url.endsWith(':443') ? 1 : -1;
  };
  expect(await choice.for('a.test', 443)).toMatchObject({ certificate: { subjectName: 'one' } });
  expect(await choice.for('a.test', 443)).toMatchObject({ certificate: { subjectName: 'one' } });
  expect(await choice.for('a.test', 8443)).toBe(undefined);
  expect(await choice.for('b.test', 443)).toBe(undefined);
  expect(asked.map(({ url, list }) => [url, list.map(({ subjectName }) => subjectName)])).toEqual([
    ['a.test:443', ['two', 'one']],
    ['a.test:8443', ['two', 'one']],
  ]);
});

test('a listener that fails is asked again', async () => {
  const choice = new ClientCertificateChoice(storeWith('one'));
  choice.onSelect = () => Promise.reject(new Error('listener'));
  await expect(choice.for('a.test', 443)).rejects.toThrow('listener');
  choice.onSelect = async () => 0;
  expect(await choice.for('a.test', 443)).toMatchObject({ certificate: { subjectName: 'one' } });
});
