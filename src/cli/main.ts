#!/usr/bin/env node
import { fileError } from './read-input.ts';
import { runCli } from './run-cli.ts';

const { stdout, stderr } = process;
const interruption = new AbortController();
let interruptedBy: NodeJS.Signals | undefined;
let outputError: NodeJS.ErrnoException | undefined;

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

stdout.on('error', (error: NodeJS.ErrnoException) => {
  outputError ??= error;
  interruption.abort();
});
// There is nowhere left to say so.
stderr.on('error', () => {});

const status = await runCli(process.argv.slice(2), { streams: { stdout, stderr }, signal: interruption.signal });
if (interruptedBy) {
  // So that a shell's loop ends, too.
  process.kill(process.pid, interruptedBy);
} else if (outputError?.code === 'EPIPE') {
  // `| head`: the reader has what it wanted. What still waits for standard input is not waited for.
  process.exit(0);
} else if (outputError) {
  stderr.write(`sojourn: ${fileError('write', 'standard output', outputError).message}\n`);
  process.exit(1);
} else {
  process.exitCode = status;
}
