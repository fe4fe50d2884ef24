import type { Socket } from 'node:net';
import type { ProxyResolver } from '../proxy/proxy-resolver.ts';
import type { ProxyServer } from '../proxy/proxy-server.ts';
import { NetError } from '../util/errors.ts';
import type { Connect, ConnectTarget } from './connector.ts';
import { ProxyError } from './proxy-error.ts';

interface Routes {
  readonly resolver: ProxyResolver;
  readonly direct: Connect;
  readonly through: (proxy: ProxyServer) => Connect;
}

/** Connects by the session's proxies, for requests that do not pass the pipeline: always through a tunnel. */
export function routedConnect(routes: Routes): Connect {
  return (target, callback) => {
    open(routes, target).then(
      socket => callback(null, socket),
      (error: Error) => callback(error, null),
    );
  };
}

async function open({ resolver, direct, through }: Routes, target: ConnectTarget): Promise<Socket> {
  const { protocol, hostname, port } = target;
  const href = `${protocol}//${hostname}${port === '' ? '' : `:${port}`}/`;
  let failure: NetError | undefined;
  for (const proxy of await resolver.resolve({ protocol, hostname, port, href })) {
    try {
      return await connected(proxy.isDirect ? direct : through(proxy), target);
    } catch (error) {
      if (!(error instanceof ProxyError) || !resolver.reportFailure(proxy, error.code)) throw error;
      failure = error;
    }
  }
  throw failure ?? new NetError('ERR_NO_SUPPORTED_PROXIES', `No proxy serves "${href}"`);
}

function connected(connect: Connect, target: ConnectTarget): Promise<Socket> {
  return new Promise((resolve, reject) => {
    connect(target, (error, socket) => (error ? reject(error) : resolve(socket)));
  });
}
