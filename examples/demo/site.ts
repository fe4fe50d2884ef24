// A small site with a login: the one that `npm start` logs in to.
import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** The demo site while it runs. */
export interface DemoSite {
  /** Its port on 127.0.0.1. */
  readonly port: number;
  close(): Promise<void>;
}

const loginForm =
  '<form method="post"><input name="user"><input name="password" type="password"><button>Log in</button></form>';

/** Starts the site on 127.0.0.1: a login form, a session cookie that scripts cannot read, an account page. */
export async function startDemoSite(): Promise<DemoSite> {
  const users = new Map<string, string>();
  const server = createServer((request, response) => void answer(request, response, users));
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(request: IncomingMessage, response: ServerResponse, users: Map<string, string>): Promise<void> {
  if (request.url === '/login' && request.method === 'POST') {
    const form = new URLSearchParams(await text(request));
    const id = randomUUID();
    users.set(id, form.get('user') ?? 'nobody');
    response.writeHead(303, { location: '/account', 'set-cookie': `sid=${id}; Path=/; HttpOnly; SameSite=Lax` }).end();
    return;
  }
  const id = /(?:^|; )sid=([^;]+)/.exec(request.headers.cookie ?? '')?.[1];
  const user = id === undefined ? undefined : users.get(id);
  response.setHeader('content-type', 'text/html; charset=utf-8');
  if (request.url === '/account' && user !== undefined) response.end(`Account of ${user}`);
  else if (request.url === '/account') response.writeHead(401).end('Please log in');
  else response.end(loginForm);
}
