import type * as Crypto from 'node:crypto';
import type * as Tls from 'node:tls';
import type * as Zlib from 'node:zlib';

// Modules of Node's own that take milliseconds of CPU to load (node:tls 20, node:crypto 6, node:zlib 3) and that many
// programs never come to use: loaded at the first call instead of at start.

export function tls(): typeof Tls {
  return process.getBuiltinModule('node:tls');
}

export function crypto(): typeof Crypto {
  return process.getBuiltinModule('node:crypto');
}

export function zlib(): typeof Zlib {
  return process.getBuiltinModule('node:zlib');
}
