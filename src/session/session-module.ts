import type { Dirent } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { type Clock, systemClock } from '../util/clock.ts';
import { invalidType } from '../util/errors.ts';
import { describe } from '../util/options.ts';
import type { App } from './app.ts';
import { parsePartition, partitionOfDirectory } from './partition.ts';
import { proxyOfSwitches } from './proxy-switches.ts';
import { Session } from './session.ts';
import type { SessionEvents } from './session-events.ts';
import { readSessionOptions, type SessionOptionsInput, warnOfOtherOptions } from './session-options.ts';

/** What an open session is kept under. */
interface Place {
  readonly key: string;
  /** For messages. */
  readonly name: string;
  readonly directory: string | undefined;
}

/**
 * The `session` module: makes and finds sessions. The same string gives the same object for as long as it is open.
 *
 * @see Electron `session`
 * @example A session on disk, and one that ends with the process
 * import { session } from 'sojourn';
 * const work = session.fromPartition('persist:work');
 * const scratch = session.fromPartition('scratch');
 * console.assert(work.isPersistent() && !scratch.isPersistent());
 */
export class SessionModule {
  readonly #app: App;
  readonly #clock: Clock;
  /** The partition registry. */
  readonly #open = new Map<string, Session>();
  /** What of a partition is still being closed. */
  readonly #closing = new Map<string, Promise<unknown>>();

  /** Made by the library only. @internal */
  constructor(app: App, clock: Clock = systemClock) {
    this.#app = app;
    this.#clock = clock;
    app.serve(() => this.defaultSession);
  }

  /** The default session of the program, which is kept on disk. */
  get defaultSession(): Session {
    return this.fromPartition('');
  }

  /**
   * The session of a partition: `persist:name` is kept on disk, `''` is the default session, any other name lives in memory.
   *
   * @param options - Count when the session is made; other ones for an open session are a warning.
   * @throws {TypeError | RangeError} If an argument is wrong; `code` is `ERR_INVALID_OPTION`.
   * @see Electron `session.fromPartition`
   */
  fromPartition(partition: string, options?: SessionOptionsInput): Session {
    const { key, path } = parsePartition('make a session', partition);
    const directory = path && join(this.#app.getPath('sessionData'), ...path);
    return this.#find({ key: `partition ${key}`, name: key, directory }, options);
  }

  /**
   * The session that lives in a directory of the program's choice.
   *
   * @param path - Absolute.
   * @throws {TypeError} In Electron's words; `code` is `ERR_INVALID_OPTION`.
   * @see Electron `session.fromPath`
   */
  fromPath(path: string, options?: SessionOptionsInput): Session {
    if (path === '') throw invalidType('An empty path was specified');
    if (typeof path !== 'string' || !isAbsolute(path)) throw invalidType('An absolute path was not provided');
    return this.#find({ key: `path ${resolve(path)}`, name: path, directory: path }, options);
  }

  /** The partition strings of what is on disk; the default session is `''`. */
  async partitions(): Promise<string[]> {
    const data = this.#app.getPath('sessionData');
    const hasDefault = (await directories(data)).includes('Default');
    const named = (await directories(join(data, 'Partitions')))
      .map(partitionOfDirectory)
      .filter(name => name !== undefined);
    return [...(hasDefault ? [''] : []), ...named.toSorted()];
  }

  /**
   * Closes a partition's session, cutting its requests, and removes its data. Removing what is not there is success.
   *
   * @param partition - The string given to `fromPartition`.
   * @throws {TypeError} If it is no string; `code` is `ERR_INVALID_OPTION`.
   */
  async deletePartition(partition: string): Promise<void> {
    if (typeof partition !== 'string') {
      throw invalidType(`Cannot delete a partition: partition must be a string, got ${describe(partition)}`);
    }
    const { key, path } = parsePartition('delete a partition', partition);
    const place = `partition ${key}`;
    const open = this.#open.get(place);
    await open?.destroy();
    await this.#closing.get(place);
    // One that is open may lie where the program's data was before.
    const directory = open ? open.storagePath : path && join(this.#app.getPath('sessionData'), ...path);
    if (directory) await rm(directory, { recursive: true, force: true });
  }

  // v0.36's sample listens on the module; it means the default session.
  on<E extends keyof SessionEvents>(event: E, listener: (...args: SessionEvents[E]) => void): this {
    this.defaultSession.on(event, listener as never);
    return this;
  }

  once<E extends keyof SessionEvents>(event: E, listener: (...args: SessionEvents[E]) => void): this {
    this.defaultSession.once(event, listener as never);
    return this;
  }

  off<E extends keyof SessionEvents>(event: E, listener: (...args: SessionEvents[E]) => void): this {
    this.defaultSession.off(event, listener as never);
    return this;
  }

  #find(place: Place, input: SessionOptionsInput | undefined): Session {
    const open = this.#open.get(place.key);
    if (!open) return this.#make(place, input);
    warnOfOtherOptions(place.name, open.options, input);
    return open;
  }

  #make({ key, name, directory }: Place, input: SessionOptionsInput | undefined): Session {
    const { commandLine } = this.#app;
    const made = Session.make({
      name,
      directory,
      options: readSessionOptions(input, {
        hostRules: commandLine.getSwitchValue('host-resolver-rules'),
        cache: !commandLine.hasSwitch('disable-http-cache'),
      }),
      endpointRules: commandLine.getSwitchValue('host-rules'),
      ignoresCertificateErrors: commandLine.hasSwitch('ignore-certificate-errors'),
      proxy: proxyOfSwitches(commandLine),
      app: this.#app,
      clock: this.#clock,
      domainMatch: () => this.#app.cookieDomainMatch,
      forget: closed => {
        if (this.#open.get(key) === made) this.#open.delete(key);
        this.#remember(key, closed);
      },
    });
    this.#open.set(key, made);
    this.#app.emit('session-created', made);
    return made;
  }

  #remember(key: string, closed: Promise<void>): void {
    const all = Promise.allSettled([this.#closing.get(key), closed]).then(() => {
      if (this.#closing.get(key) === all) this.#closing.delete(key);
    });
    this.#closing.set(key, all);
  }
}

async function directories(path: string): Promise<string[]> {
  const entries = await readdir(path, { withFileTypes: true }).catch((error: NodeJS.ErrnoException): Dirent[] => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return entries.filter(entry => entry.isDirectory()).map(entry => entry.name);
}
