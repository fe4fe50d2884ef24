import type { AuthInfo } from '../auth/authenticator.ts';
import type { Certificate } from '../certificates/certificate.ts';
import type { PacReport } from '../proxy/pac-world.ts';
import type { StoreError } from '../util/errors.ts';
import type { SessionEvent } from '../util/session-event.ts';
import type { LoginCallback, LoginRequestDetails } from './ask-program.ts';
import type { Session } from './session.ts';

/** Events of a session. */
export interface SessionEvents {
  /** The store has a problem: a damaged file was set aside, or the disk refuses writes. The session goes on. */
  'store-error': [event: SessionEvent<Session>, error: StoreError];
  /** A server or proxy wants credentials. A listener that answers calls `event.preventDefault()` and the callback. */
  login: [event: SessionEvent<Session>, details: LoginRequestDetails, authInfo: AuthInfo, callback: LoginCallback];
  /** A server's certificate was found wanting. A listener that answers calls `event.preventDefault()` and the callback. */
  'certificate-error': [
    event: SessionEvent<Session>,
    url: string,
    error: string,
    certificate: Certificate,
    callback: (isTrusted: boolean) => void,
  ];
  /** A server may ask for a client certificate, and there is more than none for its host. */
  'select-client-certificate': [
    event: SessionEvent<Session>,
    url: string,
    list: readonly Certificate[],
    callback: (certificate?: Certificate) => void,
  ];
  /** A part of the proxy rules was malformed and left out. */
  'proxy-warning': [event: SessionEvent<Session>, message: string];
  /** A PAC script called `alert`, or failed. */
  'pac-message': [event: SessionEvent<Session>, report: PacReport];
  /** `preconnect` was called. */
  preconnect: [event: SessionEvent<Session>, url: string, allowCredentials: boolean];
}
