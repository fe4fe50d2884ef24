// Answers GET /N with N bytes, fresh for a day, and /none/N with the same, not to be stored. Prints its port. Ends with its parent.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

const bodies = new Map<number, Buffer>();
const server = createServer((request, response) => {
  const size = Number(/(\d+)(?:\?|$)/.exec(request.url!)![1]);
  let body = bodies.get(size);
  if (!body) bodies.set(size, (body = Buffer.alloc(size, 'x')));
  response
    .writeHead(200, {
      'content-type': 'text/plain',
      'content-length': size,
      'cache-control': request.url!.startsWith('/none') ? 'no-store' : 'max-age=86400',
      etag: `"${size}"`,
    })
    .end(body);
});
server.keepAliveTimeout = 30_000;
server.listen(0, '127.0.0.1', () => console.log((server.address() as AddressInfo).port));
process.stdin.resume().on('end', () => process.exit());
