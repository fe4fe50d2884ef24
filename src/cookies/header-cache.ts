import type { Cookie, CookieContext, CookieTarget } from './cookie.ts';
import { isEncrypted, pathOf } from './cookie-target.ts';
import type { SiteCookies } from './site-cookies.ts';

/** A Cookie header as it was built. */
export interface BuiltHeader {
  readonly text: string;
  /** When it is to be built anew, though no cookie changed. Milliseconds since the epoch. */
  readonly validUntil: number;
}

/** About 200 bytes each, and the texts themselves. */
const maxHosts = 131_072;
const maxHeadersPerHost = 64;

const sameSiteBits = { 'cross-site': 0, 'same-site-lax-unsafe': 2, 'same-site-lax': 4, 'same-site-strict': 6 } as const;

/** Cookie headers by host and context, until a cookie of their site changes. The owner empties it when it is full. */
export class HeaderCache {
  // One map for each combination of scheme, SameSite context and http, so that no key has to be put together.
  readonly #hosts: (Map<string, HostHeaders> | undefined)[] = [];
  #size = 0;

  /** What is known for this host and context; undefined when nothing, or nothing that still holds. */
  find(target: CookieTarget, context: CookieContext): HostHeaders | undefined {
    const headers = this.#hosts[variant(target, context)]?.get(target.hostname);
    return headers?.isFresh() ? headers : undefined;
  }

  /** Sets what is known for this host and context. */
  set(target: CookieTarget, context: CookieContext, headers: HostHeaders): void {
    const hosts = (this.#hosts[variant(target, context)] ??= new Map());
    if (!hosts.has(target.hostname)) this.#size++;
    hosts.set(target.hostname, headers);
  }

  isFull(): boolean {
    return this.#size >= maxHosts;
  }

  clear(): void {
    this.#hosts.length = 0;
    this.#size = 0;
  }
}

/** The headers of one host and context: one, or one for each path or partition where the site's cookies depend on them. */
export class HostHeaders {
  readonly #site: SiteCookies;
  readonly #version: number;
  readonly #perPath: boolean;
  readonly #perPartition: boolean;
  #only: BuiltHeader | undefined;
  #byDetail: Map<string, BuiltHeader> | undefined;

  /** @param candidates - The cookies of the host and of the domains above it. */
  constructor(site: SiteCookies, candidates: readonly Cookie[]) {
    this.#site = site;
    this.#version = site.version;
    this.#perPath = candidates.some(cookie => cookie.path !== '/');
    this.#perPartition = candidates.some(cookie => cookie.partitionKey !== undefined);
  }

  isFresh(): boolean {
    return this.#version === this.#site.version;
  }

  get(target: CookieTarget, context: CookieContext): BuiltHeader | undefined {
    if (!this.#perPath && !this.#perPartition) return this.#only;
    return this.#byDetail?.get(this.#detail(target, context));
  }

  set(target: CookieTarget, context: CookieContext, header: BuiltHeader): void {
    if (!this.#perPath && !this.#perPartition) {
      this.#only = header;
      return;
    }
    this.#byDetail ??= new Map();
    if (this.#byDetail.size >= maxHeadersPerHost) this.#byDetail.clear();
    this.#byDetail.set(this.#detail(target, context), header);
  }

  #detail(target: CookieTarget, context: CookieContext): string {
    const partition = this.#perPartition ? context.topLevelSite : '';
    return this.#perPath ? partition + pathOf(target) : partition;
  }
}

function variant(target: CookieTarget, context: CookieContext): number {
  return (isEncrypted(target.protocol) ? 1 : 0) | sameSiteBits[context.sameSite] | (context.http ? 8 : 0);
}
