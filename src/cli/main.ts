#!/usr/bin/env node
// node:sqlite is experimental on Node 22, and says so on every start; that one warning is not the user's concern.
const warn = process.emitWarning.bind(process);
process.emitWarning = ((warning: string | Error, ...rest: unknown[]) => {
  if (/SQLite is an experimental feature/.test(String(warning))) return;
  (warn as (...args: unknown[]) => void)(warning, ...rest);
}) as typeof process.emitWarning;

const { runCli } = await import('./run-cli.ts');
process.exitCode = await runCli(process.argv.slice(2), { stdout: process.stdout, stderr: process.stderr });
