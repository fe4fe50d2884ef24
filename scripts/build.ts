// Makes dist/ from src/: declarations file by file, JavaScript in few files. Loading 120 small modules would cost a
// program 100 ms of CPU before its first cookie; what is loaded only when used stays a file of its own.
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { run } from './run.ts';

rmSync('dist', { recursive: true, force: true });
const declared = await run('tsc', ['-p', 'tsconfig.build.json']);
const entries = ['src/index.ts', 'src/cli/main.ts'].filter(existsSync);
const bundle = await rolldown({
  input: entries,
  platform: 'node',
  external: id => !id.startsWith('.') && !id.startsWith('/'),
});
await bundle.write({
  dir: 'dist',
  format: 'esm',
  sourcemap: true,
  minify: false,
  entryFileNames: chunk => (chunk.facadeModuleId?.includes('/cli/') ? 'cli/[name].js' : '[name].js'),
  chunkFileNames: 'chunks/[name].js',
});
await bundle.close();
console.log(`dist: ${readdirSync(join('dist', 'chunks')).filter(name => name.endsWith('.js')).length} chunks`);
process.exitCode = declared;
