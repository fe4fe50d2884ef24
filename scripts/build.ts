// Makes dist/ from src/: one JavaScript file and one declaration for each source file.
import { rmSync } from 'node:fs';
import { run } from './run.ts';

rmSync('dist', { recursive: true, force: true });
process.exitCode = await run('tsc', ['-p', 'tsconfig.build.json']);
