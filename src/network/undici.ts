import { createRequire } from 'node:module';
import type { Dispatcher, EventSource, Pool, WebSocket } from 'undici';

const require = createRequire(import.meta.url);

/** undici's pool, loaded at the first request: the whole package takes twice the CPU time of this part of it. */
export function loadPool(): typeof Pool {
  return require('undici/lib/dispatcher/pool.js') as typeof Pool;
}

/** undici's base class of dispatchers, with `request`, `stream` and the rest of its API on it. */
export function loadDispatcher(): typeof Dispatcher {
  const base = require('undici/lib/dispatcher/dispatcher.js') as typeof Dispatcher;
  Object.assign(base.prototype, require('undici/lib/api/index.js'));
  return base;
}

/** undici's WebSocket, with the part of its fetch that it is built on. */
export function loadWebSocket(): typeof WebSocket {
  // undici's Request takes for granted that its Response was loaded before; without it `undici.fetch` would fail for the
  // whole program.
  require('undici/lib/web/fetch/response.js');
  return (require('undici/lib/web/websocket/websocket.js') as { WebSocket: typeof WebSocket }).WebSocket;
}

/** undici's EventSource, with its fetch. */
export function loadEventSource(): typeof EventSource {
  return (require('undici/lib/web/eventsource/eventsource.js') as { EventSource: typeof EventSource }).EventSource;
}
