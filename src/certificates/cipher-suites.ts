import { tls } from '../util/builtins.ts';

/**
 * The suites that Node offers by default: their IANA numbers and OpenSSL's names.
 *
 * @see https://www.iana.org/assignments/tls-parameters (TLS Cipher Suites)
 */
const suites: ReadonlyMap<number, string> = new Map([
  [0x002f, 'AES128-SHA'],
  [0x0032, 'DHE-DSS-AES128-SHA'],
  [0x0033, 'DHE-RSA-AES128-SHA'],
  [0x0035, 'AES256-SHA'],
  [0x0038, 'DHE-DSS-AES256-SHA'],
  [0x0039, 'DHE-RSA-AES256-SHA'],
  [0x003c, 'AES128-SHA256'],
  [0x003d, 'AES256-SHA256'],
  [0x0040, 'DHE-DSS-AES128-SHA256'],
  [0x0067, 'DHE-RSA-AES128-SHA256'],
  [0x006a, 'DHE-DSS-AES256-SHA256'],
  [0x006b, 'DHE-RSA-AES256-SHA256'],
  [0x009c, 'AES128-GCM-SHA256'],
  [0x009d, 'AES256-GCM-SHA384'],
  [0x009e, 'DHE-RSA-AES128-GCM-SHA256'],
  [0x009f, 'DHE-RSA-AES256-GCM-SHA384'],
  [0x00a2, 'DHE-DSS-AES128-GCM-SHA256'],
  [0x00a3, 'DHE-DSS-AES256-GCM-SHA384'],
  [0x1301, 'TLS_AES_128_GCM_SHA256'],
  [0x1302, 'TLS_AES_256_GCM_SHA384'],
  [0x1303, 'TLS_CHACHA20_POLY1305_SHA256'],
  [0xc009, 'ECDHE-ECDSA-AES128-SHA'],
  [0xc00a, 'ECDHE-ECDSA-AES256-SHA'],
  [0xc013, 'ECDHE-RSA-AES128-SHA'],
  [0xc014, 'ECDHE-RSA-AES256-SHA'],
  [0xc023, 'ECDHE-ECDSA-AES128-SHA256'],
  [0xc024, 'ECDHE-ECDSA-AES256-SHA384'],
  [0xc027, 'ECDHE-RSA-AES128-SHA256'],
  [0xc028, 'ECDHE-RSA-AES256-SHA384'],
  [0xc02b, 'ECDHE-ECDSA-AES128-GCM-SHA256'],
  [0xc02c, 'ECDHE-ECDSA-AES256-GCM-SHA384'],
  [0xc02f, 'ECDHE-RSA-AES128-GCM-SHA256'],
  [0xc030, 'ECDHE-RSA-AES256-GCM-SHA384'],
  [0xc050, 'ARIA128-GCM-SHA256'],
  [0xc051, 'ARIA256-GCM-SHA384'],
  [0xc052, 'DHE-RSA-ARIA128-GCM-SHA256'],
  [0xc053, 'DHE-RSA-ARIA256-GCM-SHA384'],
  [0xc056, 'DHE-DSS-ARIA128-GCM-SHA256'],
  [0xc057, 'DHE-DSS-ARIA256-GCM-SHA384'],
  [0xc05c, 'ECDHE-ECDSA-ARIA128-GCM-SHA256'],
  [0xc05d, 'ECDHE-ECDSA-ARIA256-GCM-SHA384'],
  [0xc060, 'ECDHE-ARIA128-GCM-SHA256'],
  [0xc061, 'ECDHE-ARIA256-GCM-SHA384'],
  [0xc09c, 'AES128-CCM'],
  [0xc09d, 'AES256-CCM'],
  [0xc09e, 'DHE-RSA-AES128-CCM'],
  [0xc09f, 'DHE-RSA-AES256-CCM'],
  [0xc0a0, 'AES128-CCM8'],
  [0xc0a1, 'AES256-CCM8'],
  [0xc0a2, 'DHE-RSA-AES128-CCM8'],
  [0xc0a3, 'DHE-RSA-AES256-CCM8'],
  [0xc0ac, 'ECDHE-ECDSA-AES128-CCM'],
  [0xc0ad, 'ECDHE-ECDSA-AES256-CCM'],
  [0xc0ae, 'ECDHE-ECDSA-AES128-CCM8'],
  [0xc0af, 'ECDHE-ECDSA-AES256-CCM8'],
  [0xcca8, 'ECDHE-RSA-CHACHA20-POLY1305'],
  [0xcca9, 'ECDHE-ECDSA-CHACHA20-POLY1305'],
  [0xccaa, 'DHE-RSA-CHACHA20-POLY1305'],
]);

/**
 * Node's default cipher list without the suites of the given IANA numbers; undefined when none would be left. Numbers of
 * suites that are never offered change nothing.
 */
export function cipherListWithout(disabled: readonly number[]): string | undefined {
  const left = [...suites].filter(([number]) => !disabled.includes(number)).map(([, name]) => name);
  const modern = left.filter(isTls13);
  // OpenSSL refuses a list that excludes everything it names, so that then only the suites of TLS 1.3 are given.
  if (left.length === modern.length) return modern.length > 0 ? modern.join(':') : undefined;
  const older = tls()
    .DEFAULT_CIPHERS.split(':')
    .filter(rule => !isTls13(rule));
  const excluded = disabled.flatMap(number => suites.get(number) ?? []).filter(name => !isTls13(name));
  return [...modern, ...older, ...excluded.map(name => `!${name}`)].join(':');
}

function isTls13(name: string): boolean {
  return name.startsWith('TLS_');
}
