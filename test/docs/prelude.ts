// Loaded before each example: `sojourn` is the source, names under `.test` lead to the demo site, no other name exists.
import assert from 'node:assert';
import { readFileSync } from 'node:fs';
import { registerHooks } from 'node:module';
import { app } from '../../src/index.ts';
import { startDemoSite } from './demo-site.ts';

const source = new URL('../../src/index.ts', import.meta.url).href;
registerHooks({
  resolve: (specifier, context, next) =>
    specifier === 'sojourn' ? { url: source, shortCircuit: true } : next(specifier, context),
});

const certificate = JSON.parse(readFileSync(process.env['SOJOURN_EXAMPLE_CERTIFICATE']!, 'utf8')) as {
  key: string;
  cert: string;
};
const { httpPort, httpsPort } = await startDemoSite(certificate);
const rules = [`MAP *.test:80 127.0.0.1:${httpPort}`, `MAP *.test:443 127.0.0.1:${httpsPort}`, 'MAP * ^NOTFOUND'];
app.commandLine.appendSwitch('host-resolver-rules', [...rules, 'EXCLUDE localhost', 'EXCLUDE 127.0.0.1'].join(', '));

// In an example, what is asserted is meant: a false one fails it.
console.assert = (condition?: boolean, ...data: unknown[]): void => {
  if (!condition) throw new assert.AssertionError({ message: data.map(String).join(' ') || 'A false assertion' });
};
