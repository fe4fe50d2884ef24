// Answers 1 KB; every tenth response sets two cookies. Prints its port. Ends with its parent.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const body = Buffer.alloc(1024, 'x');
let count = 0;
const server = createServer((_request, response) => {
  const head: Record<string, string | number | string[]> = {
    'content-type': 'text/plain',
    'content-length': body.length,
  };
  if (++count % 10 === 0)
    head['set-cookie'] = [`visit=${count}; Path=/; HttpOnly`, 'theme=dark; Path=/; Max-Age=86400'];
  response.writeHead(200, head).end(body);
});
server.keepAliveTimeout = 30_000;
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
process.stdin.resume().on('end', () => process.exit());
