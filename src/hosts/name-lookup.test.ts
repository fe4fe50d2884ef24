import { createSocket, type Socket } from 'node:dgram';
import { getServers, setServers } from 'node:dns/promises';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { nameLookup } from './name-lookup.ts';

const typeA = 1;
const typeAaaa = 28;

let nameServer: Socket;
let usual: string[];

// Answers A with 192.0.2.1 for 300 s and AAAA with 2001:db8::1 for 60 s; names that begin with "v4" have no AAAA, those
// that begin with "no" nothing.
beforeEach(async () => {
  nameServer = createSocket('udp4');
  nameServer.on('message', (question, from) => nameServer.send(answerTo(question), from.port));
  nameServer.bind(0, '127.0.0.1');
  await once(nameServer, 'listening');
  usual = getServers();
  setServers([`127.0.0.1:${nameServer.address().port}`]);
});

afterEach(() => {
  setServers(usual);
  nameServer.close();
});

// RFC 1035 4.1: one question; the answer points back at its name.
function answerTo(question: Buffer): Buffer {
  const type = question.readUInt16BE(question.indexOf(0, 12) + 1);
  const label = question.toString('latin1', 13, 13 + question[12]!);
  const end = question.indexOf(0, 12) + 5;
  const known = !label.startsWith('no') && !(label.startsWith('v4') && type === typeAaaa);
  const header = Buffer.from([
    question[0]!,
    question[1]!,
    0x81,
    known ? 0x80 : 0x83,
    0,
    1,
    0,
    known ? 1 : 0,
    0,
    0,
    0,
    0,
  ]);
  const data = type === typeA ? Buffer.from([192, 0, 2, 1]) : Buffer.from('20010db8000000000000000000000001', 'hex');
  const record = Buffer.from([
    0xc0,
    12,
    0,
    type,
    0,
    1,
    0,
    0,
    type === typeA ? 1 : 0,
    type === typeA ? 44 : 60,
    0,
    data.length,
  ]);
  return Buffer.concat([header, question.subarray(12, end), ...(known ? [record, data] : [])]);
}

test.each<[sentence: string, name: string, family: 0 | 4 | 6, addresses: string[], ttlSeconds: number]>([
  ['both families, for the shorter time', 'both.example', 0, ['2001:db8::1', '192.0.2.1'], 60],
  ['IPv4 alone', 'both.example', 4, ['192.0.2.1'], 300],
  ['IPv6 alone', 'both.example', 6, ['2001:db8::1'], 60],
  ['both of a name that has one', 'v4.example', 0, ['192.0.2.1'], 300],
])('name servers: %s', async (_, name, family, addresses, ttlSeconds) => {
  const answer = await nameLookup(name, family, 'dns');
  expect(answer.endpoints.map(({ address }) => address)).toEqual(addresses);
  expect(answer.endpoints.map(found => found.family)).toEqual(addresses.map(a => (a.includes(':') ? 'ipv6' : 'ipv4')));
  expect(answer.ttlSeconds).toBe(ttlSeconds);
});

test.each<[name: string, family: 0 | 4 | 6]>([
  ['no.example', 0],
  ['no.example', 4],
  ['v4.example', 6],
])('name servers: %s, family %d, has nothing', async (name, family) => {
  await expect(nameLookup(name, family, 'dns')).rejects.toMatchObject({ code: 'ENOTFOUND' });
});

test('the operating system tells no time: 60 seconds', async () => {
  const answer = await nameLookup('127.0.0.1', 0, 'system');
  expect(answer).toEqual({ endpoints: [{ address: '127.0.0.1', family: 'ipv4' }], ttlSeconds: 60 });
});
