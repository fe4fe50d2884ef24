import type { ImportOptions } from '../cookies/cookie-store.ts';
import type { CookieFormat } from '../cookies/cookie-file.ts';
import { invalidType } from '../util/errors.ts';
import { describe, OptionsReader } from '../util/options.ts';
import type { CookieFilterInput } from './cookie-arguments.ts';

const formats: readonly CookieFormat[] = ['cookies.txt', 'storageState', 'json'];

/** Options of `cookies.export`. */
export interface CookieExportInput {
  format?: CookieFormat;
  filter?: CookieFilterInput;
}

/** Options of `cookies.import`. */
export interface CookieImportInput {
  format?: CookieFormat;
  mode?: 'merge' | 'replace-sites';
  dryRun?: boolean;
}

/** @throws {TypeError} If an option is wrong; `code` is `ERR_INVALID_OPTION`. */
export function readCookieExport(input: unknown): { format: CookieFormat; filter: object } {
  const options = new OptionsReader('export cookies', input, ['format', 'filter']);
  return { format: options.oneOf('format', formats, 'cookies.txt'), filter: options.object('filter', {}) };
}

/** @throws {TypeError} If an argument is wrong; `code` is `ERR_INVALID_OPTION`. */
export function readCookieImport(text: unknown, input: unknown): ImportOptions & { format: CookieFormat | undefined } {
  if (typeof text !== 'string')
    throw invalidType(`Cannot import cookies: text must be a string, got ${describe(text)}`);
  const options = new OptionsReader('import cookies', input, ['format', 'mode', 'dryRun']);
  return {
    format: options.oneOf<CookieFormat, undefined>('format', formats, undefined),
    mode: options.oneOf('mode', ['merge', 'replace-sites'], 'merge'),
    dryRun: options.boolean('dryRun', false),
  };
}
