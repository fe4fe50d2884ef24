import type { Dispatcher, Pool } from 'undici';
import { StateError } from '../util/errors.ts';
import type { Connect } from './connector.ts';
import type { Dispatch } from './request-job.ts';
import { loadPool } from './undici.ts';

/** Chromium's limit for a response's head. */
const maxHeadBytes = 256 * 1024;

interface PoolsOptions {
  readonly connect: Connect;
  /** At most this many connections to one origin (HTTP/2 uses one). */
  readonly maxConnectionsPerOrigin: number;
}

/** Open connections, by origin and by whatever else sets them apart. Owned by Session; the pipeline's last step. */
export class ConnectionPools {
  readonly #options: PoolsOptions;
  readonly #pools = new Map<string, Pool>();
  #closed: Error | undefined;

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
    const key = job.allowH2 ? job.origin : `${job.origin} h1`;
    const pool = this.#pools.get(key) ?? this.#open(key, job.origin);
    return pool.dispatch(job as Dispatcher.DispatchOptions, handler);
  };

  /** Waits for what is under way, then closes every connection. */
  async close(): Promise<void> {
    this.#closed = new StateError('ERR_SESSION_CLOSED', 'Cannot send a request: the session is closed');
    await Promise.all(this.#drop().map(pool => pool.close()));
  }

  /** Cuts every connection; requests under way fail with `error`. New requests connect anew. */
  async closeAll(error: Error): Promise<void> {
    await Promise.all(this.#drop().map(pool => pool.destroy(error)));
  }

  #drop(): Pool[] {
    const pools = [...this.#pools.values()];
    this.#pools.clear();
    return pools;
  }

  #open(key: string, origin: string): Pool {
    const UndiciPool = loadPool();
    const pool = new UndiciPool(origin, {
      connect: this.#options.connect as never,
      connections: Number.isFinite(this.#options.maxConnectionsPerOrigin)
        ? this.#options.maxConnectionsPerOrigin
        : null,
      maxHeaderSize: maxHeadBytes,
      allowH2: !key.endsWith(' h1'),
    });
    const dropWhenIdle = (): void => {
      const { connected, pending, running } = pool.stats;
      if (connected + pending + running > 0 || this.#pools.get(key) !== pool) return;
      this.#pools.delete(key);
      void pool.close();
    };
    pool.on('disconnect', dropWhenIdle);
    pool.on('connectionError', dropWhenIdle);
    this.#pools.set(key, pool);
    return pool;
  }
}
