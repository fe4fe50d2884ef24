import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';

/** Who looks at the course of a request before its own listeners do. */
export interface RequestWatch {
  /** All of it was handed to the connection. */
  onSent(): void;
  /** A response, or the answer to an upgrade, has come; it is held back until what this returns has settled. */
  onResponse(response: IncomingMessage): Promise<void> | undefined;
  onClosed(): void;
}

type Emit = (event: string, ...args: unknown[]) => boolean;

/**
 * Watches a request, and holds back its response.
 *
 * Done by the request's own `emit`: a listener could neither come first for sure nor hold back the others, and would
 * count as one where Node asks whether anybody takes the response.
 */
export function watchRequest(request: ClientRequest, watch: RequestWatch): void {
  const emit = request.emit.bind(request) as Emit;
  /** What happened meanwhile, in order; undefined when nothing is held back. */
  let held: [event: string, ...args: unknown[]][] | undefined;
  // Each in a turn of its own, not in the promise's: what a listener throws is the program's, and stops none but itself.
  const release = (deliver: () => void): void => {
    process.nextTick(deliver);
    for (const event of held ?? []) process.nextTick(() => emit(...event));
    held = undefined;
  };
  request.emit = (event: string, ...args: unknown[]): boolean => {
    if (event === 'finish') watch.onSent();
    else if (event === 'close') watch.onClosed();
    if (held) return held.push([event, ...args]) > 0;
    if (event !== 'response' && event !== 'upgrade') return emit(event, ...args);
    const done = watch.onResponse(args[0] as IncomingMessage);
    if (!done || request.listenerCount(event) === 0) return emit(event, ...args);
    held = [];
    const deliver = event === 'response' ? keepResponse(emit, args) : keepUpgrade(emit, args);
    const go = (): void => release(deliver);
    done.then(go, go);
    return true;
  };
}

function keepResponse(emit: Emit, args: unknown[]): () => void {
  const response = args[0] as IncomingMessage;
  return () => {
    // It flows without a listener when the caller destroyed the request meanwhile: node:http dumped it.
    if (response.readableFlowing !== null) return;
    emit('response', ...args);
    if (!response.destroyed) return;
    // The connection broke while nobody could listen.
    response.emit('aborted');
    if (response.errored && response.listenerCount('error') > 0) response.emit('error', response.errored);
    response.emit('close');
  };
}

function keepUpgrade(emit: Emit, args: unknown[]): () => void {
  const socket = args[1] as Duplex;
  let failure: Error | undefined;
  const onError = (error: Error): void => void (failure = error);
  socket.on('error', onError);
  return () => {
    socket.off('error', onError);
    // Whoever took a dead socket would wait for ever.
    if (socket.destroyed) emit('error', failure ?? Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' }));
    else emit('upgrade', ...args);
  };
}
