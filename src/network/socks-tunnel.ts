import type { Socket } from 'node:net';
import type { ProxyServer } from '../proxy/proxy-server.ts';
import { NetError } from '../util/errors.ts';
import { toNetError } from './net-error.ts';
import { ProxyError } from './proxy-error.ts';
import { askSocks, type SocksTarget, type SocksWire } from './socks-handshake.ts';

/**
 * Opens a tunnel through a SOCKS proxy over a connection to it. Names are resolved by the proxy.
 *
 * @throws {ProxyError} ERR_SOCKS_CONNECTION_FAILED, also for a wrong password; ERR_CONNECTION_TIMED_OUT when the socket was
 * ended for that.
 */
export async function openSocksTunnel(socket: Socket, proxy: ProxyServer, target: SocksTarget): Promise<Socket> {
  const refusal = await converse(socket, proxy, target);
  if (refusal === undefined) return socket;
  socket.destroy();
  throw new ProxyError('ERR_SOCKS_CONNECTION_FAILED', `Proxy "${proxy.toUri()}" did not open a connection: ${refusal}`);
}

async function converse(socket: Socket, proxy: ProxyServer, target: SocksTarget): Promise<string | undefined> {
  const ended = Promise.withResolvers<never>();
  const onEnd = (): void => ended.reject(new NetError('ERR_CONNECTION_CLOSED', 'The proxy closed the connection'));
  socket.once('error', ended.reject).once('end', onEnd).once('close', onEnd);
  // Without a conversation that waits, nobody takes the rejection.
  ended.promise.catch(ignore);
  try {
    const how = { version: proxy.scheme === 'socks4' ? 4 : 5, user: proxy.getCredentials() } as const;
    return await askSocks(wireOf(socket, ended.promise), target, how);
  } catch (error) {
    const cause = toNetError(error, 'before-response');
    const late = cause instanceof NetError && cause.code === 'ERR_CONNECTION_TIMED_OUT';
    const code = late ? cause.code : 'ERR_SOCKS_CONNECTION_FAILED';
    socket.on('error', ignore).destroy();
    throw new ProxyError(code, `Proxy "${proxy.toUri()}" did not finish the SOCKS handshake`, cause);
  } finally {
    socket.off('error', ended.reject).off('end', onEnd).off('close', onEnd);
  }
}

function wireOf(socket: Socket, ended: Promise<never>): SocksWire {
  return {
    write: bytes => void socket.write(bytes),
    async read(length) {
      for (;;) {
        const bytes = socket.read(length) as Buffer | null;
        if (bytes?.length === length) return bytes;
        await Promise.race([readable(socket), ended]);
      }
    },
  };
}

function readable(socket: Socket): Promise<void> {
  return new Promise(resolve => socket.once('readable', resolve));
}

function ignore(): void {}
