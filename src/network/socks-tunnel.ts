import type { Socket } from 'node:net';
import type { ProxyServer } from '../proxy/proxy-server.ts';
import { bareHost } from '../util/url.ts';
import { ProxyError } from './proxy-error.ts';

/**
 * Opens a tunnel through a SOCKS proxy over a connection to it. Names are resolved by the proxy: SOCKS4a, RFC 1928.
 *
 * @throws {ProxyError} ERR_SOCKS_CONNECTION_FAILED, also for a wrong password.
 */
export async function openSocksTunnel(
  socket: Socket,
  proxy: ProxyServer,
  target: { hostname: string; port: number },
): Promise<Socket> {
  const { SocksClient } = await import('socks');
  const credentials = proxy.getCredentials();
  try {
    await SocksClient.createConnection({
      command: 'connect',
      proxy: {
        host: proxy.host,
        port: proxy.port,
        type: proxy.scheme === 'socks4' ? 4 : 5,
        ...(credentials && { userId: credentials.username, password: credentials.password }),
      },
      destination: { host: bareHost(target.hostname), port: target.port },
      existing_socket: socket,
    });
  } catch (cause) {
    socket.destroy();
    // The package's errors carry its options, the password among them: only the words are kept.
    const why = cause instanceof Error ? cause.message : 'no reason given';
    throw new ProxyError('ERR_SOCKS_CONNECTION_FAILED', `Proxy "${proxy}" did not open a connection (${why})`);
  }
  return socket;
}
