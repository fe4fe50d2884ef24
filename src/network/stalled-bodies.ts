import { NetError } from '../util/errors.ts';
import type { ResponseBody } from './response-body.ts';

/**
 * The bodies of one session whose connections are held back because nobody reads them. Owned by SessionNetwork.
 *
 * Without it, a program that looks at a status and lets go of the Response would pin the connection for ever. Only bodies
 * that were held back come here, so that it costs small ones nothing.
 */
export class StalledBodies {
  readonly #bodies = new Set<ResponseBody>();
  readonly #abandoned = new FinalizationRegistry<ResponseBody>(body =>
    body.cancel(new NetError('ERR_ABORTED', 'The Response was let go before its body was read')),
  );
  #draining = false;

  /** @param owner - What the body is read through; once it is garbage, nobody can. */
  add(body: ResponseBody, owner: object): void {
    this.#bodies.add(body);
    this.#abandoned.register(owner, body, body);
    if (this.#draining) body.drain();
  }

  delete(body: ResponseBody): void {
    if (this.#bodies.delete(body)) this.#abandoned.unregister(body);
  }

  /** Has bodies that nobody has asked for read into memory, now and from now on, so that closing need not wait for it. */
  drain(): void {
    this.#draining = true;
    for (const body of this.#bodies) body.drain();
  }
}
