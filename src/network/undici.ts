import { createRequire } from 'node:module';
import type { Dispatcher, Pool } from 'undici';

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
