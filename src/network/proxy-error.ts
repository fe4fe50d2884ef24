import { NetError, type NetErrorCode } from '../util/errors.ts';

/** A failure on the way to or at the proxy, before the target was reached: the only kind that another proxy may mend. */
export class ProxyError extends NetError {
  constructor(code: NetErrorCode, detail: string, cause?: unknown) {
    super(code, detail, cause === undefined ? undefined : { cause });
  }
}
