import type { IncomingHttpHeaders } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Controller, Handler } from './request-job.ts';

/** undici's handler as it was up to version 6; the built-in fetch of Node 22 and 24 still is one. */
export interface LegacyHandler {
  onConnect?(abort: (reason?: Error) => void, context: unknown): void;
  onUpgrade?(status: number, rawHeaders: Buffer[], socket: Duplex): void;
  onHeaders?(status: number, rawHeaders: Buffer[], resume: () => void, statusText?: string): boolean | void;
  onData?(chunk: Buffer): boolean | void;
  onComplete?(rawTrailers: Buffer[] | null): void;
  onError?(error: Error): void;
  onBodySent?(chunk: Buffer): void;
  onResponseStarted?(): void;
}

/** Whether a handler is of the older generation. */
export function isLegacyHandler(handler: Handler | LegacyHandler): handler is LegacyHandler {
  return (
    typeof (handler as Handler).onRequestStart !== 'function' && ('onConnect' in handler || 'onHeaders' in handler)
  );
}

/** Lets a handler of the older generation take part. */
export function adaptLegacyHandler(legacy: LegacyHandler): Handler {
  return {
    onRequestStart: (controller, context) => legacy.onConnect?.(reason => controller.abort(reason as Error), context),
    onRequestUpgrade: (controller, status, headers, socket) =>
      legacy.onUpgrade?.(status, rawHeaders(controller, headers), socket),
    onResponseStart(controller, status, headers, statusText) {
      const goOn = legacy.onHeaders?.(status, rawHeaders(controller, headers), () => controller.resume(), statusText);
      if (goOn === false) controller.pause();
    },
    onResponseData(controller, chunk) {
      if (legacy.onData?.(chunk) === false) controller.pause();
    },
    onResponseEnd: (_controller, trailers) => legacy.onComplete?.(toRaw(trailers)),
    onResponseError: (_controller, error) => legacy.onError?.(error),
    onResponseStarted: () => legacy.onResponseStarted?.(),
    onBodySent: chunk => legacy.onBodySent?.(chunk),
  };
}

function rawHeaders(controller: Controller, headers: IncomingHttpHeaders): Buffer[] {
  const raw = controller.rawHeaders;
  return Array.isArray(raw) && Buffer.isBuffer(raw[0]) ? (raw as Buffer[]) : toRaw(headers);
}

function toRaw(headers: IncomingHttpHeaders | null | undefined): Buffer[] {
  const raw: Buffer[] = [];
  for (const [name, value] of Object.entries(headers ?? {})) {
    for (const one of Array.isArray(value) ? value : [value ?? '']) {
      raw.push(Buffer.from(name, 'latin1'), Buffer.from(one, 'latin1'));
    }
  }
  return raw;
}
