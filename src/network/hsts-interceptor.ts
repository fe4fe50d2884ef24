import type { IncomingHttpHeaders } from 'node:http';
import type { HstsStore } from '../hosts/hsts.ts';
import { ForwardingHandler } from './forwarding-handler.ts';
import type { Controller, Handler, Interceptor } from './request-job.ts';
import { upgradedContext } from './site-context.ts';

/** Sends requests to known HTTPS-only hosts over https, and learns such hosts. RFC 6797 8. */
export function hstsInterceptor(hsts: HstsStore): Interceptor {
  return next => (job, handler) => {
    if (job.protocol === 'http:' && hsts.shouldUpgrade(job.hostname)) {
      // RFC 6797 8.3: the port 80 becomes 443, any other is kept. The origin of a default port carries none.
      job.origin = `https:${job.origin.slice('http:'.length)}`.replace(/:443$/, '');
      job.protocol = 'https:';
      job.context = upgradedContext(job.context, job.hostname);
    }
    if (job.protocol !== 'https:') return next(job, handler);
    return next(job, new LearningHandler(handler, hsts, job.hostname));
  };
}

class LearningHandler extends ForwardingHandler {
  readonly #hsts: HstsStore;
  readonly #hostname: string;

  constructor(handler: Handler, hsts: HstsStore, hostname: string) {
    super(handler);
    this.#hsts = hsts;
    this.#hostname = hostname;
  }

  override onResponseStart(controller: Controller, status: number, headers: IncomingHttpHeaders, text?: string): void {
    const header = headers['strict-transport-security'] as string | string[] | undefined;
    // RFC 6797 8.1: only the first field counts.
    if (header !== undefined && status >= 200)
      this.#hsts.receive(this.#hostname, Array.isArray(header) ? header[0]! : header);
    this.handler.onResponseStart?.(controller, status, headers, text);
  }
}
