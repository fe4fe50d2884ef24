import { connect as connectTcp, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { Authenticator } from '../auth/authenticator.ts';
import type { ClientCertificateChoice } from '../certificates/client-certificate-choice.ts';
import type { ChainDescription } from '../certificates/describe-chain.ts';
import type { ServerVerifier } from '../certificates/verifier.ts';
import type { Shaper } from '../conditions/shaper.ts';
import type { HostResolver } from '../hosts/host-resolver.ts';
import type { HostRules } from '../hosts/host-rules.ts';
import type { ProxyServer } from '../proxy/proxy-server.ts';
import { NetError, type NetErrorCode } from '../util/errors.ts';
import { bareHost } from '../util/url.ts';
import { ConnectionAttempt } from './connection-attempt.ts';
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
  /** The emulated network: it takes its time to connect, or lets nothing through. */
  readonly shaper: Shaper;
}

/** A place to connect to: canonical host (IPv6 in brackets) and port. */
interface Server {
  readonly hostname: string;
  readonly port: number;
}

/** Failures after a tunnel was opened that may be the proxy's: another one is tried. */
const brokenTunnel: ReadonlySet<NetErrorCode> = new Set<NetErrorCode>([
  'ERR_CONNECTION_CLOSED',
  'ERR_CONNECTION_RESET',
  'ERR_CONNECTION_TIMED_OUT',
  'ERR_SSL_PROTOCOL_ERROR',
]);

/** Opens connections for one session: host rules, look-up, TCP, proxy, TLS, verdict on the certificate. Owned by Session. */
export class Connector {
  readonly #parts: ConnectorParts;
  readonly #attempts = new Set<ConnectionAttempt>();

  constructor(parts: ConnectorParts) {
    this.#parts = parts;
  }

  /** Connects straight to the target. */
  readonly connect: Connect = (target, callback) => {
    this.#attempt(callback, attempt => this.#open(target, attempt, server => this.#openTcp(server, attempt)));
  };

