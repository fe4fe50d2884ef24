import { parseChallenges } from './challenge.ts';
import { tryReadDigestChallenge, type DigestChallenge } from './digest.ts';

/** A challenge that can be answered. */
export type Offer =
  | { readonly scheme: 'basic'; readonly realm: string }
  | { readonly scheme: 'digest'; readonly realm: string; readonly digest: DigestChallenge };

/** A challenge that a browser would answer, and this library cannot. */
export interface UnsupportedOffer {
  readonly scheme: 'ntlm' | 'negotiate';
  readonly realm: '';
  readonly unsupported: true;
}

/**
 * The best of what a server offers: Digest before Basic, the server's order among equals; undefined if it is nothing
 * that a browser answers, such as Bearer.
 *
 * @see Chromium net/http/http_auth.cc, HttpAuth::ChooseBestChallenge
 */
export function chooseOffer(headers: readonly string[]): Offer | UnsupportedOffer | undefined {
  const challenges = parseChallenges(headers);
  for (const challenge of challenges) {
    const digest = challenge.scheme === 'digest' ? tryReadDigestChallenge(challenge) : undefined;
    if (digest) return { scheme: 'digest', realm: digest.realm, digest };
  }
  const basic = challenges.find(({ scheme }) => scheme === 'basic');
  if (basic) return { scheme: 'basic', realm: basic.params.get('realm') ?? '' };
  const other = challenges.find(({ scheme }) => scheme === 'ntlm' || scheme === 'negotiate');
  return other && { scheme: other.scheme as 'ntlm' | 'negotiate', realm: '', unsupported: true };
}
