import type { ConnectionOptions, TLSSocket } from 'node:tls';
import { tls } from '../util/builtins.ts';
import type { Clock } from '../util/clock.ts';
import type { NetError } from '../util/errors.ts';
import { netErrorNumbers } from '../util/net-error-codes.ts';
import { bareHost, isIpHost } from '../util/url.ts';
import { type Certificate, toCertificate } from './certificate.ts';
import type { CertificatePath } from './certificate-path.ts';
import type { ClientCertificate } from './client-certificates.ts';
import { type ChainDescription, describeChain } from './describe-chain.ts';
import { ownVerdict } from './own-verdict.ts';
import { type Peer, readPeer } from './peer.ts';
import { Pins } from './pins.ts';
import { certificateRefusal, isCertificateError, type Refusal, toNetError } from './refusal.ts';
import { TlsSessionCache } from './tls-session-cache.ts';
import type { TrustStore } from './trust-store.ts';
import { askProc, type ReadProc, readVerifyProc, type VerifyRequest } from './verify-proc.ts';

/** What the `certificate-error` event tells. */
export interface CertificateErrorDetails {
  /** The server, as `https://a.test/`. */
  readonly url: string;
  /** As `net::ERR_CERT_AUTHORITY_INVALID`. */
  readonly error: string;
  readonly certificate: Certificate;
}

/** A server that was connected to. */
export interface TlsServer {
  /** Canonical host, IPv6 in brackets. */
  readonly hostname: string;
  readonly port: number;
}

/** How a TLS connection is begun. */
export interface TlsRoute extends TlsServer {
  /** Connections of one key may resume one another's TLS sessions: proxy chain, host and port. Absent: never. */
  readonly sessionKey?: string;
  /** Shown to a server that asks for one. */
  readonly clientCertificate?: ClientCertificate | undefined;
}

/** Options of ServerVerifier. */
export interface ServerVerifierOptions {
  readonly trust: TrustStore;
  readonly clock: Clock;
  /** How long a verify proc may take, by default 30 s. */
  readonly procTimeoutMs?: number;
}

/** What is known of one certificate of one host. */
interface Verdict {
  readonly path: CertificatePath;
  /** undefined: accepted. */
  refusal: Refusal | undefined | Promise<Refusal | undefined>;
  /** The certificate-error event's answer, while it is awaited or when it was to go on. */
  allowed: Promise<boolean> | undefined;
}

/** A verdict on its way to the proc, with its key in the cache. */
interface Asked {
  readonly key: string;
  readonly verdict: Verdict;
  readonly hostname: string;
}

type Outcome = NetError | undefined;

const maxVerdicts = 1024;

/**
 * Opens TLS connections and says whether their servers are who they should be.
 *
 * A verdict holds for the host and the certificate until the proc, the pins, the roots or the TLS settings change; then
 * `generation` changes too, and connections of an older one are not to be used for new requests.
 *
 * Owned by Session, one each; outlives its connections.
 */
export class ServerVerifier {
  readonly #trust: TrustStore;
  readonly #clock: Clock;
  readonly #procTimeoutMs: number;
  readonly #sessions: TlsSessionCache;
  readonly #peers = new WeakMap<TLSSocket, Peer>();
  readonly #verdicts = new Map<string, Verdict>();
  #proc: ReadProc | undefined;
  #pins = new Pins(undefined);
  #ignoresErrors = false;
  #generation = 0;

  /** Asked whether to go on in spite of a certificate error. A yes holds as long as the verdict. */
  onCertificateError: ((details: CertificateErrorDetails) => Promise<boolean>) | undefined;

  constructor({ trust, clock, procTimeoutMs = 30_000 }: ServerVerifierOptions) {
    this.#trust = trust;
    this.#clock = clock;
    this.#procTimeoutMs = procTimeoutMs;
    this.#sessions = new TlsSessionCache(clock);
    trust.onChange = () => this.#forget();
  }

  /** Changes when what is accepted may have changed: a part of the pool's key. */
  get generation(): number {
    return this.#generation;
  }

