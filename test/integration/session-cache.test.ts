import { afterAll, beforeAll, expect, test } from 'vitest';
import { session } from '../../src/index.ts';
import { HttpOrigin } from '../fixtures/http-origin.ts';

const origin = new HttpOrigin((_request, response, count) => {
  response
    .writeHead(200, { 'Cache-Control': 'max-age=0, stale-while-revalidate=60', 'Set-Cookie': `n=${count}` })
    .end(String(count));
});
let url: string;
beforeAll(async () => {
  url = await origin.listen();
});
afterAll(() => origin.close());

test('a hit stores no cookie of old; a validation in the background sends and stores them as any request', async () => {
  const ses = session.fromPartition('session-cache');
  const cookies = async () => (await ses.cookies.get({ name: 'n' })).map(cookie => cookie.value);
  expect(await (await ses.fetch(`${url}/a`)).text()).toBe('1');
  expect(await cookies()).toEqual(['1']);
  await ses.cookies.remove(url, 'n');
  await ses.cookies.set({ url, name: 'other', value: 'x' });

  const changed = new Promise(resolve => ses.cookies.once('changed', resolve));
  const stale = await ses.fetch(`${url}/a`);
  expect([await stale.text(), stale.headers.getSetCookie()]).toEqual(['1', []]);
  await changed;
  expect(await cookies()).toEqual(['2']);
  expect(origin.requests[1]!.headers.cookie).toBe('other=x');
  expect(origin.requests.length).toBe(2);
  await ses.close();
});
