import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

// What is loaded of undici, in which order, holds for the whole process, so that each case needs one of its own.
test.each(['loadPool', 'loadDispatcher', 'loadWebSocket', 'loadEventSource'])(
  "a program's own undici works after %s",
  async part => {
    const script = `
      const parts = await import(${JSON.stringify(new URL('undici.ts', import.meta.url).href)});
      parts[${JSON.stringify(part)}]();
      const { fetch, WebSocket, EventSource, Request } = await import('undici');
      const request = new Request('http://site.test/', { method: 'POST', body: 'sent' });
      console.log(await (await fetch('data:,got')).text(), await request.text(), typeof WebSocket, typeof EventSource);
    `;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script]);
    expect(stdout.trim()).toBe('got sent function function');
  },
);
