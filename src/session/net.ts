import type { FetchInit } from '../network/fetch-request.ts';
import type { ResolvedHost } from './session.ts';
import type { SessionModule } from './session-module.ts';

/**
 * The network as the default session.
 *
 * @see Electron `net`
 */
export class Net {
  readonly #sessions: SessionModule;

  constructor(sessions: SessionModule) {
    this.#sessions = sessions;
  }

  /** `fetch` of the default session. */
  fetch(input: string | URL | Request, init?: FetchInit): Promise<Response> {
    return this.#sessions.defaultSession.fetch(input, init);
  }

  /** `resolveHost` of the default session. */
  resolveHost(host: string, options?: { queryType?: 'A' | 'AAAA' }): Promise<ResolvedHost> {
    return this.#sessions.defaultSession.resolveHost(host, options);
  }
}
