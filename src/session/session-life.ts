import { EventEmitter } from 'node:events';
import { join } from 'node:path';
import { cookieCodec } from '../cookies/cookie-codec.ts';
import { CookieStore } from '../cookies/cookie-store.ts';
import type { FetchDefaults } from '../network/fetch-request.ts';
import type { ProxyConfig } from '../proxy/proxy-config.ts';
import { openStore } from '../storage/open-store.ts';
import type { Store } from '../storage/store.ts';
import type { Clock } from '../util/clock.ts';
import { StateError, type StoreError } from '../util/errors.ts';
import { SessionEvent } from '../util/session-event.ts';
import { warn } from '../util/warn.ts';
import type { App } from './app.ts';
import { Cookies } from './cookies.ts';
import type { SessionEvents } from './session-events.ts';
import type { Session } from './session.ts';
import { SessionNetwork } from './session-network.ts';
import type { SessionOptions } from './session-options.ts';

/** What a session is made of. */
export interface SessionParts {
  /** Partition string or path, for messages. */
  readonly name: string;
  /** Where it lies on disk; undefined in memory. */
  readonly directory: string | undefined;
  readonly options: SessionOptions;
  readonly endpointRules: string;
  /** Chromium's `--ignore-certificate-errors`. */
  readonly ignoresCertificateErrors: boolean;
  /** The proxy configuration that it begins with. */
  readonly proxy: ProxyConfig;
  readonly app: App;
  readonly clock: Clock;
  readonly domainMatch: () => 'subdomains' | 'host' | 'both';
  /** Takes it out of the registry, so that the next `fromPartition` makes a new one, once it begins to close. */
  readonly forget: (closed: Promise<void>) => void;
}

/**
 * The life of a session: what it owns, opened at its first use and closed in order.
 *
 *   open --close()--> closing --drained, flushed--> closed
 *   open, closing --destroy()--> closed
 */
export abstract class SessionLife extends EventEmitter<SessionEvents> implements AsyncDisposable {
  readonly cookies: Cookies;
  protected readonly parts: SessionParts;
  #opened: { readonly store: Store; readonly cookies: CookieStore } | undefined;
  #network: SessionNetwork | undefined;
  #closed: Promise<void> | undefined;
  #destroyed: Promise<void> | undefined;

  constructor(parts: SessionParts) {
    super();
    this.parts = parts;
    this.cookies = new Cookies({ open: action => this.open(action), domainMatch: parts.domainMatch });
  }

  /** What requests carry that say nothing else. */
  protected abstract fetchDefaults(): FetchDefaults;

  /** Waits for requests under way, commits everything, frees everything. Afterwards the object is of no use. */
  close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = this.#shutDown();
      this.parts.forget(this.#closed);
    }
    return this.#closed;
  }

  /** Like `close`, but cuts requests under way. What was acknowledged is kept. */
  destroy(): Promise<void> {
    this.#destroyed ??= this.#cutOff();
    return this.#destroyed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #cutOff(): Promise<void> {
    const closing = this.close();
    await this.#network?.cutOff();
    await closing;
  }

  async #shutDown(): Promise<void> {
    try {
      await this.#network?.close();
    } finally {
      this.#opened?.cookies.close();
      await this.#opened?.store.close();
    }
  }

  /** The network, if it was used before. */
  protected get usedNetwork(): SessionNetwork | undefined {
    return this.#network;
  }

  protected requireOpen(action: string): void {
    if (this.#closed)
      throw new StateError('ERR_SESSION_CLOSED', `Cannot ${action}: session "${this.parts.name}" is closed`);
  }

  protected open(action: string): { readonly store: Store; readonly cookies: CookieStore } {
    this.requireOpen(action);
    this.#opened ??= this.#openStore();
    return this.#opened;
  }

  #openStore(): { readonly store: Store; readonly cookies: CookieStore } {
    const { directory, options } = this.parts;
    const store = openStore({ directory, onProblem: error => this.reportProblem(error) });
    const cookies = new CookieStore({
      records: store.records('cookies', cookieCodec),
      clock: this.parts.clock,
      limits: options.cookieLimits,
      keepSessionCookies: options.keepSessionCookies,
    });
    this.cookies.listen(cookies);
    return { store, cookies };
  }

  #warnOfProxy(message: string): void {
    if (this.listenerCount('proxy-warning') > 0) this.emit('proxy-warning', this.#event(), message);
    else warn('SOJOURN_PROXY_RULES', message);
  }

  /** Without a listener it is a warning: a program must not lose data unawares. */
  protected reportProblem(error: StoreError): void {
    if (this.listenerCount('store-error') > 0) this.emit('store-error', this.#event(), error);
    else warn(error.code, error.message);
  }

  #openCacheStore(): Store {
    const { directory } = this.parts;
    return openStore({
      directory: directory && join(directory, 'Cache'),
      onProblem: error => this.reportProblem(error),
    });
  }

  #event(): SessionEvent<Session> {
    return new SessionEvent(this as unknown as Session);
  }

  protected useNetwork(action: string): SessionNetwork {
    const { store, cookies } = this.open(action);
    this.#network ??= new SessionNetwork({
      options: this.parts.options,
      store,
      openCacheStore: () => this.#openCacheStore(),
      cookies,
      clock: this.parts.clock,
      defaults: () => this.fetchDefaults(),
      endpointRules: this.parts.endpointRules,
      ignoresCertificateErrors: this.parts.ignoresCertificateErrors,
      importedCertificates: this.parts.app.importedCertificates,
      proxy: this.parts.proxy,
      proxyEvents: {
        warn: message => this.#warnOfProxy(message),
        report: report => void this.emit('pac-message', this.#event(), report),
      },
      program: { session: this, app: this.parts.app },
    });
    return this.#network;
  }
}
