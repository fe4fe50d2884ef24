import type { Authenticator } from '../auth/authenticator.ts';
import type { CookieStore } from '../cookies/cookie-store.ts';
import type { HostResolver } from '../hosts/host-resolver.ts';
import type { FetchParts } from '../network/fetch.ts';
import type { Pipeline } from '../network/pipeline.ts';
import { proxyInterceptor } from '../network/proxy-interceptor.ts';
import { readLimited } from '../network/read-limited.ts';
import { directOnly } from '../proxy/fixed-proxies.ts';
import type { FetchBytes } from '../proxy/pac-source.ts';
import type { PacReport } from '../proxy/pac-world.ts';
import type { ProxyConfig } from '../proxy/proxy-config.ts';
import { ProxyResolver } from '../proxy/proxy-resolver.ts';
import type { Clock } from '../util/clock.ts';

interface SessionProxiesParts {
  readonly pipeline: Pipeline;
  readonly hosts: HostResolver;
  readonly authenticator: Authenticator;
  readonly cookies: CookieStore;
  readonly clock: Clock;
  readonly fetchParts: () => FetchParts;
  readonly warn: (message: string) => void;
  readonly report: (report: PacReport) => void;
}

/** The proxies of one session: the resolver, and the step of the pipeline while there is anything to decide. */
export class SessionProxies {
  readonly resolver: ProxyResolver;
  readonly #parts: SessionProxiesParts;
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
    const { authenticator, cookies } = this.#parts;
    this.#parts.pipeline.set('proxy', proxyInterceptor({ resolver: this.resolver, authenticator, cookies }));
  }

  close(): void {
    this.resolver.close();
  }

  /** PAC scripts come straight from their server, without cookies. */
  readonly #fetchDirect: FetchBytes = async (url, limits) => {
    const parts = this.#parts.fetchParts();
    const direct: FetchParts = {
      ...parts,
      dispatch: (job, handler) => parts.dispatch({ ...job, proxies: directOnly }, handler),
    };
    const init = { credentials: 'omit', signal: AbortSignal.timeout(limits.timeoutMs) } as const;
    const { sessionFetch } = await import('../network/fetch.ts');
    const response = await sessionFetch(direct, url, init);
    return {
      status: response.status,
      contentType: response.headers.get('content-type') ?? '',
      body: await readLimited(response, limits.maxBytes),
    };
  };
}
