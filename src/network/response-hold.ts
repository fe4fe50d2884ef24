import { EventEmitter } from 'node:events';
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

const watching: unique symbol = Symbol('watching');

interface Watching {
  readonly watch: RequestWatch;
  /** What happened while the response is held back, in order; undefined when it is not. */
  held: [event: string, ...args: unknown[]][] | undefined;
}

type WatchedRequest = ClientRequest & { [watching]: Watching };

/**
 * Watches a request, and holds back its response.
 *
 * Done by the request's own `emit`: a listener could neither come first for sure nor hold back the others, and would
 * count as one where Node asks whether anybody takes the response.
 */
export function watchRequest(request: ClientRequest, watch: RequestWatch): void {
  (request as WatchedRequest)[watching] = { watch, held: undefined };
  // One function for all of them, because a closure for each costs more than the rest of it.
  request.emit = emitWatched as ClientRequest['emit'];
}

function emitWatched(this: WatchedRequest, event: string, ...args: unknown[]): boolean {
  const state = this[watching];
  if (event === 'finish') state.watch.onSent();
  else if (event === 'close') state.watch.onClosed();
  if (state.held) return state.held.push([event, ...args]) > 0;
  if (event !== 'response' && event !== 'upgrade') return emitNow.call(this, event, ...args);
  const done = state.watch.onResponse(args[0] as IncomingMessage);
  if (!done || this.listenerCount(event) === 0) return emitNow.call(this, event, ...args);
  state.held = [];
  const emit: Emit = emitNow.bind(this);
  const deliver = event === 'response' ? keepResponse(emit, args) : keepUpgrade(emit, args);
  const go = (): void => release(state, deliver, emit);
  done.then(go, go);
  return true;
}

function emitNow(this: ClientRequest, event: string, ...args: unknown[]): boolean {
  return EventEmitter.prototype.emit.call(this, event, ...args);
}

// Each in a turn of its own, not in the promise's: what a listener throws is the program's, and stops none but itself.
function release(state: Watching, deliver: () => void, emit: Emit): void {
  process.nextTick(deliver);
  for (const [event, ...args] of state.held ?? []) process.nextTick(emit, event, ...args);
  state.held = undefined;
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
