// What a user's first program does, run with the installed package on every supported Node, by import and by require.
// The second time, in a new process, the cookie of the first must be there.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';

/** @param {typeof import('sojourn')} sojourn @param {'first' | 'second'} time */
export async function scenario({ app, session }, time) {
  const [, , folder, name] = process.argv;
  const server = createServer((request, response) => {
    response.setHeader('set-cookie', 'served=yes; Path=/').end(request.headers.cookie ?? '');
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const url = `http://127.0.0.1:${server.address().port}/`;

  app.setPath('userData', folder);
  const ses = session.fromPartition(`persist:${name}`);
  if (time === 'first') {
    const expirationDate = Math.floor(Date.now() / 1000) + 3600;
    await ses.cookies.set({ url, name: 'kept', value: time, expirationDate });
  }
  const [kept] = await ses.cookies.get({ name: 'kept' });
  assert.equal(kept?.value, 'first');
  const expected = time === 'first' ? 'kept=first' : 'kept=first; served=yes';
  assert.equal(await (await ses.fetch(url)).text(), expected);
  const viaGlobalFetch = await fetch(url, { dispatcher: ses.dispatcher });
  assert.equal(await viaGlobalFetch.text(), 'kept=first; served=yes');

  await ses.close();
  server.close();
}
