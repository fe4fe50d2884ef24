import { mkdtempSync, rmSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isOnline } from '../network/is-online.ts';
import { App } from './app.ts';
import { Net } from './net.ts';
import { SessionModule } from './session-module.ts';

test('an outage that the default session emulates is one for isOnline and online', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'sojourn-net-'));
  const app = new App();
  app.setPath('userData', directory);
  const session = new SessionModule(app);
  const net = new Net(session);
  const machine = isOnline(networkInterfaces());
  expect([net.isOnline(), net.online]).toEqual([machine, machine]);
  session.defaultSession.enableNetworkEmulation({ offline: true });
  expect([net.isOnline(), net.online]).toEqual([false, false]);
  session.defaultSession.disableNetworkEmulation();
  session.fromPartition('another').enableNetworkEmulation({ offline: true });
  expect(net.isOnline()).toBe(machine);
  await Promise.all([session.defaultSession.destroy(), session.fromPartition('another').destroy()]);
  rmSync(directory, { recursive: true });
});

test.each([
  [undefined, 'got undefined'],
  [null, 'got null'],
  [5, 'got 5'],
])('a request of %s is refused by name', (options, came) => {
  const net = new Net(new SessionModule(new App()));
  expect(() => net.request(options as never)).toThrow(
    `Cannot make a request: options must be a URL or an object, ${came}`,
  );
});
