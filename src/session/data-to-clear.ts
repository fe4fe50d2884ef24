import { invalidType } from '../util/errors.ts';
import { OptionsReader, describe, didYouMean } from '../util/options.ts';
import { warn } from '../util/warn.ts';

/** Options of `ses.clearStorageData`. */
export interface ClearStorageDataInput {
  /** As `window.location.origin`; default: all origins. */
  origin?: string;
  /** Default: all. Names are taken in any letter case. */
  storages?: string[];
  /** `temporary`, `persistent`, `syncable`; default: all. Browsers keep all that has a quota as `temporary`. */
  quotas?: string[];
}

/** Options of `ses.clearData`. */
export interface ClearDataInput {
  /** Default: all. */
  dataTypes?: string[];
  /** Default: all origins. Not with `excludeOrigins`. */
  origins?: string[];
  excludeOrigins?: string[];
  /** Default false: idle connections are closed too. */
  avoidClosingConnections?: boolean;
  /** Default `'third-parties-included'`: also what others left in the context of these origins. */
  originMatchingMode?: 'third-parties-included' | 'origin-in-all-contexts';
}

/** What only a browser's profile holds, by Chromium's names. */
export type WebStorageType =
  | 'file_systems'
  | 'indexeddb'
  | 'local_storage'
  | 'shader_cache'
  | 'service_workers'
  | 'cache_storage';

/** What is to be cleared. */
export interface DataToClear {
  readonly cookies: boolean;
  readonly cache: boolean;
  readonly webStorage: readonly WebStorageType[];
  /** undefined: everything. */
  readonly origins: { readonly listed: readonly URL[]; readonly kept: boolean } | undefined;
  /** Whether cookies go by registrable domain, as `clearData` has it, rather than by host. */
  readonly bySite: boolean;
  readonly thirdParties: boolean;
  readonly closeConnections: boolean;
}

/** All of the HTTP cache, and nothing else. */
export const wholeCache: DataToClear = {
  cookies: false,
  cache: true,
  webStorage: [],
  origins: undefined,
  bySite: false,
  thirdParties: false,
  closeConnections: false,
};

// Storages that Chromium no longer has are known, and have nothing to clear.
const storages: Readonly<Record<string, WebStorageType | 'cookies' | 'gone'>> = {
  appcache: 'gone',
  cachestorage: 'cache_storage',
  cookies: 'cookies',
  filesystem: 'file_systems',
  indexdb: 'indexeddb',
  'local storage': 'local_storage',
  localstorage: 'local_storage',
  serviceworkers: 'service_workers',
  shadercache: 'shader_cache',
  websql: 'gone',
};

const quotas = ['temporary', 'persistent', 'syncable'];
const underQuota: ReadonlySet<string> = new Set(['file_systems', 'indexeddb', 'service_workers', 'cache_storage']);

/** @throws {TypeError} If an option is wrong; `code` is `ERR_INVALID_OPTION`. */
export function readClearStorageData(input: unknown): DataToClear {
  const action = 'clear storage data';
  const options = new OptionsReader(action, input, ['origin', 'storages', 'quotas']);
  const named = known(action, 'storages', {
    given: options.strings('storages', undefined),
    allowed: Object.keys(storages),
  });
  const quota = known(action, 'quotas', { given: options.strings('quotas', undefined), allowed: quotas });
  const types = new Set(named.map(name => storages[name]!));
  const origin = options.string('origin', '');
  const kept = (type: WebStorageType): boolean => underQuota.has(type) && !quota.includes('temporary');
  return {
    cookies: types.has('cookies'),
    cache: false,
    webStorage: webStorageOf(types).filter(type => !kept(type)),
    origins: origin === '' ? undefined : { listed: [readOrigin(action, 'origin', origin)], kept: false },
    bySite: false,
    thirdParties: false,
    closeConnections: false,
  };
}

const dataTypes: Readonly<Record<string, WebStorageType | 'cookies' | 'cache' | 'gone'>> = {
  backgroundFetch: 'service_workers',
  cache: 'cache',
  cookies: 'cookies',
  downloads: 'gone',
  fileSystems: 'file_systems',
  indexedDB: 'indexeddb',
  localStorage: 'local_storage',
  serviceWorkers: 'service_workers',
  webSQL: 'gone',
};

/** @throws {TypeError} If an option is wrong, or `origins` comes with `excludeOrigins`; `code` is `ERR_INVALID_OPTION`. */
export function readClearData(input: unknown): DataToClear {
  const action = 'clear data';
  const options = new OptionsReader(action, input, [
    'dataTypes',
    'origins',
    'excludeOrigins',
    'avoidClosingConnections',
    'originMatchingMode',
  ]);
  const names = options.strings('dataTypes', Object.keys(dataTypes));
  const unknown = names.find(name => !(name in dataTypes));
  if (unknown !== undefined) {
    throw invalidType(
      `Cannot ${action}: dataTypes must be of ${Object.keys(dataTypes).join(', ')}, got ${describe(unknown)}`,
    );
  }
  const types = new Set(names.map(name => dataTypes[name]!));
  const mode = options.oneOf(
    'originMatchingMode',
    ['third-parties-included', 'origin-in-all-contexts'],
    'third-parties-included',
  );
  return {
    cookies: types.has('cookies'),
    cache: types.has('cache'),
    webStorage: webStorageOf(types),
    origins: readOrigins(action, options),
    bySite: true,
    thirdParties: mode === 'third-parties-included',
    closeConnections: !options.boolean('avoidClosingConnections', false),
  };
}

function readOrigins(action: string, options: OptionsReader): DataToClear['origins'] {
  const origins = options.strings('origins', undefined);
  const excluded = options.strings('excludeOrigins', undefined);
  if (origins && excluded) throw invalidType(`Cannot ${action}: origins and excludeOrigins cannot be given together`);
  if (origins) return { listed: origins.map(origin => readOrigin(action, 'origins', origin)), kept: false };
  return excluded && { listed: excluded.map(origin => readOrigin(action, 'excludeOrigins', origin)), kept: true };
}

function readOrigin(action: string, field: string, input: string): URL {
  const url = URL.parse(input);
  if (url?.protocol === 'file:' || (url && url.origin !== 'null')) return url;
  throw invalidType(`Cannot ${action}: ${field} must be an origin as "https://example.com", got ${describe(input)}`);
}

interface Names {
  readonly given: readonly string[] | undefined;
  readonly allowed: readonly string[];
}

/** Unknown names are left out with a warning: both eras of Electron ignore them. */
function known(action: string, field: string, { given, allowed }: Names): readonly string[] {
  if (given === undefined) return allowed;
  return given.flatMap(name => {
    const lower = name.toLowerCase();
    if (allowed.includes(lower)) return [lower];
    const unknown = `${action}: ${field} has an unknown name "${name.slice(0, 40)}"`;
    warn('SOJOURN_UNKNOWN_OPTION', unknown + didYouMean(name, allowed));
    return [];
  });
}

function webStorageOf(types: ReadonlySet<WebStorageType | 'cookies' | 'cache' | 'gone'>): WebStorageType[] {
  return [...types].filter(type => type !== 'cookies' && type !== 'cache' && type !== 'gone');
}
