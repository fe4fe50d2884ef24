import { AuthCache } from '../auth/auth-cache.ts';
import { Authenticator } from '../auth/authenticator.ts';
import { ClientCertificateChoice } from '../certificates/client-certificate-choice.ts';
import { TrustStore } from '../certificates/trust-store.ts';
import type { ChainDescription } from '../certificates/describe-chain.ts';
import { ServerVerifier } from '../certificates/verifier.ts';
import { Shaper } from '../conditions/shaper.ts';
import type { CookieStore } from '../cookies/cookie-store.ts';
import { HostResolver } from '../hosts/host-resolver.ts';
import { parseHostRules } from '../hosts/host-rules.ts';
import { HstsStore, hstsCodec } from '../hosts/hsts.ts';
import { ActiveRequests } from '../network/active-requests.ts';
import { HttpCache } from '../cache/http-cache.ts';
import { authInterceptor } from '../network/auth-interceptor.ts';
import { cacheInterceptor } from '../network/cache-interceptor.ts';
import { type ConnectRoutes, ConnectionPools } from '../network/connection-pools.ts';
import type { ChannelParts } from '../network/channel-dispatcher.ts';
import { Connector } from '../network/connector.ts';
import { conditionsInterceptor } from '../network/conditions-interceptor.ts';
import { cookiesInterceptor } from '../network/cookies-interceptor.ts';
import { makeDispatcher, type SessionDispatcher } from '../network/dispatcher.ts';
import type { FetchDefaults } from '../network/fetch-request.ts';
import type { FetchParts } from '../network/fetch.ts';
import { defineEventSource, type EventSourceConstructor } from '../network/event-source.ts';
import { hstsInterceptor } from '../network/hsts-interceptor.ts';
import { NodeAgents } from '../network/node-agents.ts';
import { OpenChannels } from '../network/open-channels.ts';
import { OpenSockets } from '../network/open-sockets.ts';
import { Pipeline } from '../network/pipeline.ts';
import { Preconnected } from '../network/preconnected.ts';
import { authorizeProxy } from '../network/proxy-party.ts';
import { routedConnect } from '../network/routed-connect.ts';
import type { Handler, Interceptor, RequestJob } from '../network/request-job.ts';
import { OriginFactsCache } from '../network/site-context.ts';
import type { ProxyConfig } from '../proxy/proxy-config.ts';
import { defineWebSocket, type WebSocketConstructor, webSocketKeys } from '../network/web-socket.ts';
import type { Store } from '../storage/store.ts';
import { crypto } from '../util/builtins.ts';
import type { Clock } from '../util/clock.ts';
import { Disposer } from '../util/disposer.ts';
import { NetError } from '../util/errors.ts';
import { askCertificateError, askClientCertificate, askLogin, type Program } from './ask-program.ts';
import type { ImportedCertificates } from './imported-certificates.ts';
import { SessionProxies } from './session-proxies.ts';
import { hostRulesOf, type SessionOptions } from './session-options.ts';

interface NetworkParts {
  readonly options: SessionOptions;
  readonly store: Store;
  /** A store of its own for the HTTP cache: what befalls one of them leaves the other alone. */
  readonly openCacheStore: () => Store;
  readonly cookies: CookieStore;
  readonly clock: Clock;
  readonly defaults: () => FetchDefaults;
  /** Asked for credentials, and about certificates. */
  readonly program: Program;
  /** The configuration to begin with. */
  readonly proxy: ProxyConfig;
  readonly proxyEvents: Pick<ConstructorParameters<typeof SessionProxies>[0], 'warn' | 'report'>;
  /** Chromium's `--host-rules`. */
  readonly endpointRules: string;
  readonly ignoresCertificateErrors: boolean;
  readonly importedCertificates: ImportedCertificates;
}

/** The network of one session, put together at its first use. Owned by Session. */
export class SessionNetwork {
  readonly resolver: HostResolver;
  readonly trust: TrustStore = new TrustStore();
  readonly verifier: ServerVerifier;
  readonly proxies: SessionProxies;
  readonly shaper: Shaper;
  /** undefined: the session caches nothing. */
  readonly cache: HttpCache | undefined;
  readonly fetchParts: FetchParts;
  readonly #connector: Connector;
  readonly #sockets: OpenSockets;
  readonly #routes: ConnectRoutes;
  readonly #authenticator: Authenticator;
  readonly #active = new ActiveRequests();
  readonly #pools: ConnectionPools;
  readonly #channels = new OpenChannels();
  readonly #preconnected: Preconnected;
  readonly #authCache = new AuthCache();
  readonly #disposer = new Disposer();
  readonly #parts: NetworkParts;
  readonly #pipeline: Pipeline;
  #dispatcher: SessionDispatcher | undefined;
  #agents: NodeAgents | undefined;
  #webSocket: WebSocketConstructor | undefined;
  #eventSource: EventSourceConstructor | undefined;

