import type { SecureContextOptions, SecureVersion } from 'node:tls';
import { invalidRange, invalidType } from '../util/errors.ts';
import { describe, OptionsReader } from '../util/options.ts';
import { cipherListWithout } from './cipher-suites.ts';

const action = 'set the SSL configuration';

const nodeVersion = {
  tls1: 'TLSv1',
  'tls1.1': 'TLSv1.1',
  'tls1.2': 'TLSv1.2',
  'tls1.3': 'TLSv1.3',
} as const satisfies Record<string, SecureVersion>;

type Version = keyof typeof nodeVersion;

const versions = Object.keys(nodeVersion) as Version[];

/** Options of `ses.setSSLConfig`. */
export interface SslConfigInput {
  /** Default `'tls1.2'`: nothing older is spoken unless asked for. */
  minVersion?: 'tls1' | 'tls1.1' | 'tls1.2' | 'tls1.3';
  /** Default `'tls1.3'`. */
  maxVersion?: 'tls1.2' | 'tls1.3';
  /** IANA numbers, as 0xc02f. */
  disabledCipherSuites?: number[];
}

/** TLS versions and suites as Node's TLS takes them. */
export type SslConfig = Pick<SecureContextOptions, 'minVersion' | 'maxVersion' | 'ciphers'>;

/** What holds before `setSSLConfig`: TLS 1.2 and 1.3, Node's suites. */
export const defaultSslConfig: SslConfig = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3' };

/**
 * Reads the argument of `setSSLConfig`: `minVersion` (default `tls1.2`, the least that browsers still speak), `maxVersion`
 * (default `tls1.3`), `disabledCipherSuites` (IANA numbers, as 0xC02F).
 *
 * @throws {TypeError | RangeError} If a version is unknown, the versions are the wrong way round, or no suite is left.
 */
export function readSslConfig(input: unknown): SslConfig {
  const options = new OptionsReader(action, input, ['minVersion', 'maxVersion', 'disabledCipherSuites']);
  const minVersion = options.oneOf('minVersion', versions, 'tls1.2');
  const maxVersion = options.oneOf('maxVersion', versions, 'tls1.3');
  if (versions.indexOf(minVersion) > versions.indexOf(maxVersion)) {
    throw invalidRange(`Cannot ${action}: minVersion must be <= maxVersion, got "${minVersion}" and "${maxVersion}"`);
  }
  const disabled = readSuites(options.object('disabledCipherSuites', undefined));
  const ciphers = cipherListWithout(disabled);
  if (ciphers === undefined) throw invalidRange(`Cannot ${action}: disabledCipherSuites leaves no suite`);
  const isOld = minVersion === 'tls1' || minVersion === 'tls1.1';
  return {
    minVersion: nodeVersion[minVersion],
    maxVersion: nodeVersion[maxVersion],
    // OpenSSL 3 speaks TLS 1.0 and 1.1 at security level 0 only. Weak certificates are refused by our own verdict.
    ...((disabled.length > 0 || isOld) && { ciphers: isOld ? `${ciphers}:@SECLEVEL=0` : ciphers }),
  };
}

function readSuites(input: object | undefined): readonly number[] {
  if (input === undefined) return [];
  const wrong = Array.isArray(input) ? input.find(suite => !isSuite(suite)) : input;
  if (!Array.isArray(input) || wrong !== undefined) {
    throw invalidType(
      `Cannot ${action}: disabledCipherSuites must be an array of numbers from 0 to 65535, got ${describe(wrong)}`,
    );
  }
  return input;
}

function isSuite(value: unknown): boolean {
  return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= 0xffff;
}