  /** Sets the verify proc, in either era's form; null leaves verdicts to the session. @throws {TypeError} If it is neither. */
  setProc(proc: unknown, style?: 'legacy'): void {
    this.#proc = readVerifyProc(proc, style);
    this.#forget();
  }

  /** Sets which keys must be in whose chains, whatever the proc says. @throws {TypeError} As `Pins`. */
  setPins(pins: unknown): void {
    this.#pins = new Pins(pins);
    this.#forget();
  }

  /** Whether certificate errors are overlooked (switch `ignore-certificate-errors`). Pins and a proc's -2 still hold. */
  setIgnoresErrors(ignores: boolean): void {
    this.#ignoresErrors = ignores;
    this.#forget();
  }

  /**
   * Begins a TLS connection over `options.socket`, or to `options.host` and `options.port`. After `secureConnect`, and
   * before a byte is sent, ask `verify`.
   */
  connect(options: ConnectionOptions, route: TlsRoute): TLSSocket {
    const { hostname, clientCertificate } = route;
    // A session carries who the client is: RFC 8446 4.6.1.
    const key = route.sessionKey && `${route.sessionKey} ${clientCertificate?.certificate.fingerprint ?? ''}`;
    const offered = key === undefined ? undefined : this.#sessions.take(key);
    const socket = tls().connect({
      ...options,
      secureContext: this.#trust.secureContext(clientCertificate),
      rejectUnauthorized: false,
      // The verdict looks at the host by Chromium's rules, not Node's.
      checkServerIdentity: () => undefined,
      // RFC 6066 3: an address is no server name, and a name carries no trailing dot.
      servername: isIpHost(hostname) ? '' : hostname.replace(/\.$/, ''),
      ...(offered && { session: offered.session }),
    });
    if (key !== undefined) this.#sessions.follow(socket, key, offered);
    return socket;
  }

  /**
   * Says what is wrong with the server of a connection; undefined when nothing is. The answer comes at once unless a proc
   * or a listener has to be asked.
   */
  verify(socket: TLSSocket, server: TlsServer): Outcome | Promise<Outcome> {
    // A certificate that OpenSSL could read and Node or our own reader cannot, such as one with an unknown kind of key.
    const unreadable = (cause: unknown): NetError =>
      toNetError({ code: 'ERR_CERT_INVALID', reason: 'its certificate cannot be read', cause }, server.hostname);
    try {
      const peer = this.#peerOf(socket);
      if (!peer) return toNetError({ code: 'ERR_CERT_INVALID', reason: 'it showed no certificate' }, server.hostname);
      const accept = (outcome: Outcome): Outcome => {
        if (!outcome) this.#sessions.accept(socket, peer);
        return outcome;
      };
      const outcome = this.#decide(peer, server);
      return outcome instanceof Promise ? outcome.then(accept).catch(unreadable) : accept(outcome);
    } catch (cause) {
      return unreadable(cause);
    }
  }

  /** Describes the chain of a connection's server; undefined where it showed none. */
  describeChain(socket: TLSSocket, hostname: string): ChainDescription | undefined {
    const peer = this.#peerOf(socket);
    return peer && describeChain(this.#trust, { peer, path: this.#trust.pathOf(peer), hostname });
  }

  #peerOf(socket: TLSSocket): Peer | undefined {
    const peer = this.#peers.get(socket) ?? this.#sessions.resumedPeer(socket) ?? readPeer(socket);
    if (peer) this.#peers.set(socket, peer);
    return peer;
  }

