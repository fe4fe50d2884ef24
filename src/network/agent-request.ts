import type { ClientRequest, IncomingMessage } from 'node:http';
import { awaitRoundTrip } from '../conditions/round-trip.ts';
import type { Shaper } from '../conditions/shaper.ts';
import type { CookieTarget } from '../cookies/cookie.ts';
import type { CookieStore } from '../cookies/cookie-store.ts';
import type { ProxyServer } from '../proxy/proxy-server.ts';
import type { ActiveRequests } from './active-requests.ts';
import { addHeader, setAbsoluteForm } from './node-request-header.ts';
import { type RequestWatch, watchRequest } from './response-hold.ts';
import type { OriginFacts } from './site-context.ts';

/** A request that a proxy passes on. */
export interface ProxiedRequest {
  readonly method: string;
  /** In absolute form. */
  readonly url: string;
}

/** What the session does for a request of node:http. */
export interface RequestDuties {
  readonly cookies: CookieStore;
  /** Settles when everything stored so far is committed; undefined when nothing waits. */
  readonly committed: () => Promise<void> | undefined;
  readonly userAgent: () => string;
  /** The Proxy-Authorization field for a proxy that passes requests on; undefined: no credentials are known. */
  readonly authorizeProxy: (proxy: ProxyServer, request: ProxiedRequest) => string | undefined;
  readonly active: ActiveRequests;
  /** The emulated network. */
  readonly shaper: Shaper;
}

/** One request of node:http on its way through an agent of ours. */
export class AgentRequest implements RequestWatch {
  readonly #request: ClientRequest;
  readonly #facts: OriginFacts;
  readonly #duties: RequestDuties;
  readonly #target: CookieTarget;
  #sentAt: number | undefined;

  constructor(request: ClientRequest, facts: OriginFacts, duties: RequestDuties) {
    const { protocol, hostname } = facts;
    this.#request = request;
    this.#facts = facts;
    this.#duties = duties;
    this.#target = { protocol, hostname, path: request.path.startsWith('/') ? request.path : '/' };
  }

  /** Adds what the session sends, unless the caller sends its own, and watches what comes of it. */
  begin(): void {
    const { userAgent, cookies } = this.#duties;
    addHeader(this.#request, 'User-Agent', userAgent);
    addHeader(this.#request, 'Cookie', () => cookies.header(this.#target, this.#facts.ownContext));
    watchRequest(this.#request, this);
  }

  /** Makes it one that a proxy passes on. */
  addressTo(proxy: ProxyServer): void {
    setAbsoluteForm(this.#request, this.#facts.origin);
    const { method, path: url } = this.#request;
    addHeader(this.#request, 'Proxy-Authorization', () => this.#duties.authorizeProxy(proxy, { method, url }) ?? '');
  }

  onSent(): void {
    const { conditions, clock } = this.#duties.shaper;
    if (conditions.latencyMs > 0) this.#sentAt = clock.now();
  }

  onResponse(response: IncomingMessage): Promise<void> | undefined {
    const { shaper, cookies, committed } = this.#duties;
    const lines = response.headers['set-cookie'];
    if (lines) cookies.receive(this.#target, lines, this.#facts.ownContext);
    // A response may begin before the request is sent.
    const latency = awaitRoundTrip(shaper, this.#sentAt ?? shaper.clock.now());
    if (!latency) return lines ? committed() : undefined;
    return latency.then(
      () => committed(),
      (error: Error) => void this.#request.destroy(error),
    );
  }

  onClosed(): void {
    this.#duties.active.leave();
  }
}
