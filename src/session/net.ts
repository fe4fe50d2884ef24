import { networkInterfaces } from 'node:os';
import { type ClientRequestOptions, readClientRequest } from '../network/client-request-options.ts';
import { ClientRequest } from '../network/client-request.ts';
import type { FetchResponse } from '../network/fetch-response.ts';
import type { FetchInit } from '../network/fetch-request.ts';
import type { IncomingMessage } from '../network/incoming-message.ts';
import { isOnline } from '../network/is-online.ts';
import { defineNetWebSocket, type NetWebSocketConstructor } from '../network/net-web-socket.ts';
import { invalidType } from '../util/errors.ts';
import type { SessionModule } from './session-module.ts';
import { type ResolvedHost, Session } from './session.ts';

/**
 * The network as the default session, or as the one that a request names.
 *
 * @see Electron `net`
 */
export class Net {
  readonly #sessions: SessionModule;
  #webSocket: NetWebSocketConstructor<Session> | undefined;

  constructor(sessions: SessionModule) {
    this.#sessions = sessions;
  }

  /**
   * Makes a request; it is sent by its `end`.
   *
   * Cookies are neither sent nor stored unless `useSessionCookies` or `credentials` says so.
   *
   * @param options - A URL, or see `ClientRequestOptions`.
   * @param callback - Listens to `response`, once.
   * @throws {TypeError} Mostly in Electron's words; `code` is `ERR_INVALID_OPTION`.
   * @see Electron `net.request`
   * @example
   * import { net } from 'sojourn';
   * const request = net.request({ url: 'https://site.test/account', useSessionCookies: true });
   * request.on('response', response => {
   *   console.log(response.statusCode);
   *   response.resume();
   * });
   * request.end();
   */
  request(
    options: string | URL | ClientRequestOptions<Session>,
    callback?: (response: IncomingMessage) => void,
  ): ClientRequest {
    const settings = readClientRequest(options);
    const session = this.#sessionOf(options as ClientRequestOptions<Session>);
    const request = new ClientRequest(Session.networkOf(session, 'make a request').fetchParts, settings);
    if (callback) request.once('response', callback);
    return request;
  }

  /** `fetch` of the default session. */
  fetch(input: string | URL | Request, init?: FetchInit): Promise<FetchResponse> {
    return this.#sessions.defaultSession.fetch(input, init);
  }

  /**
   * WHATWG WebSocket with Electron's additions: the session in the options, Buffers, the failure in the close reason.
   *
   * @see Electron `net.WebSocket`
   */
  get WebSocket(): NetWebSocketConstructor<Session> {
    this.#webSocket ??= defineNetWebSocket(
      options => Session.networkOf(this.#sessionOf(options), 'open a WebSocket').channelParts,
    );
    return this.#webSocket;
  }

  /** `resolveHost` of the default session. */
  resolveHost(host: string, options?: { queryType?: 'A' | 'AAAA' }): Promise<ResolvedHost> {
    return this.#sessions.defaultSession.resolveHost(host, options);
  }

  /**
   * Whether there is a network: false means that no request can succeed, true promises nothing. An outage that the
   * default session emulates is none.
   */
  isOnline(): boolean {
    return !Session.isOffline(this.#sessions.defaultSession) && isOnline(networkInterfaces());
  }

  /** The same as a property. */
  get online(): boolean {
    return this.isOnline();
  }

  #sessionOf({ session, partition }: { readonly session?: unknown; readonly partition?: unknown }): Session {
    if (session) {
      if (session instanceof Session) return session;
      throw invalidType('`session` should be an instance of the Session class');
    }
    if (!partition) return this.#sessions.defaultSession;
    if (typeof partition === 'string') return this.#sessions.fromPartition(partition);
    throw invalidType('`partition` should be a string');
  }
}
