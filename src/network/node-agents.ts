import type { Agent, AgentOptions, ClientRequest, IncomingMessage } from 'node:http';
import type { Agent as SecureAgent } from 'node:https';
import type { Duplex } from 'node:stream';
import { awaitRoundTrip } from '../conditions/round-trip.ts';
import { shapeSocket } from '../conditions/shaped-socket.ts';
import type { Shaper } from '../conditions/shaper.ts';
import type { CookieStore } from '../cookies/cookie-store.ts';
import type { ProxyServer } from '../proxy/proxy-server.ts';
import { NetError } from '../util/errors.ts';
import type { ActiveRequests } from './active-requests.ts';
import { addHeader, hasHeader, setAbsoluteForm } from './node-request-header.ts';
import { ProxyError } from './proxy-error.ts';
import { holdResponse } from './response-hold.ts';
import type { RoutedConnect } from './routed-connect.ts';
import type { OriginFacts, OriginFactsCache } from './site-context.ts';

/** A request that a proxy passes on. */
export interface ProxiedRequest {
  readonly method: string;
  /** In absolute form. */
  readonly url: string;
}

interface AgentDuties {
  /** The session's connector: proxies, host rules, resolver, TLS and its verdict. */
  readonly connect: RoutedConnect;
  /** The Proxy-Authorization field for a proxy that passes requests on; undefined: no credentials are known. */
  readonly authorizeProxy: (proxy: ProxyServer, request: ProxiedRequest) => string | undefined;
  readonly cookies: CookieStore;
  /** Settles when everything stored so far is committed; undefined when nothing waits. */
  readonly committed: () => Promise<void> | undefined;
  readonly origins: OriginFactsCache;
  readonly userAgent: () => string;
  /** Changes when connections made before are not to be used again. */
  readonly rulesVersion: () => number;
  readonly active: ActiveRequests;
  /** The emulated network. */
  readonly shaper: Shaper;
}

/** What node:http tells an agent about a request. */
interface RequestTarget {
  readonly host?: string | null;
  readonly port?: number | string | null;
  readonly socketPath?: string | undefined;
  /** Ours: what changes the protocol of its connection cannot be passed on by a proxy, so it shares none with others. */
  readonly isUpgrade?: boolean;
}

/** What an agent remembers of a connection. */
interface Made {
  readonly under: number;
  readonly passedOnBy: ProxyServer | undefined;
}

/** What Node calls with the connection of a request. */
interface AwaitsSocket {
  onSocket(socket: Duplex | null, error?: Error): void;
}

/** Node's own method that every request goes through; its types leave it out. */
type AddRequest = (this: Agent, request: ClientRequest, target: RequestTarget) => void;

type NodeCallback = (error: Error | null, stream: Duplex) => void;

/**
 * The session as agents of node:http and node:https, for whatever takes one: cookies, name look-up, TLS.
 *
 * HTTP/1.1, keep-alive, without the cache. HSTS cannot be applied: an agent cannot move a request to another scheme. TLS
 * and look-up options of a request have no effect, they are the session's. Owned by Session.
 */
export class NodeAgents {
  readonly http: Agent;
  readonly https: SecureAgent;

  constructor(duties: AgentDuties) {
    // Taken when needed: loading both costs as much as all of ours.
    const { Agent: HttpAgent } = process.getBuiltinModule('node:http');
    const { Agent: HttpsAgent } = process.getBuiltinModule('node:https');
    this.http = makeAgent(HttpAgent, duties, 'http:');
    this.https = makeAgent(HttpsAgent, duties, 'https:') as SecureAgent;
  }

  /** Cuts every connection. */
  destroy(): void {
    this.http.destroy();
    this.https.destroy();
  }
}

