import { homedir, tmpdir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { invalidType } from '../util/errors.ts';
import { describe } from '../util/options.ts';
import { defaultDataDirectory, userDataHome } from './data-directory.ts';

const names = [
  'home',
  'appData',
  'userData',
  'sessionData',
  'temp',
  'exe',
  'module',
  'desktop',
  'documents',
  'downloads',
  'music',
  'pictures',
  'videos',
  'cache',
  'userCache',
  'userDesktop',
] as const;

/** A name that `app.getPath` knows. */
export type PathName = (typeof names)[number];

/** The directories of `app.getPath`, with those that the program sets. */
export class AppPaths {
  readonly #set = new Map<PathName, string>();
  #name: string | undefined;

  /** Gives the program a data directory of its own. */
  setAppName(name: string): void {
    this.#name = name;
  }

  get(name: unknown): string {
    const known = names.find(candidate => candidate === name);
    // Electron's message.
    if (!known) throw invalidType('Failed to get path');
    return this.#set.get(known) ?? this.#default(known);
  }

  set(name: unknown, path: unknown): void {
    const known = names.find(candidate => candidate === name);
    if (!known) throw invalidType(`Cannot set a path: name must be one of ${names.join(', ')}, got ${describe(name)}`);
    if (typeof path !== 'string' || !isAbsolute(path)) {
      throw invalidType(`Cannot set the path "${known}": path must be absolute, got ${describe(path)}`);
    }
    this.#set.set(known, path);
  }

  #default(name: PathName): string {
    const home = homedir();
    switch (name) {
      case 'home':
        return home;
      case 'appData':
        return userDataHome(process.env, process.platform);
      case 'sessionData':
        return this.get('userData');
      case 'userData':
        return this.#name === undefined ? defaultDataDirectory() : join(defaultDataDirectory(), 'apps', this.#name);
      case 'temp':
        return tmpdir();
      case 'exe':
      case 'module':
        return process.execPath;
      case 'cache':
      case 'userCache':
        return join(this.get('userData'), 'Cache');
      // What Electron calls downloads is where sessions put them; see `setDownloadPath`.
      case 'downloads':
        return join(this.get('userData'), 'Downloads');
      case 'userDesktop':
        return join(home, 'Desktop');
      default:
        return join(home, name[0]!.toUpperCase() + name.slice(1));
    }
  }
}
