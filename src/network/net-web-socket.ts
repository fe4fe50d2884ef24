import type { CloseEvent, MessageEvent, WebSocket } from 'undici';
import { invalidType, NetError } from '../util/errors.ts';
import { describe } from '../util/options.ts';
import type { ChannelParts } from './channel-dispatcher.ts';
import { defineWebSocket, type WebSocketConstructor, webSocketKeys, type WebSocketOptions } from './web-socket.ts';

/** The second argument of `new net.WebSocket`, when it is no protocol. `session` and `partition` say which session. */
export interface NetWebSocketOptions<S> extends WebSocketOptions {
  /** Whether cookies are sent and stored. Default false. */
  useSessionCookies?: boolean;
  session?: S;
  partition?: string;
}

/** `nodebuffer` is Electron's, and the default: messages are Buffers. */
export type NetBinaryType = 'nodebuffer' | 'arraybuffer' | 'blob';

/** A socket of `net.WebSocket`. */
export type NetWebSocket = Omit<WebSocket, 'binaryType'> & { binaryType: NetBinaryType };

/** `net.WebSocket`. */
export type NetWebSocketConstructor<S> = WebSocketConstructor<NetWebSocketOptions<S>, NetWebSocket & WebSocket>;

/** The class that it is built on, seen from within: `binaryType` has another type there, and `failure` is not public. */
declare class BaseSocket extends EventTarget {
  constructor(...args: unknown[]);
  get binaryType(): string;
  set binaryType(type: string);
  get failure(): Error | undefined;
}

/**
 * Makes Electron's WebSocket: without cookies unless asked for, with Buffers, and with the failure in the close reason.
 *
 * @param partsOf - Finds the session of a socket; called in the constructor.
 * @see Electron `Class: WebSocket`
 */
export function defineNetWebSocket<S>(
  partsOf: (options: NetWebSocketOptions<S>) => ChannelParts,
): NetWebSocketConstructor<S> {
  const Base = defineWebSocket<NetWebSocketOptions<S>>({
    keys: [...webSocketKeys, 'useSessionCookies', 'session', 'partition'],
    own: options => ({ parts: partsOf(options), cookies: readFlag(options.useSessionCookies) }),
  }) as unknown as typeof BaseSocket;
  class ElectronWebSocket extends Base {
    #binaryType: NetBinaryType = 'nodebuffer';

    constructor(...args: unknown[]) {
      super(...args);
      super.binaryType = 'arraybuffer';
      // Registered first, so they come before the program's own.
      this.addEventListener('message', event => this.#onMessage(event as MessageEvent));
      this.addEventListener('close', event => this.#onClose(event as CloseEvent), { once: true });
    }

    override get binaryType(): NetBinaryType {
      return this.#binaryType;
    }

    // WebIDL: an unknown value of an enumeration is ignored.
    override set binaryType(type: NetBinaryType) {
      if (type !== 'nodebuffer' && type !== 'arraybuffer' && type !== 'blob') return;
      this.#binaryType = type;
      super.binaryType = type === 'blob' ? 'blob' : 'arraybuffer';
    }

    #onMessage(event: MessageEvent): void {
      const { data } = event;
      if (this.#binaryType === 'nodebuffer' && data instanceof ArrayBuffer) put(event, 'data', Buffer.from(data));
    }

    #onClose(event: CloseEvent): void {
      if (this.failure) put(event, 'reason', reasonOf(this.failure));
    }
  }
  return ElectronWebSocket as unknown as NetWebSocketConstructor<S>;
}

/** Gives an event of undici's another value than it was made with. */
function put(event: object, name: string, value: unknown): void {
  Object.defineProperty(event, name, { value });
}

function readFlag(input: unknown = false): boolean {
  if (typeof input === 'boolean') return input;
  throw invalidType(`Cannot open a WebSocket: useSessionCookies must be a boolean, got ${describe(input)}`);
}

// Chromium net/websockets/websocket_stream.cc, ReportFailure; Electron adds the name where it is not in the text.
function reasonOf(failure: Error): string {
  if (!(failure instanceof NetError)) return failure.message;
  const { code, message } = failure;
  const detail = message.slice(`net::${code}: `.length);
  if (detail.startsWith('Error during WebSocket handshake')) return `${detail} (net::${code})`;
  return `Error in connection establishment: net::${code}`;
}