  constructor(parts: NetworkParts) {
    const { clock } = parts;
    this.#parts = parts;
    // Before the pools, so that it is closed after them: requests that drain still store what comes.
    this.cache = this.#openCache();
    this.shaper = new Shaper(clock);
    this.resolver = new HostResolver({ rules: hostRulesOf(parts.options), clock });
    this.verifier = this.#makeVerifier();
    this.#authenticator = new Authenticator({
      cache: this.#authCache,
      askLogin: details => askLogin(parts.program, details),
      makeCnonce: () => crypto().randomBytes(16).toString('hex'),
    });
    this.#connector = this.#makeConnector();
    this.#sockets = this.#disposer.own(new OpenSockets(clock), it => it.close());
    const rulesVersion = (): number => this.#rulesVersion;
    this.#preconnected = this.#disposer.own(
      new Preconnected({ connect: this.#connector.connect, clock, rulesVersion }),
      it => it.close(),
    );
    this.#routes = this.#makeRoutes();
    const { maxConnectionsPerOrigin } = parts.options;
    this.#pools = this.#disposer.own(
      new ConnectionPools({ ...this.#routes, rulesVersion, maxConnectionsPerOrigin }),
      it => it.close(),
    );
    this.#pipeline = new Pipeline(this.#pools.dispatch);
    this.#fillPipeline();
    this.fetchParts = {
      origins: new OriginFactsCache(),
      dispatch: (job, handler) => this.#dispatch(job, handler),
      defaults: parts.defaults,
      active: this.#active,
    };
    this.proxies = this.#disposer.own(this.#makeProxies(), it => it.close());
    this.proxies.setConfig(parts.proxy);
  }

  #makeVerifier(): ServerVerifier {
    const { options, clock, program, importedCertificates, ignoresCertificateErrors } = this.#parts;
    const verifier = new ServerVerifier({ trust: this.trust, clock });
    verifier.onCertificateError = details => askCertificateError(program, details);
    verifier.setPins(options.pins);
    verifier.setIgnoresErrors(ignoresCertificateErrors);
    for (const certificate of options.clientCertificates) this.trust.addClientCertificate(certificate);
    importedCertificates.join(this.trust);
    this.#disposer.own(importedCertificates, it => it.leave(this.trust));
    return verifier;
  }

  #makeConnector(): Connector {
    const { program, endpointRules, defaults } = this.#parts;
    const clientCertificates = new ClientCertificateChoice(this.trust);
    clientCertificates.onSelect = details => askClientCertificate(program, details);
    return new Connector({
      resolver: this.resolver,
      hostRules: parseHostRules('use host rules', endpointRules),
      verifier: this.verifier,
      clientCertificates,
      authenticator: this.#authenticator,
      userAgent: () => defaults().userAgent,
      shaper: this.shaper,
    });
  }

  #makeRoutes(): ConnectRoutes {
    return {
      direct: this.#sockets.watch(this.#preconnected.connect),
      through: proxy => this.#sockets.watch(this.#connector.through(proxy)),
      to: proxy => this.#sockets.watch(this.#connector.to(proxy)),
    };
  }

  #fillPipeline(): void {
    const { store, cookies, clock } = this.#parts;
    const hsts = new HstsStore({ records: store.records('hsts', hstsCodec), clock });
    this.#pipeline.set('hsts', hstsInterceptor(hsts));
    this.#pipeline.set('cookies', cookiesInterceptor({ cookies, committed: () => store.committed() }));
    if (this.cache) this.#pipeline.set('cache', this.#cacheStep(this.cache));
    this.#pipeline.set('auth', authInterceptor({ authenticator: this.#authenticator, cookies }));
    this.#pipeline.set('conditions', conditionsInterceptor(this.shaper));
  }

  #makeProxies(): SessionProxies {
    const { cookies, clock, proxyEvents } = this.#parts;
    return new SessionProxies({
      pipeline: this.#pipeline,
      hosts: this.resolver,
      authenticator: this.#authenticator,
      cookies,
      clock,
      fetchParts: () => this.fetchParts,
      isOffline: () => this.shaper.conditions.offline,
      ...proxyEvents,
    });
  }

  #dispatch(job: RequestJob, handler: Handler): boolean {
    if (job.proxies) this.proxies.putInForce();
    return this.#pipeline.dispatch(job, handler);
  }

  #openCache(): HttpCache | undefined {
    const { options, clock } = this.#parts;
    if (!options.cache) return undefined;
    const store = this.#disposer.own(this.#parts.openCacheStore(), it => it.close());
    return this.#disposer.own(new HttpCache({ store, clock }), it => it.close());
  }

  #cacheStep(cache: HttpCache): Interceptor {
    const { clock } = this.#parts;
    return cacheInterceptor({ cache, clock, dispatch: (job, handler) => this.#pipeline.dispatch(job, handler) });
  }

  get dispatcher(): SessionDispatcher {
    this.#dispatcher ??= makeDispatcher({ ...this.fetchParts, userAgent: () => this.#parts.defaults().userAgent });
    return this.#dispatcher;
  }

  /** For whatever takes an agent of node:http. */
  get agents(): NodeAgents {
    this.#agents ??= this.#disposer.own(this.#makeAgents(), it => it.destroy());
    return this.#agents;
  }

  /** What WebSockets and event sources need. */
  get channelParts(): ChannelParts {
    return { ...this.fetchParts, channels: this.#channels };
  }

  get webSocket(): WebSocketConstructor {
    const parts = this.channelParts;
    this.#webSocket ??= defineWebSocket({ keys: webSocketKeys, own: () => ({ parts, cookies: true }) });
    return this.#webSocket;
  }

  get eventSource(): EventSourceConstructor {
    this.#eventSource ??= defineEventSource(this.channelParts);
    return this.#eventSource;
  }

  /** Rules the next request; connections of the old rules are closed as they fall idle, or at once. */
  async setProxy(config: ProxyConfig): Promise<void> {
    this.proxies.setConfig(config);
    if (config.closeConnections === 'all') await this.closeAllConnections();
    else this.#pools.retire();
  }

  /** The chain that a server shows on a fresh connection, made as requests to it would be. */
  async describeCertificate(url: URL): Promise<ChainDescription> {
    const { protocol, hostname, port } = url;
    const [proxy] = await this.proxies.resolver.resolve({ protocol, hostname, port, href: url.href });
    return this.#connector.describe({ protocol, hostname, port }, proxy?.isDirect ? undefined : proxy);
  }

  /** Closes connections as they fall idle. */
  retireConnections(): void {
    this.#pools.retire();
  }

  /** Forgets credentials; connections that were opened with them are closed as they fall idle. */
  clearAuthCache(): void {
    this.#authCache.clear();
    this.#pools.retire();
  }

  /** Only where no proxy serves: a connection straight to the target would tell it who asks. Failures are a request's. */
  preconnect({ protocol, hostname, port, href }: URL, count: number): void {
    const connect = async (): Promise<void> => {
      const [proxy] = await this.proxies.resolver.resolve({ protocol, hostname, port, href });
      if (proxy?.isDirect) this.#preconnected.open({ hostname, protocol, port }, count);
    };
    connect().catch(() => undefined);
  }

  /** Cuts every connection; requests under way fail. */
  async closeAllConnections(): Promise<void> {
    const error = new NetError('ERR_ABORTED', 'The connections of the session were closed');
    this.#preconnected.close();
    this.#connector.cutAttempts(error);
    await this.#pools.closeAll(error);
    this.#sockets.destroyAll();
  }

  /** Takes no new requests, waits for those under way, then closes every connection. */
  async close(): Promise<void> {
    // They would never end by themselves.
    this.#channels.close();
    await this.#active.close();
    this.#connector.cutAttempts(new NetError('ERR_ABORTED', 'The session was closed'));
    await this.#disposer.close();
  }

  /** While it closes: cuts what it waits for. */
  async cutOff(): Promise<void> {
    await this.closeAllConnections();
    // What has none yet will get none.
    this.#active.cutOff();
  }

  /** Changes when connections made before are not to be used again. */
  get #rulesVersion(): number {
    return this.verifier.generation + this.proxies.version;
  }

  #makeAgents(): NodeAgents {
    const { store, cookies, defaults } = this.#parts;
    return new NodeAgents({
      connect: routedConnect({
        ...this.#routes,
        resolver: this.proxies.resolver,
        isOffline: () => this.shaper.conditions.offline,
      }),
      authorizeProxy: (proxy, request) => authorizeProxy(this.#authenticator, proxy, request),
      cookies,
      committed: () => store.committed(),
      origins: this.fetchParts.origins,
      userAgent: () => defaults().userAgent,
      rulesVersion: () => this.#rulesVersion,
      hasProxies: () => this.proxies.isInForce,
      active: this.#active,
      shaper: this.shaper,
    });
  }
}
