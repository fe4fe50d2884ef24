import type { Socket } from 'node:net';
import type { ProxyResolver } from '../proxy/proxy-resolver.ts';
import type { ProxyServer } from '../proxy/proxy-server.ts';
import { NetError } from '../util/errors.ts';
import type { ConnectRoutes } from './connection-pools.ts';
import type { Connect, ConnectTarget } from './connector.ts';
import { ProxyError } from './proxy-error.ts';
import { passesOn } from './proxy-forward.ts';

interface Routes extends ConnectRoutes {
  readonly resolver: ProxyResolver;
  /** Whether an outage is emulated: then nobody looks for a proxy. */
  readonly isOffline: () => boolean;
}

/** Where to connect to. */
export interface RoutedTarget extends ConnectTarget {
  /** Whether a proxy may be asked to pass the requests on; else they go through a tunnel. */
  readonly mayPassOn: boolean;
}

/** A connection, and who is at its other end. */
export interface RoutedSocket {
  readonly socket: Socket;
  /** The proxy that is to pass the requests on; undefined: it is the target, or a tunnel to it. */
  readonly passedOnBy: ProxyServer | undefined;
}

/** Connects by the session's proxies. */
export type RoutedConnect = (target: RoutedTarget) => Promise<RoutedSocket>;

/** Connects by the session's proxies, for requests that do not pass the pipeline. */
export function routedConnect({ resolver, direct, through, to, isOffline }: Routes): RoutedConnect {
  const connectBy = async (proxy: ProxyServer, target: RoutedTarget): Promise<RoutedSocket> => {
    const passedOnBy = target.mayPassOn && passesOn(target.protocol, proxy) ? proxy : undefined;
    const connect = proxy.isDirect ? direct : passedOnBy ? to(proxy) : through(proxy);
    return { socket: await connected(connect, target), passedOnBy };
  };
  return async target => {
    if (isOffline()) return { socket: await connected(direct, target), passedOnBy: undefined };
    const { protocol, hostname, port } = target;
    const href = `${protocol}//${hostname}${port === '' ? '' : `:${port}`}/`;
    let failure: NetError | undefined;
    for (const proxy of await resolver.resolve({ protocol, hostname, port, href })) {
      try {
        return await connectBy(proxy, target);
      } catch (error) {
        if (!(error instanceof ProxyError) || !resolver.reportFailure(proxy, error.code)) throw error;
        failure = error;
      }
    }
    throw failure ?? new NetError('ERR_NO_SUPPORTED_PROXIES', `No proxy serves "${href}"`);
  };
}

function connected(connect: Connect, target: ConnectTarget): Promise<Socket> {
  return new Promise((resolve, reject) => {
    connect(target, (error, socket) => (error ? reject(error) : resolve(socket)));
  });
}
