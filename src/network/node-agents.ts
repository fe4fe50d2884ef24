import type { Agent, AgentOptions, ClientRequest } from 'node:http';
import type { Agent as SecureAgent } from 'node:https';
import type { Duplex } from 'node:stream';
import { shapeSocket } from '../conditions/shaped-socket.ts';
import type { ProxyServer } from '../proxy/proxy-server.ts';
import { NetError } from '../util/errors.ts';
import { AgentRequest, type RequestDuties } from './agent-request.ts';
import { hasHeader } from './node-request-header.ts';
import { ProxyError } from './proxy-error.ts';
import type { RoutedConnect } from './routed-connect.ts';
import type { OriginFacts, OriginFactsCache } from './site-context.ts';

interface AgentDuties extends RequestDuties {
  /** The session's connector: proxies, host rules, resolver, TLS and its verdict. */
  readonly connect: RoutedConnect;
  readonly origins: OriginFactsCache;
  /** Changes when connections made before are not to be used again. */
  readonly rulesVersion: () => number;
  /** Whether there may be a proxy; a session that never had one does not pay for it. */
  readonly hasProxies: () => boolean;
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
      if (lastVersion !== duties.rulesVersion()) destroyFree(this);
      lastVersion = duties.rulesVersion();
      const facts = factsOf(protocol, target, duties.origins);
      if (!facts || target.socketPath !== undefined || request.method === 'CONNECT') {
        request.once('close', () => active.leave());
        return addToBase.call(this, request, target);
      }
      const own = new AgentRequest(request, facts, duties);
      own.begin();
      if (protocol === 'https:' || !duties.hasProxies()) return addToBase.call(this, request, target);
      addressOnSocket(request, own, made);
      addToBase.call(this, request, { ...target, isUpgrade: hasHeader(request, 'Upgrade') });
    }

    override getName(target?: RequestTarget): string {
      const name = super.getName(target);
      return target?.isUpgrade ? `${name}:upgrade` : name;
    }

    override createConnection(target: RequestTarget, callback: NodeCallback): Duplex | undefined {
      if (target.socketPath !== undefined) return super.createConnection(target, callback) as Duplex;
      void connectFor({ protocol, target, duties, made }, callback);
      return undefined;
    }

    override keepSocketAlive(socket: Duplex): boolean {
      return made.get(socket)?.under === duties.rulesVersion() && (super.keepSocketAlive(socket) as unknown as boolean);
    }
  }
  return new SessionAgent({ keepAlive: true });
}

interface Connecting {
  readonly protocol: string;
  readonly target: RequestTarget;
  readonly duties: AgentDuties;
  readonly made: WeakMap<Duplex, Made>;
}

async function connectFor({ protocol, target, duties, made }: Connecting, callback: NodeCallback): Promise<void> {
  const { hostname } = factsOf(protocol, target, duties.origins) ?? { hostname: target.host ?? '' };
  const under = duties.rulesVersion();
  const to = { protocol, hostname, port: String(target.port ?? ''), allowH2: false, mayPassOn: !target.isUpgrade };
  let socket: Duplex;
  try {
    const routed = await duties.connect(to);
    ({ socket } = routed);
    made.set(socket, { under, passedOnBy: routed.passedOnBy });
    shapeSocket(routed.socket, duties.shaper);
  } catch (error) {
    return callback(asNodeError(error as Error), undefined as never);
  }
  callback(null, socket);
}

/** undefined: a name that no URL can have, which is the resolver's to refuse. */
function factsOf(protocol: string, { host, port }: RequestTarget, origins: OriginFactsCache): OriginFacts | undefined {
  const name = host || 'localhost';
  const origin = `${protocol}//${name.includes(':') && !name.startsWith('[') ? `[${name}]` : name}:${port ?? ''}`;
  return origins.find(origin);
}

function destroyFree({ freeSockets }: Agent): void {
  for (const sockets of Object.values(freeSockets)) for (const socket of sockets ?? []) socket.destroy();
}

/** As Node itself does it: the request has no socket, and gets an error in its place. */
function fail(request: ClientRequest, error: Error): void {
  (request as unknown as AwaitsSocket).onSocket(null, error);
}

/** Only when it has a connection is it known who is at the other end; nothing has been sent by then. */
function addressOnSocket(request: ClientRequest, own: AgentRequest, made: WeakMap<Duplex, Made>): void {
  const waiting = request as unknown as AwaitsSocket;
  const pass = waiting.onSocket.bind(request);
  waiting.onSocket = (socket, error) => {
    const proxy = socket ? made.get(socket)?.passedOnBy : undefined;
    if (proxy) own.addressTo(proxy);
    pass(socket, error);
  };
}

/** Clients of node:http decide by Node's own codes (`ECONNREFUSED`) whether to try again. */
function asNodeError(error: Error): Error {
  const { cause } = error;
  const isNodes = cause instanceof Error && /^E[A-Z]+$/.test(String((cause as NodeJS.ErrnoException).code));
  return error instanceof NetError && !(error instanceof ProxyError) && isNodes ? cause : error;
}
