import { readClientCertificate } from '../certificates/client-certificates.ts';
import { Pins } from '../certificates/pins.ts';
import { type HostRules, parseHostRules } from '../hosts/host-rules.ts';
import { invalidType } from '../util/errors.ts';
import { describe, OptionsReader } from '../util/options.ts';
import { version } from '../util/version.ts';
import { warn } from '../util/warn.ts';
import type { ClientCertificateInput } from './certificates.ts';

/** Options of `session.fromPartition` and `session.fromPath`. They count when the session is made. */
export interface SessionOptionsInput {
  /** Whether responses are cached. Default true. */
  cache?: boolean;
  /** Whether session cookies of a partition on disk outlive the process. Default true. */
  keepSessionCookies?: boolean;
  /** Shown to servers that ask for one; see `certificates.addClientCertificate`. Default: none. */
  clientCertificates?: ClientCertificateInput[];
  /** How many cookies are kept, in all and for one registrable domain. Default 3300 and 180; `Infinity` for no limit. */
  cookieLimits?: { perSite?: number; total?: number };
  /** Chromium's `--host-resolver-rules`, as `'MAP *.test 127.0.0.1'`. Default: those of `app.commandLine`. */
  hostRules?: string;
  /** HTTP/1.1 connections to one origin at a time. Default 64; `Infinity` for no limit. */
  maxConnectionsPerOrigin?: number;
  /** Keys that must be in servers' chains, by host pattern: `{ 'a.test': ['sha256/<base64>'] }`. Default: none. */
  pins?: Record<string, string[]>;
  /** The User-Agent header. Default `sojourn/<version>`. */
  userAgent?: string;
}

/** The same, read. */
export interface SessionOptions {
  readonly cache: boolean;
  readonly keepSessionCookies: boolean;
  readonly clientCertificates: readonly ClientCertificateInput[];
  readonly cookieLimits: { readonly perSite: number; readonly total: number };
  readonly hostRules: string;
  readonly maxConnectionsPerOrigin: number;
  readonly pins: object | undefined;
  readonly userAgent: string;
}

const action = 'make a session';
const keys = [
  'cache',
  'clientCertificates',
  'keepSessionCookies',
  'cookieLimits',
  'hostRules',
  'maxConnectionsPerOrigin',
  'pins',
  'userAgent',
] as const;

/** @throws {TypeError | RangeError} If a field is wrong; `code` is `ERR_INVALID_OPTION`. */
export function readSessionOptions(
  input: unknown,
  switches: { readonly hostRules: string; readonly cache: boolean },
): SessionOptions {
  const options = new OptionsReader(action, input, keys);
  const limits = new OptionsReader(`${action}: cookieLimits`, options.object('cookieLimits', undefined), [
    'perSite',
    'total',
  ]);
  const hostRules = options.string('hostRules', switches.hostRules);
  parseHostRules(action, hostRules);
  return {
    cache: options.boolean('cache', switches.cache),
    keepSessionCookies: options.boolean('keepSessionCookies', true),
    clientCertificates: readClientCertificates(options.object('clientCertificates', [])),
    cookieLimits: {
      perSite: readLimit(limits, 'perSite', 180),
      total: readLimit(limits, 'total', 3300),
    },
    hostRules,
    maxConnectionsPerOrigin: readLimit(options, 'maxConnectionsPerOrigin', 64),
    pins: readPins(options.object('pins', undefined)),
    userAgent: readUserAgent(action, options.string('userAgent', `sojourn/${version}`)),
  };
}

/** Checks client certificates; the trust store reads them again. */
function readClientCertificates(input: object): readonly ClientCertificateInput[] {
  if (!Array.isArray(input)) throw invalidType(`Cannot ${action}: clientCertificates must be an array, got an object`);
  for (const certificate of input) readClientCertificate(certificate);
  return input;
}

/** Checks pins where they are given; the verifier reads them again. */
function readPins(input: object | undefined): object | undefined {
  void new Pins(input);
  return input;
}

/** A count, or no limit at all. */
function readLimit(options: OptionsReader, key: string, fallback: number): number {
  const limit = options.number(key, fallback, { min: 1 });
  return limit === Infinity ? limit : options.number(key, fallback, { integer: true });
}

/** The host rules of a session's options, parsed. */
export function hostRulesOf(options: SessionOptions): HostRules {
  return parseHostRules(action, options.hostRules);
}

/** Warns when a session that is open was asked for with other options: the first ones stay. */
export function warnOfOtherOptions(name: string, current: SessionOptions, input: unknown): void {
  if (input === undefined) return;
  const asked = readSessionOptions({ ...current, ...(input as object) }, current);
  const differing = keys.filter(key => JSON.stringify(asked[key]) !== JSON.stringify(current[key]));
  if (differing.length === 0) return;
  const ignored = `session "${name}" is open with other options; the first ones stay (${differing.join(', ')})`;
  warn('SOJOURN_OPTIONS_IGNORED', ignored);
}

/** @throws {TypeError} If it cannot be a header's value. */
export function readUserAgent(purpose: string, input: unknown): string {
  if (typeof input === 'string' && input !== '' && /^[\t\x20-\x7e\x80-\xff]*$/.test(input)) return input;
  throw invalidType(`Cannot ${purpose}: userAgent must be a non-empty header value, got ${describe(input)}`);
}
