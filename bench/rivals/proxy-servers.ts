// An origin (1 KB), an HTTP proxy and a SOCKS5 proxy, as thin as can be. Prints their ports. Ends with its parent.
import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';
import { type AddressInfo, connect, createServer as createTcpServer, type Server, type Socket } from 'node:net';

const body = Buffer.alloc(1024, 'x');
const origin = createServer((_request, response) => {
  response.writeHead(200, { 'content-type': 'text/plain', 'content-length': body.length }).end(body);
});

const agent = new Agent({ keepAlive: true });
const httpProxy = createServer((incoming, response) => {
  const { port, pathname } = new URL(incoming.url!);
  request({ host: '127.0.0.1', port, path: pathname, headers: incoming.headers, agent }, answer => {
    response.writeHead(answer.statusCode!, answer.rawHeaders);
    answer.pipe(response);
  }).end();
}).on('connect', ({ url }, socket: Socket) => {
  join(socket, Number(url!.split(':').at(-1)), 'HTTP/1.1 200 OK\r\n\r\n');
});

// Takes the greeting and the request as they come; both are short enough for one read.
const socksProxy = createTcpServer(socket => {
  socket
    .on('error', () => {})
    .once('data', () => {
      socket.write(Buffer.from([5, 0]));
      socket.once('data', (asked: Buffer) =>
        join(socket, asked.readUInt16BE(asked.length - 2), Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0])),
      );
    });
});

function join(socket: Socket, port: number, answer: string | Buffer): void {
  socket.setNoDelay();
  const upstream = connect({ port, host: '127.0.0.1', noDelay: true }, () => {
    socket.write(answer);
    upstream.pipe(socket).pipe(upstream);
  });
  upstream.on('error', () => socket.destroy());
  socket.on('error', () => upstream.destroy());
}

const ports = await Promise.all(
  [origin, httpProxy, socksProxy].map(async (server: Server) => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
    return (server.address() as AddressInfo).port;
  }),
);
origin.keepAliveTimeout = httpProxy.keepAliveTimeout = 30_000;
console.log(ports.join(' '));
process.stdin.resume().on('end', () => process.exit());
