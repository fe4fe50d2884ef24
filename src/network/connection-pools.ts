import type { Dispatcher, Pool } from 'undici';
import type { ProxyServer } from '../proxy/proxy-server.ts';
import { StateError } from '../util/errors.ts';
import type { Connect, ConnectTarget } from './connector.ts';
import { forwardedJob, isForwarded } from './proxy-forward.ts';
import type { Dispatch, Handler, RequestJob } from './request-job.ts';
import { loadPool } from './undici.ts';

/** Chromium's limit for a response's head. */
const maxHeadBytes = 256 * 1024;

/** The ways to connect. */
export interface ConnectRoutes {
  /** Straight to the target. */
  readonly direct: Connect;
  /** Through a tunnel of the proxy. */
  readonly through: (proxy: ProxyServer) => Connect;
  /** To the proxy itself. */
  readonly to: (proxy: ProxyServer) => Connect;
}

interface PoolsOptions extends ConnectRoutes {
  /** Changes when connections opened before are not to be used for new requests. */
  readonly rulesVersion: () => number;
  /** At most this many connections to one origin (HTTP/2 uses one). */
  readonly maxConnectionsPerOrigin: number;
}

/** Open connections, by origin and by whatever else sets them apart. Owned by Session; the pipeline's last step. */
export class ConnectionPools {
  readonly #options: PoolsOptions;
  readonly #pools = new Map<string, Pool>();
  /** Those that take no new requests, until the last one under way has ended. */
  readonly #retired = new Map<Pool, Promise<void>>();
  readonly #proxyKeys = new WeakMap<ProxyServer, string>();
  #closed: Error | undefined;
  #rulesVersion = 0;

  constructor(options: PoolsOptions) {
    this.#options = options;
  }

  /** How many origins have a pool now. */
  get size(): number {
    return this.#pools.size;
  }

  readonly dispatch: Dispatch = (job, handler) => {
    if (this.#closed) {
      handler.onResponseError?.(undefined as never, this.#closed);
      return true;
    }
    const version = this.#options.rulesVersion();
    if (version !== this.#rulesVersion) {
      this.#rulesVersion = version;
      this.retire();
    }
    const { route } = job;
    if (route !== undefined) return this.#dispatchThrough(route, job, handler);
    // Without TLS there is no HTTP/2 to keep apart.
    const key = job.allowH2 || job.protocol === 'http:' ? job.origin : `${job.origin} h1`;
    const pool = this.#pools.get(key) ?? this.#open(key, job, this.#options.direct);
    return pool.dispatch(job as Dispatcher.DispatchOptions, handler);
  };

  /** Closes connections as they fall idle; new requests connect anew. For when the rules of connecting have changed. */
  retire(): void {
    for (const pool of this.#drop()) void this.#closeWhenIdle(pool);
  }

  /** Waits for what is under way, then closes every connection. */
  async close(): Promise<void> {
    this.#closed = new StateError('ERR_SESSION_CLOSED', 'Cannot send a request: the session is closed');
    this.retire();
    await Promise.all(this.#retired.values());
  }

  /** Cuts every connection; requests under way fail with `error`. New requests connect anew. */
  async closeAll(error: Error): Promise<void> {
    await Promise.all([...this.#drop(), ...this.#retired.keys()].map(pool => pool.destroy(error)));
  }

  #dispatchThrough(proxy: ProxyServer, job: RequestJob, handler: Handler): boolean {
    const forwarded = isForwarded(job, proxy);
    const sent = forwarded ? forwardedJob(job, proxy) : job;
    const key = `${sent.origin}${sent.allowH2 ? '' : ' h1'} by ${this.#keyOf(proxy)}`;
    let pool = this.#pools.get(key);
    pool ??= this.#open(key, sent, forwarded ? this.#options.to(proxy) : this.#options.through(proxy));
    return pool.dispatch(sent as Dispatcher.DispatchOptions, handler);
  }

  // Two users of one proxy share no connection, nor does one with a wrong password.
  #keyOf(proxy: ProxyServer): string {
    let key = this.#proxyKeys.get(proxy);
    if (key === undefined) {
      key = JSON.stringify([proxy, proxy.getCredentials()]);
      this.#proxyKeys.set(proxy, key);
    }
    return key;
  }

  #drop(): Pool[] {
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    return pools;
  }

  #closeWhenIdle(pool: Pool): Promise<void> {
    const closed = pool.close().then(() => void this.#retired.delete(pool));
    this.#retired.set(pool, closed);
    return closed;
  }

  #open(key: string, { origin, allowH2 }: RequestJob, connect: Connect): Pool {
    const UndiciPool = loadPool();
    const pool = new UndiciPool(origin, {
      // undici does not hand its own `allowH2` on to a connector that it did not make.
      connect: (allowH2
        ? connect
        : (target: ConnectTarget, callback: never) => connect({ ...target, allowH2 }, callback)) as never,
      connections: Number.isFinite(this.#options.maxConnectionsPerOrigin)
        ? this.#options.maxConnectionsPerOrigin
        : null,
      maxHeaderSize: maxHeadBytes,
      allowH2,
    });
    const dropWhenIdle = (): void => {
      const { connected, pending, running } = pool.stats;
      if (connected + pending + running > 0 || this.#pools.get(key) !== pool) return;
      this.#pools.delete(key);
      void this.#closeWhenIdle(pool);
    };
    pool.on('disconnect', dropWhenIdle);
    pool.on('connectionError', dropWhenIdle);
    this.#pools.set(key, pool);
    return pool;
  }
}
