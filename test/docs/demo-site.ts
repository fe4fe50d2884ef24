import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { once } from 'node:events';

/** The ports of the site that every name under `.test` leads to in the examples. */
export interface DemoSite {
  readonly httpPort: number;
  readonly httpsPort: number;
}

/** Starts the site the examples talk to, with a certificate in PEM. It does not keep the process alive. */
export async function startDemoSite(certificate: { readonly key: string; readonly cert: string }): Promise<DemoSite> {
  const http = createServer(answer);
  const https = createSecureServer(certificate, answer);
  return { httpPort: await listen(http), httpsPort: await listen(https) };
}

async function listen(server: Server): Promise<number> {
  server.on('connection', socket => socket.unref());
  await once(server.listen(0, '127.0.0.1').unref(), 'listening');
  return (server.address() as AddressInfo).port;
}

function answer(request: IncomingMessage, response: ServerResponse): void {
  const { pathname } = new URL(request.url ?? '/', 'http://site.test');
  const loggedIn = request.headers.cookie?.includes('sid=');
  request.resume();
  switch (pathname) {
    case '/login':
      response.setHeader('set-cookie', 'sid=1; Path=/; HttpOnly; Max-Age=3600').end('Welcome\n');
      return;
    case '/account':
      response.writeHead(loggedIn ? 200 : 401).end(loggedIn ? 'Your account\n' : 'Log in first\n');
      return;
    case '/headers':
      response.setHeader('content-type', 'application/json').end(JSON.stringify(request.headers));
      return;
    default:
      response.setHeader('content-type', 'text/html').end('<title>A page</title>\n');
  }
}
