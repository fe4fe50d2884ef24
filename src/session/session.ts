import type { Agent as HttpAgent } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import type { LegacyVerifyProc, VerifyProc } from '../certificates/verify-proc.ts';
import type { HostEndpoint } from '../hosts/name-lookup.ts';
import { readResolveOptions } from '../hosts/resolve-options.ts';
import type { EventSourceConstructor } from '../network/event-source.ts';
import type { FetchResponse } from '../network/fetch-response.ts';
import type { SessionDispatcher } from '../network/dispatcher.ts';
import type * as Fetch from '../network/fetch.ts';
import type { FetchParts } from '../network/fetch.ts';
import type { FetchDefaults, FetchInit } from '../network/fetch-request.ts';
import type { WebSocketConstructor } from '../network/web-socket.ts';
import { type ProxyConfigInput, readProxyConfig } from '../proxy/proxy-config.ts';
import { errorNumber, errorOnly, type Outcome, readCallback, settle } from '../util/callback.ts';
import { invalidRange, invalidType, type StoreError } from '../util/errors.ts';
import { OptionsReader } from '../util/options.ts';
import { SessionEvent } from '../util/session-event.ts';
import { readUrl } from '../util/url.ts';
import { Proxy } from './proxy.ts';
import { readAcceptLanguages } from './accept-languages.ts';
import { Certificates } from './certificates.ts';
import type { CacheListing } from '../cache/http-cache.ts';
import type { CacheStats } from '../cache/cache-usage.ts';
import type { ChainDescription } from '../certificates/describe-chain.ts';
import {
  type NetworkConditions,
  type NetworkEmulationInput,
  type NetworkPreset,
  noEmulation,
  readEmulation,
} from '../conditions/network-conditions.ts';
import {
  type ClearDataInput,
  type ClearStorageDataInput,
  type DataToClear,
  readClearData,
  readClearStorageData,
  wholeCache,
} from './data-to-clear.ts';
import { SessionLife, type SessionParts } from './session-life.ts';
import type { SessionNetwork } from './session-network.ts';
import type { SslConfigInput } from '../certificates/ssl-config.ts';
import { readUserAgent, type SessionOptions } from './session-options.ts';

/** The network conditions in force, and the bytes of bodies received and sent so far. */
export interface SessionConditions extends NetworkConditions {
  readonly bytesDown: number;
  readonly bytesUp: number;
}

/** What `ses.resolveHost` gives. */
export interface ResolvedHost {
  endpoints: HostEndpoint[];
}

const made: unique symbol = Symbol('made by the session module');

/**
 * One isolated browser identity: cookies, connections and everything else that a browser keeps for a partition.
 *
 * Made by `session.fromPartition` and `session.fromPath`. Owned by the program, which closes it; nothing is opened
 * before its first use.
 *
 * @see Electron `Class: Session`
 * @example Log in once, be logged in from then on
 * import { session } from 'sojourn';
 * const ses = session.fromPartition('persist:work');
 * const response = await ses.fetch('https://site.test/account');
 * console.log(response.status, await response.text());
 */
export class Session extends SessionLife {
  /** Roots, revocation lists and client certificates of this session. */
  readonly certificates: Certificates;
  /** Why requests go through which proxy. */
  readonly proxy: Proxy;
  #userAgent: string;
  #acceptLanguage = 'en-US';

  /** @throws {TypeError} `Session objects cannot be created with 'new'`, when a program tries. */
  constructor(token: unknown, parts: SessionParts) {
    if (token !== made) throw invalidType("Session objects cannot be created with 'new'");
    super(parts);
    this.#userAgent = parts.options.userAgent;
    this.certificates = new Certificates(() => this.useNetwork('change certificates').trust);
    this.proxy = new Proxy(() => this.useNetwork('explain a proxy').proxies.resolver);
  }