function makeAgent(Base: new (options: AgentOptions) => Agent, duties: AgentDuties, protocol: string): Agent {
  const addToBase = (Base.prototype as { addRequest: AddRequest }).addRequest;
  const made = new WeakMap<Duplex, Made>();
  let lastVersion = duties.rulesVersion();
  class SessionAgent extends Base {
    addRequest(request: ClientRequest, target: RequestTarget): void {
      const { active } = duties;
      if (active.closed) return fail(request, active.closed);
      active.enter();
      request.once('close', () => active.leave());
      if (lastVersion !== duties.rulesVersion()) destroyFree(this);
      lastVersion = duties.rulesVersion();
      if (target.socketPath !== undefined) return addToBase.call(this, request, target);
      const facts = factsOf(protocol, target, duties.origins);
      addDuties(request, facts, duties);
      // Only then is it known who is at the other end; nothing has been sent yet.
      onSocketOf(request, socket => {
        const proxy = made.get(socket)?.passedOnBy;
        if (proxy && facts) addressToProxy(request, facts.origin, { proxy, duties });
      });
      addToBase.call(this, request, { ...target, isUpgrade: hasHeader(request, 'Upgrade') });
    }

    override getName(target?: RequestTarget): string {
      return `${super.getName(target as never)}${target?.isUpgrade ? ':upgrade' : ''}`;
    }

    override createConnection(target: RequestTarget, callback: NodeCallback): Duplex | undefined {
      if (target.socketPath !== undefined) return super.createConnection(target as never, callback) as Duplex;
      const { hostname } = factsOf(protocol, target, duties.origins) ?? { hostname: target.host ?? '' };
      const port = String(target.port ?? '');
      const version = duties.rulesVersion();
      duties.connect({ protocol, hostname, port, allowH2: false, mayPassOn: !target.isUpgrade }).then(
        ({ socket, passedOnBy }) => {
          made.set(socket, { under: version, passedOnBy });
          shapeSocket(socket, duties.shaper);
          callback(null, socket);
        },
        (error: Error) => callback(asNodeError(error), undefined as never),
      );
      return undefined;
    }

    override keepSocketAlive(socket: Duplex): boolean {
      return made.get(socket)?.under === duties.rulesVersion() && (super.keepSocketAlive(socket) as unknown as boolean);
    }
  }
  return new SessionAgent({ keepAlive: true });
}

/** undefined: a name that no URL can have, which is the resolver's to refuse. */
function factsOf(protocol: string, { host, port }: RequestTarget, origins: OriginFactsCache): OriginFacts | undefined {
  const name = host || 'localhost';
  const origin = `${protocol}//${name.includes(':') && !name.startsWith('[') ? `[${name}]` : name}:${port ?? ''}`;
  return URL.canParse(origin) ? origins.of(origin) : undefined;
}

/** Adds what the session sends, unless the caller sends its own, and takes in the cookies of the answer. */
function addDuties(request: ClientRequest, facts: OriginFacts | undefined, duties: AgentDuties): void {
  if (!facts || request.method === 'CONNECT') return;
  const { protocol, hostname, ownContext } = facts;
  const target = { protocol, hostname, path: request.path.startsWith('/') ? request.path : '/' };
  addHeader(request, 'User-Agent', duties.userAgent);
  addHeader(request, 'Cookie', () => duties.cookies.header(target, ownContext));
  const { clock } = duties.shaper;
  let sentAt: number | undefined;
  request.once('finish', () => (sentAt = clock.now()));
  holdResponse(request, (response: IncomingMessage) => {
    // A response may begin before the request is sent.
    const latency = awaitRoundTrip(duties.shaper, sentAt ?? clock.now())?.catch(error => void request.destroy(error));
    const lines = response.headers['set-cookie'];
    if (!lines) return latency;
    duties.cookies.receive(target, lines, ownContext);
    const committed = duties.committed();
    return latency ? latency.then(() => committed) : committed;
  });
}

function destroyFree({ freeSockets }: Agent): void {
  for (const sockets of Object.values(freeSockets)) for (const socket of sockets ?? []) socket.destroy();
}

/** As Node itself does it: the request has no socket, and gets an error in its place. */
function fail(request: ClientRequest, error: Error): void {
  (request as unknown as AwaitsSocket).onSocket(null, error);
}

/** Calls `look` with the connection of a request, before anything is sent on it. */
function onSocketOf(request: ClientRequest, look: (socket: Duplex) => void): void {
  const waiting = request as unknown as AwaitsSocket;
  const pass = waiting.onSocket.bind(request);
  waiting.onSocket = (socket, error) => {
    if (socket) look(socket);
    pass(socket, error);
  };
}

/** Makes the request one that a proxy passes on. */
function addressToProxy(
  request: ClientRequest,
  origin: string,
  { proxy, duties }: { readonly proxy: ProxyServer; readonly duties: AgentDuties },
): void {
  setAbsoluteForm(request, origin);
  const { method, path: url } = request;
  addHeader(request, 'Proxy-Authorization', () => duties.authorizeProxy(proxy, { method, url }) ?? '');
}

/** Clients of node:http decide by Node's own codes (`ECONNREFUSED`) whether to try again. */
function asNodeError(error: Error): Error {
  const { cause } = error;
  const isNodes = cause instanceof Error && /^E[A-Z]+$/.test(String((cause as NodeJS.ErrnoException).code));
  return error instanceof NetError && !(error instanceof ProxyError) && isNodes ? cause : error;
}
