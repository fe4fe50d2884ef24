import { mkdtemp, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readPacSource, type FetchBytes } from './pac-source.ts';

const serve =
  (body: Uint8Array | string, { contentType = '', status = 200 } = {}): FetchBytes =>
  () =>
    Promise.resolve({ status, contentType, body: typeof body === 'string' ? Buffer.from(body) : body });
const noFetch: FetchBytes = () => Promise.reject(new Error('not to be fetched'));
const utf16be = Buffer.from('\ufeffü', 'utf16le').swap16();

const bodies: [sentence: string, body: Uint8Array, contentType: string, expected: string][] = [
  ['without a charset it is Latin-1', Buffer.from('ü', 'latin1'), 'text/html', 'ü'],
  ['a charset', Buffer.from('ü'), 'text/plain; charset=utf-8', 'ü'],
  ['a charset in quotes and capitals', Buffer.from('ü'), 'text/plain;a=b; Charset="UTF-8"', 'ü'],
  ['a charset nobody knows is Latin-1', Buffer.from('ü', 'latin1'), 'text/plain; charset=nonsense', 'ü'],
  ['a UTF-8 mark, which is left out', Buffer.from('\ufeffü'), '', 'ü'],
  ['a mark wins over the charset', Buffer.from('\ufeffü', 'utf16le'), 'text/plain; charset=utf-8', 'ü'],
  ['a UTF-16 mark, the other way round', utf16be, '', 'ü'],
];

describe('what a server sent', () => {
  test.each(bodies)('%s', async (_, body, contentType, expected) => {
    expect(await readPacSource('http://pac.test/', serve(body, { contentType }))).toBe(expected);
  });

  test('is asked for within limits', async () => {
    const asked: unknown[] = [];
    await readPacSource('https://pac.test/x', (url, limits) => {
      asked.push(url, limits);
      return serve('')(url, limits);
    });
    expect(asked).toEqual(['https://pac.test/x', { maxBytes: 1_048_576, timeoutMs: 30_000 }]);
  });

  test('counts with status 200 alone', async () => {
    const read = readPacSource('http://user:hunter2@pac.test/x', serve('', { status: 404 }));
    await expect(read).rejects.toMatchObject({
      code: 'ERR_PAC_SCRIPT_FAILED',
      message: expect.stringMatching(/"http:\/\/pac\.test\/x": the server answered with status 404$/) as string,
    });
  });

  test('is 1 MiB at most', async () => {
    expect(await readPacSource('http://pac.test/', serve('x'.repeat(1_048_576)))).toHaveLength(1_048_576);
    const read = readPacSource('http://pac.test/', serve('x'.repeat(1_048_577)));
    await expect(read).rejects.toMatchObject({ code: 'ERR_FILE_TOO_BIG' });
  });
});

const dataUrls: [sentence: string, url: string, expected: string][] = [
  ['plain', 'data:,a b', 'a b'],
  ['with a type', 'data:application/x-ns-proxy-autoconfig,x%3D1%0A', 'x=1\n'],
  ['base64', `data:;base64,${Buffer.from('x = 1;').toString('base64')}`, 'x = 1;'],
  ['base64, percent-encoded', 'data:text/plain;BASE64,eCA9IDE7%3D', 'x = 1;'],
  ['a charset', 'data:;charset=utf-8,%C3%BC', 'ü'],
  ['a stray percent sign', 'data:,100% %zz', '100% %zz'],
  ['commas', 'data:,a,b', 'a,b'],
  ['the fragment is none of it', 'data:,a#b', 'a'],
];

describe('data URLs', () => {
  test.each(dataUrls)('%s', async (_, url, expected) => {
    expect(await readPacSource(url, noFetch)).toBe(expected);
  });

  test('without a comma', async () => {
    await expect(readPacSource('data:abc', noFetch)).rejects.toMatchObject({ code: 'ERR_PAC_SCRIPT_FAILED' });
  });

  test('that are too large', async () => {
    const read = readPacSource(`data:,${'x'.repeat(1_048_577)}`, noFetch);
    await expect(read).rejects.toMatchObject({ code: 'ERR_FILE_TOO_BIG' });
  });
});

describe('files', () => {
  let folder = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sojourn-pac-'));
  });

  afterAll(() => rm(folder, { recursive: true }));

  const url = (name: string): string => pathToFileURL(join(folder, name)).href;

  test('are read', async () => {
    await writeFile(join(folder, 'a b.pac'), '\ufeffü');
    expect(await readPacSource(url('a b.pac'), noFetch)).toBe('ü');
  });

  test('that are not there', async () => {
    await expect(readPacSource(url('none'), noFetch)).rejects.toMatchObject({ code: 'ERR_FILE_NOT_FOUND' });
  });

  test('that are none', async () => {
    await expect(readPacSource(url('.'), noFetch)).rejects.toMatchObject({ code: 'ERR_PAC_SCRIPT_FAILED' });
  });

  test('that are too large', async () => {
    await writeFile(join(folder, 'large'), '');
    await truncate(join(folder, 'large'), 1_048_577);
    await expect(readPacSource(url('large'), noFetch)).rejects.toMatchObject({ code: 'ERR_FILE_TOO_BIG' });
  });
});
