import type { AuthInfo, LoginDetails } from '../auth/authenticator.ts';
import type { Credentials } from '../auth/credentials.ts';
import { SessionEvent } from '../util/session-event.ts';
import type { App } from './app.ts';
import type { Session } from './session.ts';

/** What a `login` listener calls with user name and password; without them the refusal goes to the caller. */
export type LoginCallback = (username?: string, password?: string) => void;

/** What the request was that met the challenge. */
export interface LoginRequestDetails {
  url: string;
}

/**
 * Asks the program for credentials: the session's `login` listeners first, then the app's. A listener that wants to
 * answer calls `event.preventDefault()`, and the callback now or later.
 *
 * @see Electron `app.on('login')`
 */
export function askLogin(
  session: Session,
  app: App,
  { url, authInfo }: LoginDetails,
): Promise<Credentials | undefined> {
  return new Promise(resolve => {
    const callback: LoginCallback = (username, password) => {
      const given = typeof username === 'string' && typeof password === 'string';
      resolve(given ? { username, password } : undefined);
    };
    const details: LoginRequestDetails = { url };
    const info: AuthInfo = { ...authInfo };
    const onSession = new SessionEvent(session);
    session.emit('login', onSession, details, info, callback);
    if (onSession.defaultPrevented) return;
    const onApp = new SessionEvent(app);
    app.emit('login', onApp, null, details, info, callback);
    if (!onApp.defaultPrevented) resolve(undefined);
  });
}
