import type { Clock } from '../util/clock.ts';
import { invalidType, type NetErrorCode } from '../util/errors.ts';
import { netErrorNumbers } from '../util/net-error-codes.ts';
import { describe } from '../util/options.ts';
import type { Certificate } from './certificate.ts';
import { certificateRefusal, isCertificateError, type Refusal } from './refusal.ts';

/** What a verify proc is asked, as in Electron. */
export interface VerifyRequest {
  /** Canonical host, IPv6 without brackets. */
  readonly hostname: string;
  readonly certificate: Certificate;
  readonly validatedCertificate: Certificate;
  readonly isIssuedByKnownRoot: boolean;
  /** The session's own verdict: `net::OK` or `net::ERR_CERT_...`. */
  readonly verificationResult: string;
  /** Its number: 0, or as -201. */
  readonly errorCode: number;
}

/** The certificate that a three-argument proc gets: its PEM is a Buffer. */
export type LegacyCertificate = Omit<Certificate, 'data'> & { readonly data: Buffer };

/** Today's form: 0 accepts, -2 refuses, -3 takes the session's own verdict, another certificate error is reported as such. */
export type VerifyProc = (request: VerifyRequest, callback: (verificationResult: number | boolean) => void) => void;

/** The form of v0.36.0: true accepts, false refuses. */
export type LegacyVerifyProc = (
  hostname: string,
  certificate: LegacyCertificate,
  callback: (isTrusted: boolean | number) => void,
) => void;

/** A proc of either form, ready to be asked. */
export type ReadProc = (request: VerifyRequest, callback: (answer: unknown) => void) => unknown;

/** An answer: accepted, left to the session's own verdict, or refused. */
export type ProcAnswer =
  | { readonly kind: 'accepted' }
  | { readonly kind: 'own-verdict' }
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** A refusal because the proc did not do its part; the next connection asks again. */
  | { readonly kind: 'failed'; readonly refusal: Refusal };

/**
 * Reads what was given to `setCertificateVerifyProc`; undefined for null. A function with three or more parameters has
 * the form of v0.36.0; `style` says so of one that hides them (`(...args) => {}`).
 *
 * @throws {TypeError} If it is neither null nor a function.
 */
export function readVerifyProc(input: unknown, style?: 'legacy'): ReadProc | undefined {
  if (input === null) return undefined;
  if (typeof input !== 'function') throw invalidType('Must pass null or function');
  if (style !== 'legacy' && input.length < 3) return input as ReadProc;
  const proc = input as LegacyVerifyProc;
  return ({ hostname, certificate }, callback) =>
    proc(hostname, { ...certificate, data: Buffer.from(certificate.data) }, callback);
}

/** How a proc is asked. */
export interface AskOptions {
  readonly clock: Clock;
  readonly timeoutMs: number;
  /** Called when the proc, after its answer was taken, answers once more or fails. */
  readonly onWithdrawn: (refusal: Refusal) => void;
}

/** Asks a proc. Whatever it does other than answer once, in time and with a known value, is a refusal. Never rejects. */
export function askProc(proc: ReadProc, request: VerifyRequest, options: AskOptions): Promise<ProcAnswer> {
  return new Promise(resolve => {
    let answers = 0;
    let settled = false;
    const settle = (answer: ProcAnswer): void => {
      if (settled) return;
      settled = true;
      timer.cancel();
      resolve(answer);
    };
    const fail = (reason: string, cause?: unknown): void => {
      const refusal: Refusal = { code: 'ERR_FAILED', reason, cause };
      if (settled) options.onWithdrawn(refusal);
      else settle({ kind: 'failed', refusal });
    };
    const tooLate = `the verify proc did not answer within ${options.timeoutMs / 1000} s`;
    const timer = options.clock.setTimeout(() => fail(tooLate), options.timeoutMs);
    const callback = (answer: unknown): void => {
      answers++;
      if (answers > 1) fail('the verify proc answered twice');
      // Taken two microtasks later, when a second answer in the same breath and the failure of an async proc are known.
      else queueMicrotask(() => queueMicrotask(() => settle(readAnswer(answer))));
    };
    const failed = (error: unknown): void => fail('the verify proc failed', error);
    try {
      Promise.resolve(proc(request, callback)).catch(failed);
    } catch (error) {
      failed(error);
    }
  });
}

function readAnswer(answer: unknown): ProcAnswer {
  if (answer === true || answer === 0) return { kind: 'accepted' };
  if (answer === netErrorNumbers.ERR_ABORTED) return { kind: 'own-verdict' };
  if (answer === false || answer === netErrorNumbers.ERR_FAILED) {
    return { kind: 'refused', refusal: { code: 'ERR_FAILED', reason: 'the verify proc refused the certificate' } };
  }
  const code = certificateErrorOf(answer);
  if (code) return { kind: 'refused', refusal: certificateRefusal(code) };
  const reason = `the verify proc answered ${describe(answer)}, which is no known answer`;
  return { kind: 'failed', refusal: { code: 'ERR_FAILED', reason } };
}

function certificateErrorOf(answer: unknown): NetErrorCode | undefined {
  const codes = Object.keys(netErrorNumbers) as NetErrorCode[];
  return codes.find(code => netErrorNumbers[code] === answer && isCertificateError(code));
}
