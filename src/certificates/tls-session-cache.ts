import type { TLSSocket } from 'node:tls';
import type { Clock } from '../util/clock.ts';
import type { Peer } from './peer.ts';

interface TlsSession {
  readonly session: Buffer;
  readonly peer: Peer;
  /** TLS 1.3 tickets are used once, so that nobody can tell that two connections are one client's. RFC 8446 C.4. */
  readonly isSingleUse: boolean;
}

interface Followed {
  readonly key: string;
  readonly generation: number;
  /** What the server showed when this session was made, when the connection resumes one. */
  readonly resumed: Peer | undefined;
  /** Sessions that came before the verdict. */
  readonly early: Buffer[];
  accepted: Peer | undefined;
}

/** Most TLS sessions kept, as in Chromium. */
const maxSessions = 1024;

/**
 * TLS sessions to resume, each with what the server showed when it was made, because a resumed connection shows nothing.
 * Only those of accepted servers are kept; all go when the rules of acceptance change.
 *
 * Owned by ServerVerifier.
 */
export class TlsSessionCache {
  readonly #clock: Clock;
  readonly #sessions = new Map<string, TlsSession>();
  readonly #followed = new WeakMap<TLSSocket, Followed>();
  #generation = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** The session to offer on a new connection of the key. */
  take(key: string): TlsSession | undefined {
    const found = this.#sessions.get(key);
    if (!found) return undefined;
    const isExpired = found.peer.presented[0].x509.validToDate.getTime() <= this.#clock.now();
    if (found.isSingleUse || isExpired) this.#sessions.delete(key);
    return isExpired ? undefined : found;
  }

  /** Keeps what sessions the server gives on the connection, once it is accepted. */
  follow(socket: TLSSocket, key: string, offered: TlsSession | undefined): void {
    const followed: Followed = {
      key,
      generation: this.#generation,
      resumed: offered?.peer,
      early: [],
      accepted: undefined,
    };
    this.#followed.set(socket, followed);
    socket.on('session', session => {
      if (followed.accepted) this.#keep(socket, followed, session);
      else if (followed.early.length < 4) followed.early.push(session);
    });
  }

  /** What the server had shown when the session was made that the connection resumed. */
  resumedPeer(socket: TLSSocket): Peer | undefined {
    return socket.isSessionReused() ? this.#followed.get(socket)?.resumed : undefined;
  }

  /** Says that the server of the connection was accepted. */
  accept(socket: TLSSocket, peer: Peer): void {
    const followed = this.#followed.get(socket);
    if (!followed) return;
    followed.accepted = peer;
    for (const session of followed.early.splice(0)) this.#keep(socket, followed, session);
  }

  clear(): void {
    this.#generation++;
    this.#sessions.clear();
  }

  #keep(socket: TLSSocket, { key, generation, accepted }: Followed, session: Buffer): void {
    if (generation !== this.#generation) return;
    this.#sessions.delete(key);
    this.#sessions.set(key, { session, peer: accepted!, isSingleUse: socket.getProtocol() === 'TLSv1.3' });
    if (this.#sessions.size > maxSessions) this.#sessions.delete(this.#sessions.keys().next().value!);
  }
}
