import type { CookieContext } from '../cookies/cookie.ts';
import { siteOfHost, siteOfUrl } from '../util/site.ts';

/** What a session needs to know of an origin for every request to it. */
export interface OriginFacts {
  readonly origin: string;
  readonly protocol: string;
  readonly hostname: string;
  /** A request of Node's own code is same-site with itself, and its top-level site is its own. */
  readonly ownContext: CookieContext;
}

const maxRemembered = 1024;

/** The facts of the origins met lately, so that a request to a known origin parses nothing. Owned by Session. */
export class OriginFactsCache {
  readonly #byOrigin = new Map<string, OriginFacts>();

  /** @throws {TypeError} If `origin` is no URL. */
  of(origin: string): OriginFacts {
    return this.#byOrigin.get(origin) ?? this.#learn(origin, new URL(origin));
  }

  /** undefined: `origin` is no URL. */
  find(origin: string): OriginFacts | undefined {
    const known = this.#byOrigin.get(origin);
    if (known) return known;
    const url = URL.parse(origin);
    return url ? this.#learn(origin, url) : undefined;
  }

  ofUrl(url: URL): OriginFacts {
    return this.#byOrigin.get(url.origin) ?? this.#learn(url.origin, url);
  }

  #learn(origin: string, url: URL): OriginFacts {
    if (this.#byOrigin.size >= maxRemembered) this.#byOrigin.clear();
    const facts: OriginFacts = {
      origin: url.origin,
      protocol: url.protocol,
      hostname: url.hostname,
      ownContext: { sameSite: 'same-site-strict', topLevelSite: siteOfUrl(url), http: true },
    };
    this.#byOrigin.set(origin, facts);
    return facts;
  }
}

/** Who makes a request, where the caller says so. */
export interface RequestOwner {
  /** Origin of the page that makes it. */
  readonly initiator: URL | undefined;
  /** Any URL of the page's top-level site. */
  readonly topLevelSite: URL | undefined;
}

/** The context of a request to `url` made by `owner`. RFC 6265bis 5.2: same-site needs the same scheme, too. */
export function contextFor(url: URL, owner: RequestOwner): CookieContext {
  const site = siteOfUrl(url);
  const topLevelUrl = owner.topLevelSite ?? owner.initiator;
  const topLevelSite = topLevelUrl ? siteOfUrl(topLevelUrl) : site;
  const fromSameSite = topLevelSite === site && (!owner.initiator || siteOfUrl(owner.initiator) === site);
  return { sameSite: fromSameSite ? 'same-site-strict' : 'cross-site', topLevelSite, http: true };
}

/** The context of a request that is upgraded to https: what was its own site still is. */
export function upgradedContext(context: CookieContext, hostname: string): CookieContext {
  const site = siteOfHost(hostname);
  return context.topLevelSite === `http://${site}` ? { ...context, topLevelSite: `https://${site}` } : context;
}
