import type { EventEmitter } from 'node:events';
import type { AuthInfo, LoginDetails } from '../auth/authenticator.ts';
import type { Credentials } from '../auth/credentials.ts';
import type { Certificate } from '../certificates/certificate.ts';
import type { ClientCertificateDetails } from '../certificates/client-certificate-choice.ts';
import type { CertificateErrorDetails } from '../certificates/verifier.ts';
import { SessionEvent } from '../util/session-event.ts';

/** What a `login` listener calls with user name and password; without them the refusal goes to the caller. */
export type LoginCallback = (username?: string, password?: string) => void;

/** The request that met a challenge. */
export interface LoginRequestDetails {
  url: string;
}

/** Who is asked: the session first, then the app, with null for the window that is not there. */
export interface Program {
  readonly session: EventEmitter;
  readonly app: EventEmitter;
}

interface Question<T> {
  readonly event: 'login' | 'certificate-error' | 'select-client-certificate';
  readonly args: readonly unknown[];
  /** What a listener's call of its callback means. */
  readonly read: (...given: unknown[]) => T;
  /** When no listener called `event.preventDefault()`. */
  readonly otherwise: T;
}

/** Asks the program for credentials. @see Electron `app.on('login')` */
export function askLogin(program: Program, { url, authInfo }: LoginDetails): Promise<Credentials | undefined> {
  return ask(program, {
    event: 'login',
    args: [{ url } satisfies LoginRequestDetails, { ...authInfo } satisfies AuthInfo],
    read: (username, password) =>
      typeof username === 'string' && typeof password === 'string' ? { username, password } : undefined,
    otherwise: undefined,
  });
}

/** Asks the program whether to go on in spite of a certificate error. @see Electron `app.on('certificate-error')` */
export function askCertificateError(
  program: Program,
  { url, error, certificate }: CertificateErrorDetails,
): Promise<boolean> {
  return ask(program, {
    event: 'certificate-error',
    args: [url, error, certificate],
    read: isTrusted => isTrusted === true,
    otherwise: false,
  });
}

/** Asks the program which client certificate to show. @see Electron `app.on('select-client-certificate')` */
export function askClientCertificate(program: Program, { url, list }: ClientCertificateDetails): Promise<number> {
  return ask(program, {
    event: 'select-client-certificate',
    args: [url, list],
    read: chosen => list.indexOf(chosen as Certificate),
    // Electron: the first one of the store.
    otherwise: 0,
  });
}

function ask<T>({ session, app }: Program, { event, args, read, otherwise }: Question<T>): Promise<T> {
  return new Promise(resolve => {
    const callback = (...given: unknown[]): void => resolve(read(...given));
    const onSession = new SessionEvent(session);
    session.emit(event, onSession, ...args, callback);
    if (onSession.defaultPrevented) return;
    const onApp = new SessionEvent(app);
    app.emit(event, onApp, null, ...args, callback);
    if (!onApp.defaultPrevented) resolve(otherwise);
  });
}
