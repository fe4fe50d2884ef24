import { connect as connectTcp, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import type { ServerVerifier } from '../certificates/verifier.ts';
import type { HostResolver } from '../hosts/host-resolver.ts';
import type { HostRules } from '../hosts/host-rules.ts';
import type { Clock } from '../util/clock.ts';
import { NetError } from '../util/errors.ts';
import { bareHost } from '../util/url.ts';
import { toNetError } from './net-error.ts';

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
  readonly clock: Clock;
}

/** How long a connection may take to be ready, name look-up and TLS included. */
const connectTimeoutMs = 30_000;

/** Opens connections for one session: host rules, look-up, TCP, TLS, verdict on the certificate. */
export class Connector {
  readonly #parts: ConnectorParts;

  constructor(parts: ConnectorParts) {
    this.#parts = parts;
  }

  readonly connect: Connect = (target, callback) => {
    this.#open(target).then(
      socket => callback(null, socket),
      (error: Error) => callback(toNetError(error, 'before-response'), null),
    );
  };

  async #open(target: ConnectTarget): Promise<Socket> {
    const secure = target.protocol === 'https:';
    const port = target.port === '' ? (secure ? 443 : 80) : Number(target.port);
    const mapped = this.#parts.hostRules.map(target.hostname, port);
    if (mapped === 'not-found')
      throw new NetError('ERR_NAME_NOT_RESOLVED', `A host rule says that "${target.hostname}" does not exist`);
    const deadline = new Deadline(this.#parts.clock);
    try {
      const hostname = mapped?.hostname ?? target.hostname;
      const socket = await deadline.ready(this.#openTcp(bareHost(hostname), mapped?.port ?? port), 'connect');
      if (!secure) return socket;
      return await this.#startTls(socket, { hostname, port, allowH2: target.allowH2 !== false, deadline });
    } finally {
      deadline.cancel();
    }
  }

  #openTcp(host: string, port: number): Socket {
    const target = this.#parts.resolver.connectTarget(host, port);
    return connectTcp({ ...target, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 });
  }

  async #startTls(raw: Socket, to: TlsTarget): Promise<TLSSocket> {
    const { verifier } = this.#parts;
    const server = { hostname: to.hostname, port: to.port };
    const socket = verifier.connect(
      { socket: raw, ALPNProtocols: to.allowH2 ? ['h2', 'http/1.1'] : ['http/1.1'] },
      { ...server, sessionKey: `${to.hostname}:${to.port}` },
    );
    await to.deadline.ready(socket, 'secureConnect');
    const refusal = await verifier.verify(socket, server);
    if (!refusal) return socket;
    socket.destroy();
    throw refusal;
  }
}

interface TlsTarget {
  readonly hostname: string;
  readonly port: number;
  readonly allowH2: boolean;
  readonly deadline: Deadline;
}

/** Ends the socket that is being waited for when time is up. */
class Deadline {
  readonly #timer: { cancel(): void };
  #socket: Socket | undefined;

  constructor(clock: Clock) {
    this.#timer = clock.setTimeout(() => {
      this.#socket?.destroy(
        new NetError('ERR_CONNECTION_TIMED_OUT', `No connection within ${connectTimeoutMs / 1000} seconds`),
      );
    }, connectTimeoutMs);
  }

  /** Waits for `event`; a socket that fails or closes before it is destroyed. */
  ready<S extends Socket>(socket: S, event: string): Promise<S> {
    this.#socket = socket;
    return new Promise((resolve, reject) => {
      const settle = (error?: Error): void => {
        socket.off(event, onReady).off('error', settle).off('close', onClose);
        if (!error) return resolve(socket);
        socket.on('error', ignore).destroy();
        reject(error);
      };
      const onReady = (): void => settle();
      const onClose = (): void => settle(new NetError('ERR_CONNECTION_CLOSED', 'The server closed the connection'));
      socket.once(event, onReady).once('error', settle).once('close', onClose);
    });
  }

  cancel(): void {
    this.#timer.cancel();
  }
}

function ignore(): void {}
