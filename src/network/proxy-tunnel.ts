import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import type { Socket } from 'node:net';
import type { AuthAttempt } from '../auth/authenticator.ts';
import type { ProxyServer } from '../proxy/proxy-server.ts';
import { NetError } from '../util/errors.ts';
import type { ConnectionAttempt } from './connection-attempt.ts';
import { ProxyError } from './proxy-error.ts';

interface TunnelRequest {
  readonly proxy: ProxyServer;
  /** `host:port` of the target, IPv6 in brackets. */
  readonly authority: string;
  readonly userAgent: string;
  /** Answers the proxy's challenges. */
  readonly auth: AuthAttempt;
  /** Opens a connection to the proxy, TLS included. */
  readonly open: () => Promise<Socket>;
  readonly attempt: ConnectionAttempt;
}

/** A proxy that asks more often than this is not answered any more. */
const maxChallenges = 4;

/**
 * Opens a tunnel through an HTTP or HTTPS proxy. RFC 9110 9.3.6.
 *
 * @throws {ProxyError} ERR_TUNNEL_CONNECTION_FAILED when the proxy refuses, ERR_PROXY_AUTH_REQUESTED when it wants
 * credentials that nobody has.
 */
export async function openTunnel(to: TunnelRequest): Promise<Socket> {
  const asked = { method: 'CONNECT', uri: to.authority, body: '' };
  let authorization = to.auth.unasked(asked);
  for (let asks = 0; asks <= maxChallenges; asks++) {
    const socket = await to.open();
    to.attempt.watch(socket);
    const { response, head } = await connect(socket, to, authorization);
    if (response.statusCode === 200) {
      // A server that speaks first (not with TLS or HTTP, but tunnels carry anything).
      if (head.byteLength > 0) socket.unshift(head);
      return socket;
    }
    socket.destroy();
    if (response.statusCode !== 407) {
      throw new ProxyError(
        'ERR_TUNNEL_CONNECTION_FAILED',
        `Proxy "${to.proxy.toUri()}" answered CONNECT with status ${response.statusCode}`,
      );
    }
    const challenges = [response.headers['proxy-authenticate'] ?? []].flat();
    authorization = await to.attempt.untimed(to.auth.answer(challenges, asked));
    if (authorization === undefined) break;
  }
  throw new ProxyError(
    'ERR_PROXY_AUTH_REQUESTED',
    `Proxy "${to.proxy.toUri()}" wants credentials that it was not given`,
  );
}

interface Answer {
  readonly response: IncomingMessage;
  readonly head: Buffer;
}

function connect(socket: Socket, to: TunnelRequest, authorization: string | undefined): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing: ClientRequest = request({
      method: 'CONNECT',
      path: to.authority,
      createConnection: () => socket,
      setHost: false,
      headers: {
        Host: to.authority,
        'Proxy-Connection': 'keep-alive',
        'User-Agent': to.userAgent,
        ...(authorization === undefined ? undefined : { 'Proxy-Authorization': authorization }),
      },
    });
    const refuse = (error: Error): void => {
      socket.destroy();
      reject(named(error, to.proxy));
    };
    outgoing.once('connect', (response: IncomingMessage, _socket: unknown, head: Buffer) => {
      outgoing.off('error', refuse).on('error', ignore);
      resolve({ response, head });
    });
    // A proxy that answers with anything but the end of a head, or with an upgrade.
    outgoing.once('upgrade', () =>
      refuse(
        new ProxyError('ERR_TUNNEL_CONNECTION_FAILED', `Proxy "${to.proxy.toUri()}" answered CONNECT with an upgrade`),
      ),
    );
    outgoing.once('error', refuse).end();
  });
}

function named(error: Error, proxy: ProxyServer): Error {
  const { code } = error as NodeJS.ErrnoException;
  if (error instanceof NetError)
    return new ProxyError(error.code, `Proxy "${proxy.toUri()}" did not answer CONNECT in time`, error);
  if (code?.startsWith('HPE_')) {
    return new ProxyError(
      'ERR_TUNNEL_CONNECTION_FAILED',
      `Proxy "${proxy.toUri()}" answered CONNECT with something that is not HTTP`,
      error,
    );
  }
  return new ProxyError(
    'ERR_CONNECTION_CLOSED',
    `Proxy "${proxy.toUri()}" closed the connection before it answered CONNECT`,
    error,
  );
}

function ignore(): void {}
