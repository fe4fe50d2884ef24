import { NetError } from '../util/errors.ts';
import type { AuthCache, AuthEntry, AuthTarget } from './auth-cache.ts';
import { basicAuthorization } from './basic.ts';
import { areSameCredentials, type Credentials } from './credentials.ts';
import { digestAuthorization, type DigestRequest } from './digest.ts';
import { chooseOffer, type Offer, type UnsupportedOffer } from './choose-offer.ts';

/** Electron's AuthInfo: who asks. */
export interface AuthInfo {
  readonly isProxy: boolean;
  /** In lower case. */
  readonly scheme: string;
  /** Canonical, IPv6 in brackets. */
  readonly host: string;
  readonly port: number;
  readonly realm: string;
}

/** What is put to the program when credentials are needed. */
export interface LoginDetails {
  /** What was asked for. */
  readonly url: string;
  readonly authInfo: AuthInfo;
}

/** Who is to be answered, and with what when the program knows already. */
export interface AuthParty extends AuthTarget {
  /** The URL of the request. */
  readonly url: string;
  /** Asked in place of the session's own `askLogin`. */
  readonly askLogin?: ((details: LoginDetails) => Promise<Credentials | undefined>) | undefined;
  /** Credentials of the configuration (`http://user:password@proxy`); tried before all others. */
  readonly given: Credentials | undefined;
}

/** The request that is to carry the answer. */
export type AuthRequest = Pick<DigestRequest, 'method' | 'uri' | 'body'>;

interface Parts {
  readonly cache: AuthCache;
  /** Asks the program; undefined: it has nothing to say. Asked once when many requests wait for the same answer. */
  readonly askLogin: (details: LoginDetails) => Promise<Credentials | undefined>;
  /** A new random text for Digest, at least 64 bits in printable ASCII. */
  readonly makeCnonce: () => string;
}

/** Answers the challenges of servers and proxies for one session. Owned by Session; knows no sockets. */
export class Authenticator {
  readonly #parts: Parts;
  readonly #asking = new Map<string, Promise<Credentials | undefined>>();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Whether there are no credentials that a request could carry unasked. */
  get isEmpty(): boolean {
    return this.#parts.cache.size === 0;
  }

  /** Begins a request: its challenges are answered by what this returns. */
  begin(party: AuthParty): AuthAttempt {
    const ask = (offer: Offer | UnsupportedOffer): Promise<Credentials | undefined> => this.#ask(party, offer);
    return new AuthAttempt(party, { ...this.#parts, ask });
  }

  #ask(party: AuthParty, { scheme, realm }: Offer | UnsupportedOffer): Promise<Credentials | undefined> {
    const { host, port } = hostAndPort(party.origin);
    const details: LoginDetails = {
      url: party.url,
      authInfo: { isProxy: party.isProxy, scheme, host, port, realm },
    };
    // What asks for itself shares no answer with others.
    if (party.askLogin) return party.askLogin(details);
    const key = [party.isProxy, party.origin, scheme, realm].join(' ');
    let asking = this.#asking.get(key);
    if (!asking) {
      asking = this.#parts.askLogin(details);
      this.#asking.set(key, asking);
      const done = (): void => void this.#asking.delete(key);
      asking.then(done, done);
    }
    return asking;
  }
}

interface AttemptParts extends Pick<Parts, 'cache' | 'makeCnonce'> {
  readonly ask: (offer: Offer | UnsupportedOffer) => Promise<Credentials | undefined>;
}

/**
 * The challenges of one request, answered in turn: with the given credentials, with those of the session, with those
 * that the program gives when asked. Each is tried once; a stale nonce is renewed once.
 */
export class AuthAttempt {
  readonly #party: AuthParty;
  readonly #parts: AttemptParts;
  #used: AuthEntry | undefined;
  #renewed = false;
  #triedGiven = false;
  #triedKnown = false;
  #asked = false;

  constructor(party: AuthParty, parts: AttemptParts) {
    this.#party = party;
    this.#parts = parts;
  }

  /** The header to send unasked, if the session knows that this path will ask. */
  unasked(request: AuthRequest): string | undefined {
    const { given } = this.#party;
    const entry = this.#parts.cache.findByPath(this.#party);
    // The configuration's own come first; without a challenge there is no telling which scheme they are for.
    if (entry && given && !areSameCredentials(given, entry.credentials)) return undefined;
    return entry && this.#authorize(entry, request);
  }

  /**
   * The header that answers the WWW-Authenticate or Proxy-Authenticate headers of a refusal; undefined when there is no
   * answer (left) and the refusal is the caller's to see.
   *
   * @throws {NetError} ERR_UNSUPPORTED_AUTH_SCHEME, if the program gave credentials and the server takes only NTLM or
   * Negotiate; ERR_MALFORMED_IDENTITY, if the credentials cannot be sent.
   */
  async answer(challenges: readonly string[], request: AuthRequest): Promise<string | undefined> {
    const offer = chooseOffer(challenges);
    if (!offer) return undefined;
    if ('unsupported' in offer) return this.#refuseUnsupported(offer);
    const credentials = this.#renewable(offer) ?? (await this.#nextCredentials(offer));
    if (!credentials) return undefined;
    const entry = this.#parts.cache.add(this.#party, offer, { credentials, cnonce: this.#parts.makeCnonce() });
    return this.#authorize(entry, request);
  }

  // RFC 7616 3.3, stale: the same credentials with the new nonce
  #renewable(offer: Offer): Credentials | undefined {
    const isStale = offer.scheme === 'digest' && offer.digest.stale && this.#used?.realm === offer.realm;
    if (!isStale || this.#renewed) return undefined;
    this.#renewed = true;
    return this.#used!.credentials;
  }

  async #nextCredentials(offer: Offer): Promise<Credentials | undefined> {
    const refused = this.#used;
    // Credentials sent unasked may have been refused only because this is another realm; then they stay.
    if (refused?.realm === offer.realm) this.#parts.cache.remove(this.#party, refused);
    const { given } = this.#party;
    if (given && !this.#triedGiven) {
      this.#triedGiven = true;
      if (!refused || !areSameCredentials(given, refused.credentials)) return given;
    }
    const known = this.#triedKnown ? undefined : this.#parts.cache.find(this.#party, offer);
    this.#triedKnown = true;
    if (known) return known.credentials;
    if (this.#asked) return undefined;
    this.#asked = true;
    return this.#parts.ask(offer);
  }

  async #refuseUnsupported(offer: UnsupportedOffer): Promise<undefined> {
    if (!this.#party.given && !(await this.#parts.ask(offer))) return undefined;
    const { isProxy, origin } = this.#party;
    throw new NetError(
      'ERR_UNSUPPORTED_AUTH_SCHEME',
      `Cannot log in to ${isProxy ? 'proxy' : 'server'} "${origin}": it takes only "${offer.scheme}", and Basic and Digest are supported`,
    );
  }

  #authorize(entry: AuthEntry, request: AuthRequest): string | undefined {
    this.#used = entry;
    const { credentials, digest } = entry;
    if (!digest) return basicAuthorization(credentials);
    const nonceCount = ++digest.count;
    return digestAuthorization(digest.challenge, credentials, { ...request, cnonce: digest.cnonce, nonceCount });
  }
}

function hostAndPort(origin: string): { host: string; port: number } {
  const { hostname, port, protocol } = new URL(origin);
  return { host: hostname, port: Number(port) || (protocol === 'https:' ? 443 : 80) };
}
