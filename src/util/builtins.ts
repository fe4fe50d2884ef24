// Modules of Node's own that take milliseconds of CPU to load (node:tls 20, node:crypto 6, node:zlib 3) and that many
// programs never come to use: loaded at the first call instead of at start.

export function tls(): typeof import('node:tls') {
  return process.getBuiltinModule('node:tls');
}

export function crypto(): typeof import('node:crypto') {
  return process.getBuiltinModule('node:crypto');
}

export function zlib(): typeof import('node:zlib') {
  return process.getBuiltinModule('node:zlib');
}
