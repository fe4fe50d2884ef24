#!/usr/bin/env node
import { runCli } from './run-cli.ts';

const { stdout, stderr } = process;
const interruption = new AbortController();
let interruptedBy: NodeJS.Signals | undefined;

// Instead of Node's own listener, which takes two lines.
process.removeAllListeners('warning');
process.on('warning', ({ name, message }) => {
  // node:sqlite on Node 22: not the user's concern.
  if (name !== 'ExperimentalWarning') stderr.write(`sojourn: warning: ${message.replaceAll(/\s*\n\s*/g, ' ')}\n`);
});

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // Once: the second one ends the process as always.
  process.once(signal, () => {
    interruptedBy = signal;
    interruption.abort();
  });
}

// `| head`: the reader has what it wanted.
let readerLeft = false;
stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
  readerLeft = true;
  interruption.abort();
});

const status = await runCli(process.argv.slice(2), { streams: { stdout, stderr }, signal: interruption.signal });
// A command that was cut may have left something open; ended by the signal, so that a shell's loop ends too.
if (interruptedBy) process.kill(process.pid, interruptedBy);
else if (readerLeft) process.exit(0);
else process.exitCode = status;
