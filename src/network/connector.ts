import { connect as connectTcp, type Socket } from 'node:net';
import type { Authenticator } from '../auth/authenticator.ts';
import type { ClientCertificateChoice } from '../certificates/client-certificate-choice.ts';
import type { ChainDescription } from '../certificates/describe-chain.ts';
import type { ServerVerifier } from '../certificates/verifier.ts';
import type { HostResolver } from '../hosts/host-resolver.ts';
import type { HostRules } from '../hosts/host-rules.ts';
import type { ProxyServer } from '../proxy/proxy-server.ts';
import type { Clock } from '../util/clock.ts';
import { NetError } from '../util/errors.ts';
import { bareHost } from '../util/url.ts';
import { ConnectionDeadline } from './connection-deadline.ts';
import { toNetError } from './net-error.ts';
import { ProxyError } from './proxy-error.ts';
import { proxyParty } from './proxy-party.ts';

/** Where to connect to, as undici asks for it. */
export interface ConnectTarget {
  readonly hostname: string;
  readonly protocol: string;
  /** Empty for the protocol's own. */
  readonly port: string;
  readonly allowH2?: boolean;
}

/** undici's connector: opens a connection that is ready for the first byte of a request. */
export type Connect = (
  target: ConnectTarget,
  callback: (...outcome: [error: Error, socket: null] | [error: null, socket: Socket]) => void,
) => void;

interface ConnectorParts {
  readonly resolver: HostResolver;
  /** Chromium's `--host-rules`: the mapped host is also the one that TLS is about. */
  readonly hostRules: HostRules;
  readonly verifier: ServerVerifier;
  readonly clientCertificates: ClientCertificateChoice;
  readonly authenticator: Authenticator;
  readonly userAgent: () => string;
  readonly clock: Clock;
}

/** A place to connect to: canonical host (IPv6 in brackets) and port. */
interface Server {
  readonly hostname: string;
  readonly port: number;
}

/** Opens connections for one session: host rules, look-up, TCP, proxy, TLS, verdict on the certificate. Owned by Session. */
export class Connector {
  readonly #parts: ConnectorParts;

  constructor(parts: ConnectorParts) {
    this.#parts = parts;
  }

  /** Connects straight to the target. */
  readonly connect: Connect = (target, callback) => {
    this.#attempt(target, callback, (server, deadline) => this.#openTcp(server, deadline));
  };

  /** Connects to targets through a tunnel of `proxy`. */
  through(proxy: ProxyServer): Connect {
    return (target, callback) => {
      this.#attempt(target, callback, (server, deadline) => this.#openTunnel(proxy, server, deadline));
    };
  }

