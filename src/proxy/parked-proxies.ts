import type { Clock } from '../util/clock.ts';
import type { ProxyList, ProxyServer } from './proxy-server.ts';

// Chromium net/proxy_resolution/proxy_list.cc, Fallback
const parkedForMs = 5 * 60_000;

/** A proxy that failed, and when it is trusted again. */
export interface ParkedProxy {
  /** Without credentials. */
  readonly proxy: string;
  /** Milliseconds since the epoch. */
  readonly until: number;
}

/** Proxies that failed lately: they are tried after the others. Owned by ProxyResolver. */
export class ParkedProxies {
  readonly #clock: Clock;
  readonly #until = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Parks a proxy for five minutes. `direct` is never parked. */
  park(proxy: ProxyServer): void {
    if (proxy.isDirect) return;
    this.#until.set(proxy.toUri(), this.#clock.now() + parkedForMs);
  }

  /** The same proxies, those that are parked after the others. The list itself when none is. */
  order(list: ProxyList): ProxyList {
    if (this.#until.size === 0) return list;
    this.#release();
    const isParked = (proxy: ProxyServer): boolean => this.#until.has(proxy.toUri());
    return [...list.filter(proxy => !isParked(proxy)), ...list.filter(isParked)];
  }

  list(): readonly ParkedProxy[] {
    this.#release();
    return [...this.#until].map(([proxy, until]) => ({ proxy, until }));
  }

  clear(): void {
    this.#until.clear();
  }

  #release(): void {
    const now = this.#clock.now();
    for (const [proxy, until] of this.#until) if (until < now) this.#until.delete(proxy);
  }
}