  protected override fetchDefaults(): FetchDefaults {
    return { userAgent: this.#userAgent, acceptLanguage: this.#acceptLanguage };
  }

  /** Called by the session module only. */
  static make(parts: SessionParts): Session {
    return new Session(made, parts);
  }

  /** Called by `net` only. @throws {StateError} If the session is closed. */
  static networkOf(session: Session, action: string): SessionNetwork {
    return session.useNetwork(action);
  }

  /** Called by `net` only: whether an outage is emulated. */
  static isOffline(session: Session): boolean {
    return session.usedNetwork?.shaper.conditions.offline ?? false;
  }

  /** Where it lies on disk; null in memory. */
  get storagePath(): string | null {
    return this.parts.directory ?? null;
  }

  getStoragePath(): string | null {
    return this.storagePath;
  }

  /** Whether it outlives the process. */
  isPersistent(): boolean {
    return this.parts.directory !== undefined;
  }

  /** The options it was made with. */
  get options(): SessionOptions {
    return this.parts.options;
  }

  /**
   * WHATWG fetch as this identity: its cookies are sent and stored, on every hop.
   *
   * @param input - A URL or a Request.
   * @param init - See `FetchInit`.
   * @returns Rejects with a `NetError` when the network fails, with the signal's reason when aborted.
   * @throws {TypeError} If an argument is wrong; `code` is `ERR_INVALID_OPTION`.
   * @see Fetch standard; Electron `ses.fetch`
   */
  fetch(input: string | URL | Request, init?: FetchInit): Promise<FetchResponse> {
    try {
      const { fetchParts } = this.useNetwork('fetch');
      // Not an async function: it would add a promise to every request for the sake of the first one.
      if (fetchModule) return fetchModule.sessionFetch(fetchParts, input, init) as Promise<FetchResponse>;
      return firstFetch(fetchParts, input, init);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  /** An undici Dispatcher with all of the session's duties, for whatever takes one. */
  get dispatcher(): SessionDispatcher {
    return this.useNetwork('dispatch').dispatcher;
  }

  /**
   * An agent of `node:http` with this identity's cookies, name look-up and proxies, for got, axios and whatever takes one.
   *
   * HTTP/1.1 and no cache; HSTS does not apply, because an agent cannot move a request to https. Look-up and TLS options
   * of a request have no effect: they are the session's.
   *
   * @example A client that keeps no cookies of its own
   * import { get } from 'node:http';
   * import { session } from 'sojourn';
   * const ses = session.fromPartition('persist:work');
   * get('http://site.test/account', { agent: ses.httpAgent }, response => response.resume());
   */
  get httpAgent(): HttpAgent {
    return this.useNetwork('make an agent').agents.http;
  }

  /** The same for `node:https`. */
  get httpsAgent(): HttpsAgent {
    return this.useNetwork('make an agent').agents.https;
  }

  /** WHATWG WebSocket as this identity; its options are `protocols`, `headers` and `origin`. Ends with the session. */
  get WebSocket(): WebSocketConstructor {
    return this.useNetwork('make a WebSocket').webSocket;
  }

  /** WHATWG EventSource as this identity. Ends with the session. */
  get EventSource(): EventSourceConstructor {
    return this.useNetwork('make an EventSource').eventSource;
  }

  getUserAgent(): string {
    return this.#userAgent;
  }

  /**
   * Sets the User-Agent, and with it Accept-Language, of requests from now on.
   *
   * @param acceptLanguages - A list as `'en-US,fr,de'`; it is sent as `en-US,fr;q=0.9,de;q=0.8`.
   * @throws {TypeError} If one cannot be a header's value; `code` is `ERR_INVALID_OPTION`.
   * @see Electron `ses.setUserAgent`
   */
  setUserAgent(userAgent: string, acceptLanguages?: string): void {
    this.requireOpen('set the user agent');
    const read = readUserAgent('set the user agent', userAgent);
    if (acceptLanguages !== undefined) this.#acceptLanguage = readAcceptLanguages(acceptLanguages);
    this.#userAgent = read;
  }

  /**
   * The addresses of a host, by this session's rules and cache.
   *
   * @throws {NetError} ERR_NAME_NOT_RESOLVED. @throws {TypeError} If an option is wrong.
   * @see Electron `ses.resolveHost`
   */
  async resolveHost(
    host: string,
    options?: { queryType?: 'A' | 'AAAA'; source?: string; cacheUsage?: string; secureDnsPolicy?: string },
  ): Promise<ResolvedHost> {
    const { resolver } = this.useNetwork('resolve a host');
    return { endpoints: [...(await resolver.resolve(host, readResolveOptions(options)))] };
  }

  /** Forgets the addresses of every host. */
  async clearHostResolverCache(): Promise<void> {
    this.useNetwork('clear the host cache').resolver.clearCache();
  }

  /** Cuts every connection; requests under way fail with ERR_ABORTED, later ones connect anew. */
  closeAllConnections(callback?: (error?: Error) => void): Promise<void> {
    const done = readCallback<NonNullable<typeof callback>>('close all connections', callback);
    return settle(done, errorOnly, () => {
      this.requireOpen('close all connections');
      return this.usedNetwork?.closeAllConnections() ?? Promise.resolve();
    });
  }

  /**
   * Opens connections to an origin before a request needs them.
   *
   * @param options - `url`, and `numSockets`: 1 (default) to 6.
   * @throws {TypeError | RangeError} In Electron's words; `code` is `ERR_INVALID_OPTION`.
   * @see Electron `ses.preconnect`
   */
  preconnect(options: { url: string; numSockets?: number }): void {
    const reader = new OptionsReader('preconnect', options, ['url', 'numSockets']);
    const url = URL.parse(reader.string('url', ''));
    if (!url?.hostname) throw invalidType('Must pass non-empty valid url to session.preconnect.');
    const count = reader.number('numSockets', 1, { integer: true });
    if (count < 1 || count > 6) throw invalidRange('numSocketsToPreconnect is outside range [1,6]');
    this.useNetwork('preconnect').preconnect(url, count);
    this.emit('preconnect', new SessionEvent(this), url.href, true);
  }

  /**
   * Sets the proxies of this session's requests, from the next one on.
   *
   * Requests in flight keep their proxy; idle connections of the old rules are closed. The implicit bypass of the
   * loopback holds for every form: `<-loopback>` in `proxyBypassRules` lifts it.
   *
   * @param config - v0.36's string (the URL of a PAC script, else rules), or `ProxyConfigInput`.
   * @throws {TypeError} If it is malformed as a whole; `code` is `ERR_INVALID_OPTION`. Nothing is changed then.
   * @see Electron `ses.setProxy`; Chromium net/docs/proxy.md
   * @example Everything through SOCKS
   * import { session } from 'sojourn';
   * const ses = session.fromPartition('crawl');
   * await ses.setProxy({ proxyRules: 'socks5://127.0.0.1:1080' });
   * console.assert((await ses.resolveProxy('https://site.test/')) === 'SOCKS5 127.0.0.1:1080');
   */
  setProxy(config: string | ProxyConfigInput, callback?: (error?: Error) => void): Promise<void> {
    const done = readCallback<NonNullable<typeof callback>>('set the proxy', callback);
    return settle(done, errorOnly, () => {
      const read = readProxyConfig(config);
      return this.useNetwork('set the proxy').setProxy(read);
    });
  }

  /**
   * The proxies for a URL as a PAC script would say it: `PROXY host:port;DIRECT`. Empty when that fails.
   *
   * @throws {TypeError} If the URL cannot be parsed; `code` is `ERR_INVALID_OPTION`.
   * @see Electron `ses.resolveProxy`
   */
  resolveProxy(url: string | URL, callback?: (proxy: string) => void): Promise<string> {
    const done = readCallback<NonNullable<typeof callback>>('resolve a proxy', callback);
    return settle(done, proxyOutcome, () => {
      const target = readUrl('resolve a proxy', url);
      return this.useNetwork('resolve a proxy').proxies.resolve(target);
    });
  }

  /** Fetches the PAC script, or reads the environment, again. @see Electron `ses.forceReloadProxyConfig` */
  forceReloadProxyConfig(callback?: (error?: Error) => void): Promise<void> {
    const done = readCallback<NonNullable<typeof callback>>('reload the proxy configuration', callback);
    return settle(done, errorOnly, () => this.useNetwork('reload the proxy configuration').proxies.reload());
  }

  /**
   * Sets who judges servers' certificates; null: the session itself, as Chromium does.
   *
   * The proc is asked for every certificate, good or bad, before a byte of a request is sent. Its verdict holds for that
   * host and certificate until another proc is set; connections opened before are not used again. One that throws,
   * answers twice, or does not answer within 30 s has refused.
   *
   * @param proc - `(request, callback)` with a number: 0 accepts, -2 refuses, -3 leaves it to the session, another
   *   certificate error's number refuses with it; or v0.36's `(hostname, certificate, callback)` with a boolean, known by
   *   its three parameters, or by `style: 'legacy'`.
   * @throws {TypeError} `Must pass null or function`; `code` is `ERR_INVALID_OPTION`.
   * @see Electron `ses.setCertificateVerifyProc`
   */
  setCertificateVerifyProc(proc: VerifyProc | null): void;
  setCertificateVerifyProc(proc: LegacyVerifyProc | null, options?: { style?: 'legacy' }): void;
  setCertificateVerifyProc(proc: VerifyProc | LegacyVerifyProc | null, options?: { style?: 'legacy' }): void {
    const action = 'set the certificate verify proc';
    const style = new OptionsReader(action, options, ['style']).oneOf('style', ['legacy'], undefined);
    this.useNetwork(action).verifier.setProc(proc, style);
  }

  /**
   * Sets the versions and cipher suites of TLS for new connections.
   *
   * @throws {TypeError | RangeError} If a field is wrong; `code` is `ERR_INVALID_OPTION`.
   * @see Electron `ses.setSSLConfig`
   */
  setSSLConfig(config: SslConfigInput): void {
    this.useNetwork('set the TLS configuration').trust.setSslConfig(config);
  }

  /**
   * Makes the network look slower than it is, or gone, for everything that the session sends; at once, also for what is
   * running. Answers from the cache are not touched.
   *
   * @param options - `offline` (wins over the rest), `latency` in ms, `downloadThroughput` and `uploadThroughput` in
   *   bytes per second, 0 or absent for no limit; or a preset: `'GPRS'`, `'Slow 3G'`, `'Fast 3G'`, `'Slow 4G'`, `'DSL'`.
   * @throws {TypeError | RangeError} If a field is wrong; `code` is `ERR_INVALID_OPTION`. Nothing is changed then.
   * @see Electron `ses.enableNetworkEmulation`
   * @example An outage
   * import { session } from 'sojourn';
   * const ses = session.fromPartition('emulated');
   * ses.enableNetworkEmulation({ offline: true });
   * const error = await ses.fetch('https://site.test/').catch(reason => reason);
   * console.assert(error.code === 'ERR_INTERNET_DISCONNECTED');
   * ses.disableNetworkEmulation();
   */
  enableNetworkEmulation(options: NetworkEmulationInput | NetworkPreset): void {
    const conditions = readEmulation(options);
    this.useNetwork('enable network emulation').shaper.conditions = conditions;
  }

  /** The network as it is, again; what runs is released at once. @see Electron `ses.disableNetworkEmulation` */
  disableNetworkEmulation(): void {
    this.useNetwork('disable network emulation').shaper.conditions = noEmulation;
  }

  /** The network conditions in force, and the bytes of bodies that went through so far. */
  get conditions(): SessionConditions {
    const { conditions, bytesDown, bytesUp } = this.useNetwork('tell the conditions').shaper;
    return { ...conditions, bytesDown, bytesUp };
  }

  /**
   * The certificate chain that a server shows on a fresh connection, with the session's verdict. Nothing is sent to it.
   *
   * @throws {NetError} If there is no connection. @throws {TypeError} If the URL cannot be parsed.
   */
  async describeCertificate(url: string | URL): Promise<ChainDescription> {
    return this.useNetwork('describe a certificate').describeCertificate(readUrl('describe a certificate', url));
  }

  /** What the HTTP cache stores, URL by URL. */
  cacheEntries(): Iterable<CacheListing> {
    return this.useNetwork('list the cache').cache?.entries() ?? [];
  }

  /** How often the HTTP cache answered, all processes together. */
  cacheStats(): CacheStats {
    return this.useNetwork('tell of the cache').cache?.stats() ?? noStats;
  }

  /** What the HTTP cache holds, in bytes. @see Electron `ses.getCacheSize` */
  async getCacheSize(): Promise<number> {
    return this.useNetwork('get the cache size').cache?.size() ?? 0;
  }

  /**
   * Clears the HTTP cache: nothing that runs is cancelled, and nothing from before is served afterwards.
   *
   * @param callback - v0.36 form: `(result)`, 0 or a negative network error number.
   * @see Electron `ses.clearCache`
   */
  clearCache(callback?: (result: number) => void): Promise<void> {
    const done = readCallback<NonNullable<typeof callback>>('clear the cache', callback);
    return settle(done, errorNumber, () => this.#clear('clear the cache', wholeCache));
  }

  /**
   * Clears cookies, and what a browser's profile holds, of one origin or of all.
   *
   * @param options - `origin`, `storages`, `quotas`; default: everything.
   * @throws {TypeError} If an option is wrong; `code` is `ERR_INVALID_OPTION`. Unknown names of storages are a warning.
   * @throws {StateError} ERR_NO_BROWSER, when the partition has a browser's profile and there is no browser.
   * @see Electron `ses.clearStorageData`
   */
  clearStorageData(options: ClearStorageDataInput | undefined, callback?: (error?: Error) => void): Promise<void>;
  clearStorageData(callback?: (error?: Error) => void): Promise<void>;
  clearStorageData(first?: ClearStorageDataInput | ((error?: Error) => void), second?: unknown): Promise<void> {
    const action = 'clear storage data';
    const [input, callback] = typeof first === 'function' ? [undefined, first] : [first, second];
    const done = readCallback<(error?: Error) => void>(action, callback);
    return settle(done, errorOnly, () => this.#clear(action, readClearStorageData(input)));
  }

  /**
   * Clears data of every kind, of the origins given, of all but them, or of all.
   *
   * @throws {TypeError} If an option is wrong, or `origins` comes with `excludeOrigins`; `code` is `ERR_INVALID_OPTION`.
   * @throws {StateError} As `clearStorageData`.
   * @see Electron `ses.clearData`
   */
  clearData(options?: ClearDataInput): Promise<void> {
    return settle(undefined, errorOnly, () => this.#clear('clear data', readClearData(options)));
  }

  /** Begins to force everything to the disk; problems are a `store-error` event. @see Electron `ses.flushStorageData` */
  flushStorageData(): void {
    const { store } = this.open('flush storage data');
    store.flush().catch((error: StoreError) => this.reportProblem(error));
  }

  /** Forgets the credentials given for servers and proxies. */
  clearAuthCache(callback?: (error?: Error) => void): Promise<void> {
    const done = readCallback<NonNullable<typeof callback>>('clear the auth cache', callback);
    return settle(done, errorOnly, async () => {
      this.requireOpen('clear the auth cache');
      this.usedNetwork?.clearAuthCache();
    });
  }

  async #clear(action: string, what: DataToClear): Promise<void> {
    const { store, cookies } = this.open(action);
    const { clearData } = await import('./clear-data.ts');
    // The cache may lie on disk though this process has sent nothing yet.
    const cache = what.cache ? this.useNetwork(action).cache : undefined;
    await clearData(what, { cookies, cache, store });
    if (what.closeConnections) this.usedNetwork?.retireConnections();
  }
}

const noStats: CacheStats = { hits: 0, revalidated: 0, misses: 0 };

const proxyOutcome: Outcome<string, [proxy: string]> = { ok: proxy => [proxy], failed: () => [''] };

let fetchModule: typeof Fetch | undefined;

/** The code is loaded now: a program that only reads cookies need not pay for it. */
async function firstFetch(parts: FetchParts, input: unknown, init: FetchInit | undefined): Promise<FetchResponse> {
  // Under way from now on, so that a session that is closed meanwhile waits for it.
  parts.active.enter();
  try {
    fetchModule ??= await import('../network/fetch.ts');
    return (await fetchModule.sessionFetch(parts, input, init)) as FetchResponse;
  } finally {
    parts.active.leave();
  }
}
