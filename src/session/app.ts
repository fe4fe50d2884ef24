import { EventEmitter } from 'node:events';
import type { AuthInfo } from '../auth/authenticator.ts';
import type { Certificate } from '../certificates/certificate.ts';
import { errorNumber, readCallback, settle } from '../util/callback.ts';
import type { ProxyConfigInput } from '../proxy/proxy-config.ts';
import { invalidType, StateError } from '../util/errors.ts';
import { describe } from '../util/options.ts';
import type { SessionEvent } from '../util/session-event.ts';
import { version } from '../util/version.ts';
import type { LoginCallback, LoginRequestDetails } from './ask-program.ts';
import { AppPaths, type PathName } from './app-paths.ts';
import { CommandLine } from './command-line.ts';
import { type ImportCertificateInput, ImportedCertificates, readImport } from './imported-certificates.ts';
import type { Session } from './session.ts';

/** Events of `app`. */
export interface AppEvents {
  /** A session was made; there is no event argument, as in Electron. */
  'session-created': [session: Session];
  /** A server or proxy wants credentials, and no listener of the session's own answered. */
  login: [
    event: SessionEvent<App>,
    webContents: null,
    details: LoginRequestDetails,
    authInfo: AuthInfo,
    callback: LoginCallback,
  ];
  /** A server's certificate was found wanting, and no listener of the session's own answered. */
  'certificate-error': [
    event: SessionEvent<App>,
    webContents: null,
    url: string,
    error: string,
    certificate: Certificate,
    callback: (isTrusted: boolean) => void,
  ];
  /** A server may ask for a client certificate, and no listener of the session's own answered. */
  'select-client-certificate': [
    event: SessionEvent<App>,
    webContents: null,
    url: string,
    list: readonly Certificate[],
    callback: (certificate?: Certificate) => void,
  ];
}

/**
 * The program, as far as its sessions care: where data lies, and switches for sessions made afterwards.
 *
 * @see Electron `app`
 * @example Data of this program apart from that of others
 * import { app } from 'sojourn';
 * app.setName('my-tool');
 * console.assert(app.getPath('userData').endsWith('my-tool'));
 */
export class App extends EventEmitter<AppEvents> {
  readonly commandLine: CommandLine = new CommandLine();
  /** For sessions. */
  readonly importedCertificates: ImportedCertificates = new ImportedCertificates();
  readonly #paths = new AppPaths();
  #name = 'sojourn';
  #defaultSession: (() => Session) | undefined;

  /** Which direction `cookies.get({ domain })` matches unless the call says; see `configure`. */
  cookieDomainMatch: 'subdomains' | 'host' | 'both' = 'subdomains';

  get name(): string {
    return this.#name;
  }

  set name(name: string) {
    this.setName(name);
  }

  getName(): string {
    return this.#name;
  }

  /**
   * Names the program, and puts the data of sessions made afterwards below `apps/<name>`.
   *
   * @throws {TypeError} If the name cannot be one of a directory; `code` is `ERR_INVALID_OPTION`.
   */
  setName(name: string): void {
    if (typeof name !== 'string' || !/^[^/\\\0]+$/.test(name) || /^\.+$/.test(name) || name.length > 100) {
      throw invalidType(`Cannot set the name: it must be 1 to 100 characters without a slash, got ${describe(name)}`);
    }
    this.#name = name;
    this.#paths.setAppName(name);
  }

  /** The version of this library. */
  getVersion(): string {
    return version;
  }

  /**
   * A directory, by Electron's name for it.
   *
   * @throws {TypeError} `Failed to get path`, if the name is unknown; `code` is `ERR_INVALID_OPTION`.
   */
  getPath(name: PathName): string {
    return this.#paths.get(name);
  }

  /**
   * Sets a directory. `userData` moves the data of sessions made afterwards.
   *
   * @throws {TypeError} If the name is unknown or the path not absolute; `code` is `ERR_INVALID_OPTION`.
   */
  setPath(name: PathName, path: string): void {
    this.#paths.set(name, path);
  }

  /**
   * Takes in a client certificate with its key, which every session, open or made later, shows to servers that ask for one.
   * It lasts as long as the program.
   *
   * @param callback - Electron's form: `(result)`, 0 or a negative network error number.
   * @throws {TypeError} If an option is wrong; `code` is `ERR_INVALID_OPTION`.
   * @throws {NetError} ERR_FILE_NOT_FOUND, ERR_PKCS12_IMPORT_BAD_PASSWORD or ERR_PKCS12_IMPORT_FAILED.
   * @see Electron `app.importCertificate`
   */
  importCertificate(options: ImportCertificateInput, callback?: (result: number) => void): Promise<void> {
    const done = readCallback<NonNullable<typeof callback>>('import a certificate', callback);
    return settle(done, errorNumber, () => this.importedCertificates.import(readImport(options)));
  }

  /** Called by the session module only. */
  serve(defaultSession: () => Session): void {
    this.#defaultSession = defaultSession;
  }

  /**
   * `setProxy` of the default session. Other sessions keep theirs.
   *
   * Electron's sets the proxy of requests that belong to no session; here, every request belongs to one.
   *
   * @throws {TypeError} If it is malformed as a whole; `code` is `ERR_INVALID_OPTION`. Nothing is changed then.
   * @see Electron `app.setProxy`
   */
  setProxy(config: string | ProxyConfigInput, callback?: (error?: Error) => void): Promise<void> {
    return this.#requireDefaultSession().setProxy(config, callback);
  }

  /** `resolveProxy` of the default session. @see Electron `app.resolveProxy` */
  resolveProxy(url: string | URL, callback?: (proxy: string) => void): Promise<string> {
    return this.#requireDefaultSession().resolveProxy(url, callback);
  }

  #requireDefaultSession(): Session {
    if (this.#defaultSession) return this.#defaultSession();
    throw new StateError('ERR_INVALID_STATE', 'Cannot set or resolve a proxy: no session module serves this app');
  }

  /** Sessions are always ready. */
  isReady(): boolean {
    return true;
  }

  /** Resolves at once: sessions are always ready. */
  whenReady(): Promise<void> {
    return Promise.resolve();
  }
}
