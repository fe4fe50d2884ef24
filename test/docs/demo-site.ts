import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { once } from 'node:events';
import { type WebSocket, WebSocketServer } from 'ws';

/** The ports of the site that every name under `.test` leads to in the examples. */
export interface DemoSite {
  readonly httpPort: number;
  readonly httpsPort: number;
}

/** Starts the site the examples talk to, with a certificate in PEM. It does not keep the process alive. */
export async function startDemoSite(certificate: { readonly key: string; readonly cert: string }): Promise<DemoSite> {
  const http = createServer(answer);
  const https = createSecureServer(certificate, answer);
  for (const server of [http, https]) new WebSocketServer({ server }).on('connection', echo);
  return { httpPort: await listen(http), httpsPort: await listen(https) };
}

function echo(socket: WebSocket): void {
  socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
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
    case '/guarded':
      if (request.headers.authorization) response.end('Come in\n');
      else response.writeHead(401, { 'www-authenticate': 'Basic realm="The cellar"' }).end();
      return;
    case '/style.css':
      response
        .writeHead(200, { 'content-type': 'text/css', 'cache-control': 'max-age=3600' })
        .end('p { color: teal }\n');
      return;
    case '/events':
      response.setHeader('content-type', 'text/event-stream').write('data: hello\n\n');
      return;
    case '/headers':
      response.setHeader('content-type', 'application/json').end(JSON.stringify(request.headers));
      return;
    default:
      response.setHeader('content-type', 'text/html').end('<title>A page</title>\n');
  }
}
