import { MemoryStore } from '../../storage/memory/memory-store.ts';
import { siteOfUrl } from '../../util/site.ts';
import { ManualClock } from '../../util/testing/manual-clock.ts';
import type { CookieChange, CookieContext } from '../cookie.ts';
import { CookieStore, type CookieStoreOptions } from '../cookie-store.ts';
import { cookieTarget } from '../cookie-target.ts';

/** A cookie store with URLs for arguments, and what it announced. */
export class StoreForTest {
  readonly clock: ManualClock;
  readonly store: CookieStore;
  readonly changes: string[] = [];

  constructor(options: Partial<CookieStoreOptions> & { readonly clock?: ManualClock } = {}) {
    this.clock = options.clock ?? new ManualClock();
    this.store = new CookieStore({
      records: new MemoryStore().records('cookies'),
      limits: { perSite: 180, total: 3300 },
      keepSessionCookies: true,
      ...options,
      clock: this.clock,
    });
    this.store.onChange = change => this.changes.push(describeChange(change));
  }

  /** Receives Set-Cookie lines; gives `stored` or the reason for each. */
  receive(url: string, lines: string | readonly string[], context: Partial<CookieContext> = {}): string[] {
    const all = typeof lines === 'string' ? [lines] : lines;
    const results = this.store.receive(cookieTarget(new URL(url)), all, contextFor(url, context));
    return results.map(result => (result.stored ? 'stored' : result.reason));
  }

  header(url: string, context: Partial<CookieContext> = {}): string {
    return this.store.header(cookieTarget(new URL(url)), contextFor(url, context));
  }

  /** What was announced since the last call. */
  takeChanges(): string[] {
    return this.changes.splice(0);
  }
}

export function contextFor(url: string, context: Partial<CookieContext>): CookieContext {
  return { sameSite: 'same-site-strict', topLevelSite: siteOfUrl(new URL(url)), http: true, ...context };
}

function describeChange({ cookie, cause, removed }: CookieChange): string {
  return `${removed ? '-' : '+'}${cookie.name}=${cookie.value} ${cause}`;
}
