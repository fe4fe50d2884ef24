import { crypto } from '../util/builtins.ts';
import { NetError } from '../util/errors.ts';
import type { Challenge } from './challenge.ts';
import type { Credentials } from './credentials.ts';

/** A Digest challenge that can be answered. Text of the server's is as it came, one character a byte. */
export interface DigestChallenge {
  readonly realm: string;
  readonly nonce: string;
  readonly opaque: string | undefined;
  /** As the server wrote it; undefined means MD5. */
  readonly algorithm: string | undefined;
  /** Empty for servers older than RFC 2617, which know none. */
  readonly qop: readonly ('auth' | 'auth-int')[];
  readonly userhash: boolean;
  readonly isUtf8: boolean;
  /** The credentials were right, the nonce was too old. */
  readonly stale: boolean;
}

/** What a digest is made of besides challenge and credentials. */
export interface DigestRequest {
  readonly method: string;
  /** The request target: path and query, or `host:port` of a CONNECT. */
  readonly uri: string;
  /** The whole body; undefined if it is not known beforehand, which rules `auth-int` out. */
  readonly body: string | Uint8Array | undefined;
  /** A random text of the client's. */
  readonly cnonce: string;
  /** How often the nonce has been used, with this one; at least 1. */
  readonly nonceCount: number;
}

const hashes: ReadonlyMap<string, string> = new Map([
  ['md5', 'md5'],
  ['sha-256', 'sha256'],
  ['sha-512-256', 'sha512-256'],
]);

/** Reads a Digest challenge; undefined if it lacks a nonce or asks for what is not known here. @see RFC 7616 3.3 */
export function tryReadDigestChallenge({ params }: Challenge): DigestChallenge | undefined {
  const [nonce, algorithm, qop] = [params.get('nonce'), params.get('algorithm'), params.get('qop')];
  if (!nonce || hashOf(algorithm) === undefined) return undefined;
  const offered = qop?.toLowerCase().split(/[\s,]+/) ?? [];
  const known = (['auth', 'auth-int'] as const).filter(value => offered.includes(value));
  if (qop !== undefined && known.length === 0) return undefined;
  return {
    // As Chromium: a realm that is absent is empty.
    realm: params.get('realm') ?? '',
    nonce,
    opaque: params.get('opaque'),
    algorithm,
    qop: known,
    userhash: params.get('userhash')?.toLowerCase() === 'true',
    isUtf8: params.get('charset')?.toLowerCase() === 'utf-8',
    stale: params.get('stale')?.toLowerCase() === 'true',
  };
}

/**
 * The value of an Authorization header; undefined if only `auth-int` is offered and the body is not known.
 *
 * @throws {NetError} ERR_MALFORMED_IDENTITY, if the user name holds control characters.
 * @see RFC 7616 3.4
 */
export function digestAuthorization(
  challenge: DigestChallenge,
  { username, password }: Credentials,
  request: DigestRequest,
): string | undefined {
  const { realm, nonce, opaque, algorithm } = challenge;
  const qop = challenge.qop.find(value => value === 'auth' || request.body !== undefined);
  if (!qop && challenge.qop.length > 0) return undefined;
  const hash = (...parts: (string | Uint8Array)[]): string => hashParts(hashOf(algorithm)!, parts);
  const [nc, { cnonce }] = [request.nonceCount.toString(16).padStart(8, '0'), request];

  // 3.4.2: A1
  let a1 = hash(username, bytes(realm), password);
  const isSession = algorithm !== undefined && /-sess$/i.test(algorithm);
  if (isSession) a1 = hash(a1, bytes(nonce), cnonce);
  // 3.4.3: A2
  const entity = qop === 'auth-int' ? [hash(request.body ?? '')] : [];
  const a2 = hash(request.method, request.uri, ...entity);
  // 3.4.1; without qop as in RFC 2069 2.1.2
  const response = qop ? hash(a1, bytes(nonce), nc, cnonce, qop, a2) : hash(a1, bytes(nonce), a2);

  const user = challenge.userhash
    ? `username="${hash(username, bytes(realm))}"`
    : userField(username, challenge.isUtf8);
  const fields = [user, `realm=${quote(realm)}`, `nonce=${quote(nonce)}`, `uri=${quote(request.uri)}`];
  if (algorithm !== undefined) fields.push(`algorithm=${algorithm}`);
  fields.push(`response="${response}"`);
  if (opaque !== undefined) fields.push(`opaque=${quote(opaque)}`);
  if (qop) fields.push(`qop=${qop}`, `nc=${nc}`);
  if (qop || isSession) fields.push(`cnonce=${quote(cnonce)}`);
  if (challenge.userhash) fields.push('userhash=true');
  return `Digest ${fields.join(', ')}`;
}

function hashOf(algorithm: string | undefined): string | undefined {
  return hashes.get(algorithm?.toLowerCase().replace(/-sess$/, '') ?? 'md5');
}

// H() of the parts with ":" between them.
function hashParts(algorithm: string, parts: readonly (string | Uint8Array)[]): string {
  const hash = crypto().createHash(algorithm);
  parts.forEach((part, index) => hash.update(index === 0 ? '' : ':').update(part));
  return hash.digest('hex');
}

function bytes(headerText: string): Buffer {
  return Buffer.from(headerText, 'latin1');
}

function userField(username: string, isUtf8: boolean): string {
  if (/\p{Cc}/u.test(username)) {
    throw new NetError('ERR_MALFORMED_IDENTITY', 'Cannot log in: the user name holds control characters');
  }
  if (/^[\x20-\x7e]*$/.test(username)) return `username=${quote(username)}`;
  // 3.4: a name that no quoted string can hold. Servers that did not ask for UTF-8 get its bytes, as from Chromium.
  if (isUtf8) return `username*=UTF-8''${encodeURIComponent(username).replaceAll(/['()*]/g, percent)}`;
  return `username=${quote(Buffer.from(username).toString('latin1'))}`;
}

function percent(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
}

function quote(text: string): string {
  return `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}