  #decide(peer: Peer, server: TlsServer): Outcome | Promise<Outcome> {
    const verdict = this.#verdictOf(peer, server.hostname);
    const { refusal } = verdict;
    if (!(refusal instanceof Promise)) return this.#conclude(verdict, refusal, server);
    const generation = this.#generation;
    return refusal.then(known => {
      // What was asked by old rules is asked again by the new ones.
      return generation === this.#generation ? this.#conclude(verdict, known, server) : this.#decide(peer, server);
    });
  }

  #verdictOf(peer: Peer, hostname: string): Verdict {
    const key = `${hostname} ${peer.presented[0].fingerprint} ${peer.chainError ?? ''}`;
    const known = this.#verdicts.get(key);
    if (known) return known;
    const path = this.#trust.pathOf(peer);
    const code = ownVerdict(this.#trust, { peer, path, hostname });
    const verdict: Verdict = { path, refusal: code && certificateRefusal(code), allowed: undefined };
    this.#verdicts.set(key, verdict);
    if (this.#verdicts.size > maxVerdicts) this.#verdicts.delete(this.#verdicts.keys().next().value!);
    if (this.#proc) verdict.refusal = this.#askProc(this.#proc, { key, verdict, hostname });
    return verdict;
  }

  async #askProc(proc: ReadProc, asked: Asked): Promise<Refusal | undefined> {
    const { verdict, key } = asked;
    const own = verdict.refusal as Refusal | undefined;
    const answer = await askProc(proc, this.#requestFor(asked), {
      clock: this.#clock,
      timeoutMs: this.#procTimeoutMs,
      onWithdrawn: refusal => this.#withdraw(verdict, refusal),
    });
    // A proc that failed to answer is asked again by the next connection.
    if (answer.kind === 'failed' && this.#verdicts.get(key) === verdict) this.#verdicts.delete(key);
    if (answer.kind === 'own-verdict') verdict.refusal = own;
    else verdict.refusal = answer.kind === 'accepted' ? undefined : answer.refusal;
    return verdict.refusal;
  }

  #requestFor({ verdict: { path, refusal }, hostname }: Asked): VerifyRequest {
    const code = (refusal as Refusal | undefined)?.code;
    const certificate = toCertificate(path);
    return {
      hostname: bareHost(hostname),
      certificate,
      validatedCertificate: certificate,
      isIssuedByKnownRoot: this.#trust.isIssuedByKnownRoot(path),
      verificationResult: code ? `net::${code}` : 'net::OK',
      errorCode: code ? netErrorNumbers[code] : 0,
    };
  }

  /** What a proc took back stays refused, also for connections that it let through. */
  #withdraw(verdict: Verdict, refusal: Refusal): void {
    if (![...this.#verdicts.values()].includes(verdict)) return;
    verdict.refusal = refusal;
    this.#generation++;
    this.#sessions.clear();
  }

  #conclude(verdict: Verdict, refusal: Refusal | undefined, server: TlsServer): Outcome | Promise<Outcome> {
    if (refusal && !(this.#ignoresErrors && isCertificateError(refusal.code))) {
      if (!this.onCertificateError || !isCertificateError(refusal.code)) return toNetError(refusal, server.hostname);
      return this.#askWhetherToGoOn(verdict, refusal, server);
    }
    return this.#checkPins(verdict, server.hostname);
  }

  async #askWhetherToGoOn(verdict: Verdict, refusal: Refusal, server: TlsServer): Promise<Outcome> {
    verdict.allowed ??= this.onCertificateError!({
      url: new URL(`https://${server.hostname}:${server.port}/`).href,
      error: `net::${refusal.code}`,
      certificate: toCertificate(verdict.path),
    });
    try {
      if (await verdict.allowed) return this.#checkPins(verdict, server.hostname);
      verdict.allowed = undefined;
      return toNetError(refusal, server.hostname);
    } catch (cause) {
      verdict.allowed = undefined;
      return toNetError({ ...refusal, cause }, server.hostname);
    }
  }

  #checkPins({ path }: Verdict, hostname: string): Outcome {
    if (this.#pins.allow(hostname, path)) return undefined;
    return toNetError(certificateRefusal('ERR_SSL_PINNED_KEY_NOT_IN_CERT_CHAIN'), hostname);
  }

  #forget(): void {
    this.#generation++;
    this.#verdicts.clear();
    this.#sessions.clear();
  }
}
