import type { Authenticator } from '../auth/authenticator.ts';
import type { CookieStore } from '../cookies/cookie-store.ts';
import type { HostResolver } from '../hosts/host-resolver.ts';
import { ActiveRequests } from '../network/active-requests.ts';
import type { FetchParts } from '../network/fetch.ts';
import type { Pipeline } from '../network/pipeline.ts';
import { proxyInterceptor } from '../network/proxy-interceptor.ts';
import { readLimited } from '../network/read-limited.ts';
import { toPacString } from '../proxy/pac-result.ts';
import type { FetchBytes } from '../proxy/pac-source.ts';
import type { PacReport } from '../proxy/pac-world.ts';
import type { ProxyConfig } from '../proxy/proxy-config.ts';
import { ProxyResolver } from '../proxy/proxy-resolver.ts';
import type { Clock } from '../util/clock.ts';
import { NetError, StateError } from '../util/errors.ts';

interface SessionProxiesParts {
  readonly pipeline: Pipeline;
  readonly hosts: HostResolver;
  readonly authenticator: Authenticator;
  readonly cookies: CookieStore;
  readonly clock: Clock;
  readonly fetchParts: () => FetchParts;
  readonly warn: (message: string) => void;
  readonly report: (report: PacReport) => void;
  /** Whether an outage is emulated. */
  readonly isOffline: () => boolean;
}

/** The proxies of one session: the resolver, and the step of the pipeline while there is anything to decide. */
export class SessionProxies {
  readonly resolver: ProxyResolver;
  readonly #parts: SessionProxiesParts;
  readonly #closing = new AbortController();
  #version = 0;
  #inForce = false;

  constructor(parts: SessionProxiesParts) {
    this.#parts = parts;
    this.resolver = new ProxyResolver({
      clock: parts.clock,
      env: process.env,
      fetchBytes: (url, limits) => this.#fetchDirect(url, limits),
      resolve: async host => (await parts.hosts.resolve(host)).map(({ address }) => address),
      warn: parts.warn,
      report: parts.report,
    });
  }

  /** Changes when connections made under the rules before are not to be used again. */
  get version(): number {
    return this.#version;
  }

  /** Whether there may be a proxy for a request. */
  get isInForce(): boolean {
    return this.#inForce;
  }

  /** The proxies for a URL as a PAC script would say it; empty when that fails. Never rejects. */
  async resolve(url: URL): Promise<string> {
    try {
      return toPacString(await this.resolver.resolve(url));
    } catch {
      // A NetError: Electron gives no reason either; `explain` does.
      return '';
    }
  }

  setConfig(config: ProxyConfig): void {
    this.resolver.setConfig(config);
    this.#version++;
    if (config.mode !== 'direct') this.putInForce();
  }

  async reload(): Promise<void> {
    this.#version++;
    await this.resolver.reload();
  }

  /** Puts the step in its place: a session that never had a proxy does not pay for one. */
  putInForce(): void {
    if (this.#inForce) return;
    this.#inForce = true;
    this.#parts.pipeline.set('proxy', proxyInterceptor({ ...this.#parts, resolver: this.resolver }));
  }

  close(): void {
    this.#closing.abort(new StateError('ERR_SESSION_CLOSED', 'Cannot fetch a PAC script: the session is closed'));
    this.resolver.close();
  }

  /** PAC scripts come straight from their server, without cookies and not from the cache. */
  readonly #fetchDirect: FetchBytes = async (url, limits) => {
    // The session does not wait for a script when it closes: only for the requests that do.
    const parts: FetchParts = { ...this.#parts.fetchParts(), active: new ActiveRequests() };
    const late = new AbortController();
    const timer = this.#parts.clock.setTimeout(() => {
      const seconds = limits.timeoutMs / 1000;
      late.abort(new NetError('ERR_TIMED_OUT', `The PAC script did not come within ${seconds} seconds`));
    }, limits.timeoutMs);
    const signal = AbortSignal.any([late.signal, this.#closing.signal]);
    try {
      const { sessionFetch } = await import('../network/fetch.ts');
      const init = { credentials: 'omit', cache: 'no-store', proxy: 'direct://', signal } as const;
      const response = await sessionFetch(parts, url, init);
      const contentType = response.headers.get('content-type') ?? '';
      return { status: response.status, contentType, body: await readLimited(response, limits.maxBytes) };
    } finally {
      timer.cancel();
    }
  };
}
