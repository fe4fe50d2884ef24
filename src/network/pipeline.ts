import type { Dispatch, Handler, Interceptor, RequestJob } from './request-job.ts';

/** The steps that a session may have, in the order in which a request passes them. */
const order = ['hsts', 'cookies', 'cache', 'auth', 'proxy', 'conditions'] as const;

/** The name of a step. */
export type StepName = (typeof order)[number];

/**
 * The way of every request of a session, whichever door it came by: the steps in force, then the connection.
 *
 * A step with nothing to do for the session is not in the chain, so it costs nothing. Owned by Session.
 */
export class Pipeline {
  readonly #connection: Dispatch;
  readonly #steps = new Map<StepName, Interceptor>();
  #chain: Dispatch;

  constructor(connection: Dispatch) {
    this.#connection = connection;
    this.#chain = connection;
  }

  /** Puts a step in its place, or takes it out. Requests on their way keep the steps they began with. */
  set(name: StepName, interceptor: Interceptor | undefined): void {
    if (interceptor) this.#steps.set(name, interceptor);
    else this.#steps.delete(name);
    this.#chain = order.reduceRight<Dispatch>((next, step) => this.#steps.get(step)?.(next) ?? next, this.#connection);
  }

  dispatch(job: RequestJob, handler: Handler): boolean {
    return this.#chain(job, handler);
  }
}
