import { expect, test } from 'vitest';
import { fetchMetadata } from './fetch-metadata.ts';

function site(initiator: string | undefined, ...chain: string[]): string | undefined {
  const headers = fetchMetadata({
    chain: chain.map(url => new URL(url)),
    initiator: initiator === undefined ? undefined : new URL(initiator),
    mode: 'no-cors',
    destination: 'empty',
    userActivated: false,
  });
  return headers[1];
}

test.each<[string, string | undefined, string | undefined, string[]]>([
  ['nobody asks', 'none', undefined, ['https://a.test/']],
  ['a page of the same origin', 'same-origin', 'https://a.test', ['https://a.test/']],
  ['another port', 'same-site', 'https://a.test:1', ['https://a.test/']],
  ['a subdomain', 'same-site', 'https://www.a.test', ['https://a.test/']],
  ['another scheme', 'cross-site', 'http://a.test', ['https://a.test/']],
  ['another site', 'cross-site', 'https://b.test', ['https://a.test/']],
  [
    'a redirect over another site and back',
    'cross-site',
    'https://a.test',
    ['https://a.test/', 'https://b.test/', 'https://a.test/2'],
  ],
  [
    'a redirect over a subdomain and back',
    'same-site',
    'https://a.test',
    ['https://a.test/', 'https://www.a.test/', 'https://a.test/2'],
  ],
  ['a URL without TLS', undefined, 'https://a.test', ['http://a.test/']],
  ['this machine', 'none', undefined, ['http://127.0.0.2:8080/']],
  ['this machine, by IPv6', 'none', undefined, ['http://[::1]/']],
  ['this machine, by name', 'none', undefined, ['http://app.localhost/']],
  ['a name that only looks like an address', undefined, undefined, ['http://127.test/']],
])('%s: %s', (_, expected, initiator, chain) => {
  expect(site(initiator, ...chain)).toBe(expected);
});

test('all of the headers', () => {
  const headers = fetchMetadata({
    chain: [new URL('https://a.test/')],
    initiator: undefined,
    mode: 'navigate',
    destination: 'document',
    userActivated: true,
  });
  expect(headers.join(' ')).toBe(
    'Sec-Fetch-Site none Sec-Fetch-Mode navigate Sec-Fetch-User ?1 Sec-Fetch-Dest document',
  );
});
