import { expect, test } from 'vitest';
import { readSslConfig } from './ssl-config.ts';

test("nothing given: TLS 1.2 and 1.3 with Node's suites", () => {
  expect(readSslConfig({})).toEqual({ minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' });
});

test('all suites of TLS 1.2 disabled leaves those of 1.3', () => {
  const older = Array.from({ length: 0x10000 }, (_, number) => number).filter(
    number => number < 0x1301 || number > 0x1303,
  );
  expect(readSslConfig({ disabledCipherSuites: older }).ciphers).toBe(
    'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256',
  );
});

const refused: [sentence: string, input: unknown, message: string][] = [
  [
    'an unknown version',
    { minVersion: 'ssl3' },
    'minVersion must be one of "tls1", "tls1.1", "tls1.2", "tls1.3", got "ssl3"',
  ],
  ['versions the wrong way round', { minVersion: 'tls1.3', maxVersion: 'tls1.2' }, 'minVersion must be <= maxVersion'],
  [
    'a suite by name',
    { disabledCipherSuites: ['AES128-SHA'] },
    'must be an array of numbers from 0 to 65535, got "AES128-SHA"',
  ],
  ['a suite out of range', { disabledCipherSuites: [0x10000] }, 'from 0 to 65535, got 65536'],
  ['a suite alone', { disabledCipherSuites: 5 }, 'disabledCipherSuites must be an object, got 5'],
  ['all suites', { disabledCipherSuites: Array.from({ length: 0x10000 }, (_, number) => number) }, 'leaves no suite'],
];

test.each(refused)('%s is refused', (_, input, message) => {
  expect(() => readSslConfig(input)).toThrow(message);
});