  /** Connects to targets through a tunnel of `proxy`. */
  through(proxy: ProxyServer): Connect {
    return (target, callback) => {
      this.#attempt(callback, async attempt => {
        try {
          return await this.#open(target, attempt, server => this.#openTunnel(proxy, server, attempt));
        } catch (error) {
          const cause = toNetError(error, 'before-response');
          if (cause instanceof ProxyError || !(cause instanceof NetError) || !brokenTunnel.has(cause.code)) throw cause;
          throw new ProxyError(cause.code, `The tunnel of proxy "${proxy.toUri()}" broke`, cause);
        }
      });
    };
  }

  /** Connects to `proxy` itself, which passes requests on. */
  to(proxy: ProxyServer): Connect {
    return (_target, callback) => {
      this.#attempt(callback, async attempt => {
        const socket = await this.#openProxy(proxy, attempt);
        await attempt.roundTrip();
        return socket;
      });
    };
  }

  /** The chain that a server shows on a fresh connection; nothing is sent to it. */
  async describe(target: ConnectTarget, proxy: ProxyServer | undefined): Promise<ChainDescription> {
    const { verifier, shaper } = this.#parts;
    const server = { hostname: target.hostname, port: Number(target.port || 443) };
    const attempt = new ConnectionAttempt(shaper);
    try {
      const socket = await attempt.run(async () => {
        const raw = await (proxy ? this.#openTunnel(proxy, server, attempt) : this.#openTcp(server, attempt));
        // Without a session key nothing is resumed: a resumed connection shows no certificate.
        return attempt.ready(verifier.connect({ socket: raw, ALPNProtocols: ['http/1.1'] }, server), 'secureConnect');
      });
      const described = verifier.describeChain(socket as TLSSocket, target.hostname);
      socket.destroy();
      if (described) return described;
      throw new NetError('ERR_SSL_PROTOCOL_ERROR', `"${target.hostname}" showed no certificate`);
    } catch (error) {
      throw toNetError(error, 'before-response');
    }
  }

  /** Ends every attempt to connect that is under way. */
  cutAttempts(error: NetError): void {
    for (const attempt of this.#attempts) attempt.cut(error);
  }

  #attempt(callback: Parameters<Connect>[1], open: (attempt: ConnectionAttempt) => Promise<Socket>): void {
    const attempt = new ConnectionAttempt(this.#parts.shaper);
    this.#attempts.add(attempt);
    attempt
      .run(() => open(attempt))
      .finally(() => this.#attempts.delete(attempt))
      .then(
        socket => callback(null, socket),
        (error: Error) => callback(toNetError(error, 'before-response'), null),
      );
  }

  async #open(
    target: ConnectTarget,
    attempt: ConnectionAttempt,
    open: (server: Server) => Promise<Socket>,
  ): Promise<Socket> {
    const secure = target.protocol === 'https:';
    const port = target.port === '' ? (secure ? 443 : 80) : Number(target.port);
    const mapped = this.#parts.hostRules.map(target.hostname, port);
    if (mapped === 'not-found') {
      throw new NetError('ERR_NAME_NOT_RESOLVED', `A host rule says that "${target.hostname}" does not exist`);
    }
    const server = mapped ?? { hostname: target.hostname, port };
    if (secure) {
      const host = { hostname: server.hostname, port };
      return this.#openTls(() => open(server), host, { h2: target.allowH2 !== false, attempt });
    }
    const socket = await open(server);
    await attempt.roundTrip();
    return socket;
  }

  #openTcp(server: Server, attempt: ConnectionAttempt): Promise<Socket> {
    const target = this.#parts.resolver.connectTarget(bareHost(server.hostname), server.port);
    const socket = connectTcp({ ...target, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 });
    return attempt.ready(socket, 'connect');
  }

  async #openTunnel(proxy: ProxyServer, server: Server, attempt: ConnectionAttempt): Promise<Socket> {
    if (proxy.scheme === 'socks4' || proxy.scheme === 'socks5') {
      const socket = await this.#openProxy(proxy, attempt);
      const { openSocksTunnel } = await import('./socks-tunnel.ts');
      return openSocksTunnel(socket, proxy, { host: bareHost(server.hostname), port: server.port });
    }
    const { openTunnel } = await import('./proxy-tunnel.ts');
    const authority = `${server.hostname}:${server.port}`;
    return openTunnel({
      proxy,
      authority,
      userAgent: this.#parts.userAgent(),
      auth: this.#parts.authenticator.begin(proxyParty(proxy, `https://${authority}/`)),
      open: () => this.#openProxy(proxy, attempt),
      attempt,
    });
  }

  /** A connection to the proxy, as far as its own protocol. @throws {ProxyError} */
  async #openProxy(proxy: ProxyServer, attempt: ConnectionAttempt): Promise<Socket> {
    const server = { hostname: proxy.host.includes(':') ? `[${proxy.host}]` : proxy.host, port: proxy.port };
    const openTcp = (): Promise<Socket> => this.#openTcp(server, attempt);
    try {
      return await (proxy.scheme === 'https' ? this.#openTls(openTcp, server, { h2: false, attempt }) : openTcp());
    } catch (cause) {
      // Chromium names a bad certificate of a proxy apart from one of a server.
      const isCertificate = cause instanceof NetError && cause.code.startsWith('ERR_CERT_');
      const code = isCertificate ? 'ERR_PROXY_CERTIFICATE_INVALID' : 'ERR_PROXY_CONNECTION_FAILED';
      throw new ProxyError(code, `Cannot connect to proxy "${proxy.toUri()}"`, cause);
    }
  }

  /** The verdict comes last, so that nothing happens between it and the request. */
  async #openTls(
    openRaw: () => Promise<Socket>,
    server: Server,
    how: { readonly h2: boolean; readonly attempt: ConnectionAttempt },
  ): Promise<Socket> {
    const { verifier, clientCertificates } = this.#parts;
    const { h2, attempt } = how;
    // Before there is a server that would have to wait for the answer.
    const clientCertificate = await attempt.untimed(clientCertificates.for(server.hostname, server.port));
    const socket = verifier.connect(
      { socket: await openRaw(), ALPNProtocols: h2 ? ['h2', 'http/1.1'] : ['http/1.1'] },
      { ...server, clientCertificate, sessionKey: `${server.hostname}:${server.port}` },
    );
    await attempt.ready(socket, 'secureConnect');
    await attempt.roundTrip();
    const verdict = verifier.verify(socket, server);
    const refusal = await attempt.untimed(verdict);
    if (refusal) {
      socket.destroy();
      throw refusal;
    }
    // The server did not wait for the program's answer, which is known now.
    if (verdict instanceof Promise && socket.destroyed) return this.#openTls(openRaw, server, how);
    return socket;
  }
}
