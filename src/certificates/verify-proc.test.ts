import { expect, test } from 'vitest';
import { ManualClock } from '../util/testing/manual-clock.ts';
import type { Certificate } from './certificate.ts';
import type { Refusal } from './refusal.ts';
import { askProc, type ProcAnswer, type ReadProc, type VerifyRequest } from './verify-proc.ts';

const request: VerifyRequest = {
  hostname: 'a.test',
  certificate: {} as Certificate,
  validatedCertificate: {} as Certificate,
  isIssuedByKnownRoot: false,
  verificationResult: 'net::OK',
  errorCode: 0,
};

interface Asked {
  readonly answer: Promise<ProcAnswer>;
  readonly clock: ManualClock;
  readonly withdrawn: Refusal[];
}

function ask(proc: ReadProc): Asked {
  const clock = new ManualClock();
  const withdrawn: Refusal[] = [];
  const answer = askProc(proc, request, { clock, timeoutMs: 30_000, onWithdrawn: refusal => withdrawn.push(refusal) });
  return { answer, clock, withdrawn };
}

const answers: [sentence: string, given: unknown, expected: object][] = [
  ['0 accepts', 0, { kind: 'accepted' }],
  ['true accepts', true, { kind: 'accepted' }],
  ['-3 leaves it to the session', -3, { kind: 'own-verdict' }],
  ['-2 refuses', -2, { kind: 'refused', refusal: { code: 'ERR_FAILED' } }],
  ['false refuses', false, { kind: 'refused', refusal: { code: 'ERR_FAILED' } }],
  ['-201 refuses by that name', -201, { kind: 'refused', refusal: { code: 'ERR_CERT_DATE_INVALID' } }],
  ['-214 refuses by that name', -214, { kind: 'refused', refusal: { code: 'ERR_CERTIFICATE_TRANSPARENCY_REQUIRED' } }],
  ['a number of another kind of error is rubbish', -105, { kind: 'failed', refusal: { code: 'ERR_FAILED' } }],
  ['-250, which is no error, is rubbish', -250, { kind: 'failed' }],
  ['1 is rubbish', 1, { kind: 'failed' }],
  ['-0.5 is rubbish', -0.5, { kind: 'failed' }],
  ['NaN is rubbish', Number.NaN, { kind: 'failed' }],
  ['nothing is rubbish', undefined, { kind: 'failed' }],
  ['null is rubbish', null, { kind: 'failed' }],
  ['"0" is rubbish', '0', { kind: 'failed' }],
  ['an object is rubbish', { valueOf: () => 0 }, { kind: 'failed' }],
];

test.each(answers)('%s', async (_, given, expected) => {
  expect(await ask((_request, callback) => callback(given)).answer).toMatchObject(expected);
});

const failures: [sentence: string, proc: ReadProc, reason: string][] = [
  [
    'a proc that throws refuses',
    () => {
      throw new Error('x');
    },
    'failed',
  ],
  [
    'a proc that accepts and then throws refuses',
    (_request, callback) => {
      callback(0);
      throw new Error('x');
    },
    'failed',
  ],
  [
    'an async proc that accepts and then throws refuses',
    async (_request, callback) => {
      callback(0);
      throw new Error('x');
    },
    'failed',
  ],
  [
    'a proc that answers twice refuses',
    (_request, callback) => {
      callback(0);
      callback(0);
    },
    'answered twice',
  ],
];

test.each(failures)('%s', async (_, proc, reason) => {
  const { answer, clock } = ask(proc);
  expect(await answer).toMatchObject({
    kind: 'failed',
    refusal: { code: 'ERR_FAILED', reason: expect.stringContaining(reason) },
  });
  expect(clock.pendingTimers).toBe(0);
});

test('a proc that never answers refuses after its time, and what it says later is not heard', async () => {
  let late: ((answer: number) => void) | undefined;
  const { answer, clock } = ask((_request, callback) => {
    late = callback;
  });
  clock.advance(29_999);
  expect(clock.pendingTimers).toBe(1);
  clock.advance(1);
  late!(0);
  expect(await answer).toMatchObject({
    kind: 'failed',
    refusal: { reason: 'the verify proc did not answer within 30 s' },
  });
});

test('a proc that accepts and later answers again or fails takes it back', async () => {
  let again: (() => void) | undefined;
  const { answer, withdrawn } = ask((_request, callback) => {
    callback(0);
    again = () => callback(-2);
  });
  expect(await answer).toEqual({ kind: 'accepted' });
  expect(withdrawn).toEqual([]);
  again!();
  expect(withdrawn).toMatchObject([{ code: 'ERR_FAILED', reason: 'the verify proc answered twice' }]);

  let fail: ((error: Error) => void) | undefined;
  const failing = ask((_request, callback) => {
    callback(0);
    return new Promise((_resolve, reject) => {
      fail = reject;
    });
  });
  await failing.answer;
  fail!(new Error('x'));
  await Promise.resolve();
  await Promise.resolve();
  expect(failing.withdrawn).toMatchObject([{ code: 'ERR_FAILED', reason: 'the verify proc failed' }]);
});
