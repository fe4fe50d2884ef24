import { OptionsReader } from '../util/options.ts';

/** What `resolveHost` may be asked, complete. */
export interface ResolveOptions {
  /** Only IPv4 (`A`) or only IPv6 (`AAAA`) addresses; undefined: both. */
  readonly queryType: 'A' | 'AAAA' | undefined;
  /**
   * `any` and `system`: the operating system; `dns`: the name servers, past the hosts file; `localOnly`: literals,
   * localhost and what is cached; `mdns`: known, but has no resolver here.
   */
  readonly source: 'any' | 'system' | 'dns' | 'mdns' | 'localOnly';
  readonly cacheUsage: 'allowed' | 'staleAllowed' | 'disallowed';
}

/** What the pipeline itself asks. */
export const defaultResolveOptions: ResolveOptions = { queryType: undefined, source: 'any', cacheUsage: 'allowed' };

/**
 * Reads the options of `ses.resolveHost`.
 *
 * `secureDnsPolicy` is checked and has no effect: names are asked of the operating system, never over HTTPS.
 *
 * @throws {TypeError} If a value is none of the allowed; `code` is `ERR_INVALID_OPTION`.
 * @see Electron `ses.resolveHost`
 */
export function readResolveOptions(input: unknown): ResolveOptions {
  const options = new OptionsReader('resolve a host', input, ['queryType', 'source', 'cacheUsage', 'secureDnsPolicy']);
  options.oneOf('secureDnsPolicy', ['allow', 'disable'], 'allow');
  return {
    queryType: options.oneOf<'A' | 'AAAA', undefined>('queryType', ['A', 'AAAA'], undefined),
    source: options.oneOf('source', ['any', 'system', 'dns', 'mdns', 'localOnly'], 'any'),
    cacheUsage: options.oneOf('cacheUsage', ['allowed', 'staleAllowed', 'disallowed'], 'allowed'),
  };
}