  /** Connects to `proxy` itself, which passes requests on. */
  to(proxy: ProxyServer): Connect {
    return (_target, callback) => {
      const deadline = new ConnectionDeadline(this.#parts.clock);
      report(this.#openProxy(proxy, deadline), deadline, callback);
    };
  }

  /** The chain that a server shows on a fresh connection; nothing is sent to it. */
  async describe(target: ConnectTarget, proxy: ProxyServer | undefined): Promise<ChainDescription> {
    const { verifier, clock } = this.#parts;
    const server = { hostname: target.hostname, port: Number(target.port || 443) };
    const deadline = new ConnectionDeadline(clock);
    try {
      const raw = await (proxy ? this.#openTunnel(proxy, server, deadline) : this.#openTcp(server, deadline));
      // Without a session key nothing is resumed: a resumed connection shows no certificate.
      const socket = await deadline.ready(
        verifier.connect({ socket: raw, ALPNProtocols: ['http/1.1'] }, server),
        'secureConnect',
      );
      const described = verifier.describeChain(socket, target.hostname);
      socket.destroy();
      if (described) return described;
      throw new NetError('ERR_SSL_PROTOCOL_ERROR', `"${target.hostname}" showed no certificate`);
    } catch (error) {
      throw toNetError(error, 'before-response');
    } finally {
      deadline.cancel();
    }
  }

  #attempt(
    target: ConnectTarget,
    callback: Parameters<Connect>[1],
    open: (server: Server, deadline: ConnectionDeadline) => Promise<Socket>,
  ): void {
    const deadline = new ConnectionDeadline(this.#parts.clock);
    report(this.#open(target, deadline, open), deadline, callback);
  }

  async #open(
    target: ConnectTarget,
    deadline: ConnectionDeadline,
    open: (server: Server, deadline: ConnectionDeadline) => Promise<Socket>,
  ): Promise<Socket> {
    const secure = target.protocol === 'https:';
    const port = target.port === '' ? (secure ? 443 : 80) : Number(target.port);
    const mapped = this.#parts.hostRules.map(target.hostname, port);
    if (mapped === 'not-found') {
      throw new NetError('ERR_NAME_NOT_RESOLVED', `A host rule says that "${target.hostname}" does not exist`);
    }
    const server = mapped ?? { hostname: target.hostname, port };
    const socket = await open(server, deadline);
    if (!secure) return socket;
    return this.#startTls(socket, { hostname: server.hostname, port }, { h2: target.allowH2 !== false, deadline });
  }

  #openTcp(server: Server, deadline: ConnectionDeadline): Promise<Socket> {
    const target = this.#parts.resolver.connectTarget(bareHost(server.hostname), server.port);
    const socket = connectTcp({ ...target, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 });
    return deadline.ready(socket, 'connect');
  }

  async #openTunnel(proxy: ProxyServer, server: Server, deadline: ConnectionDeadline): Promise<Socket> {
    if (proxy.scheme === 'socks4' || proxy.scheme === 'socks5') {
      const socket = await this.#openProxy(proxy, deadline);
      const { openSocksTunnel } = await import('./socks-tunnel.ts');
      return openSocksTunnel(socket, proxy, server);
    }
    const { openTunnel } = await import('./proxy-tunnel.ts');
    const authority = `${server.hostname}:${server.port}`;
    return openTunnel({
      proxy,
      authority,
      userAgent: this.#parts.userAgent(),
      auth: this.#parts.authenticator.begin(proxyParty(proxy, `https://${authority}/`)),
      open: () => this.#openProxy(proxy, deadline),
      deadline,
    });
  }

  /** A connection to the proxy, as far as its own protocol. @throws {ProxyError} */
  async #openProxy(proxy: ProxyServer, deadline: ConnectionDeadline): Promise<Socket> {
    const server = { hostname: proxy.host.includes(':') ? `[${proxy.host}]` : proxy.host, port: proxy.port };
    let socket: Socket;
    try {
      socket = await this.#openTcp(server, deadline);
    } catch (cause) {
      throw new ProxyError('ERR_PROXY_CONNECTION_FAILED', `Cannot connect to proxy "${proxy}"`, cause);
    }
    if (proxy.scheme !== 'https') return socket;
    try {
      return await this.#startTls(socket, server, { h2: false, deadline });
    } catch (cause) {
      // Chromium names a bad certificate of a proxy apart from one of a server.
      const isCertificate = cause instanceof NetError && cause.code.startsWith('ERR_CERT_');
      const code = isCertificate ? 'ERR_PROXY_CERTIFICATE_INVALID' : 'ERR_PROXY_CONNECTION_FAILED';
      throw new ProxyError(code, `Cannot connect to proxy "${proxy}" over TLS`, cause);
    }
  }

  async #startTls(raw: Socket, server: Server, how: { h2: boolean; deadline: ConnectionDeadline }): Promise<Socket> {
    const { verifier, clientCertificates } = this.#parts;
    const clientCertificate = await clientCertificates.for(server.hostname, server.port);
    const socket = verifier.connect(
      { socket: raw, ALPNProtocols: how.h2 ? ['h2', 'http/1.1'] : ['http/1.1'] },
      { ...server, clientCertificate, sessionKey: `${server.hostname}:${server.port}` },
    );
    await how.deadline.ready(socket, 'secureConnect');
    const refusal = await verifier.verify(socket, server);
    if (!refusal) return socket;
    socket.destroy();
    throw refusal;
  }
}

function report(opening: Promise<Socket>, deadline: ConnectionDeadline, callback: Parameters<Connect>[1]): void {
  opening.then(
    socket => {
      deadline.cancel();
      callback(null, socket);
    },
    (error: Error) => {
      deadline.cancel();
      callback(toNetError(error, 'before-response'), null);
    },
  );
}
