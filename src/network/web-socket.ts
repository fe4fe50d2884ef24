import type { WebSocket } from 'undici';
import { invalidType, NetError } from '../util/errors.ts';
import { describe, OptionsReader } from '../util/options.ts';
import { takeUserinfo } from '../util/userinfo.ts';
import { ChannelDispatcher, type ChannelParts, type ChannelRequest } from './channel-dispatcher.ts';
import { HeaderList, type HeadersInput } from './header-list.ts';
import type { OpenChannels } from './open-channels.ts';
import { loadWebSocket } from './undici.ts';

/** The second argument of `new ses.WebSocket`, when it is no protocol. */
export interface WebSocketOptions {
  /** Subprotocols, the preferred one first. */
  protocols?: string | string[];
  /** Sent with the handshake. */
  headers?: HeadersInput;
  /** The Origin header, and for SameSite the page that opens the socket. Default: the origin of the URL. */
  origin?: string;
}

/** `ses.WebSocket`: WHATWG's, opened as the session. */
export interface WebSocketConstructor<O extends WebSocketOptions = WebSocketOptions, S extends WebSocket = WebSocket> {
  new (url: string | URL, protocols?: string | string[] | O): S;
  readonly prototype: S;
  readonly CONNECTING: number;
  readonly OPEN: number;
  readonly CLOSING: number;
  readonly CLOSED: number;
}

/** Who opens a socket. */
export interface WebSocketOwner {
  readonly parts: ChannelParts;
  readonly cookies: boolean;
}

interface Definition<O> {
  /** The keys of the options object. */
  readonly keys: readonly string[];
  /** Finds the session of a socket; called in the constructor. */
  readonly own: (options: O) => WebSocketOwner;
}

/** The keys that every options object may have. */
export const webSocketKeys: readonly string[] = ['protocols', 'headers', 'origin'];

/** undici's class, with `readyState` as the accessor that it is. */
declare class BaseSocket extends EventTarget {
  constructor(url: string | URL, options: { protocols: string | string[]; dispatcher: unknown });
  get readyState(): number;
  close(code?: number, reason?: string): void;
}

/**
 * Makes a WHATWG WebSocket class on undici's, whose handshakes go through a session.
 *
 * A failed handshake is told by the `error` event: `event.error` is a NetError.
 *
 * @see WebSockets standard 3.1
 */
export function defineWebSocket<O extends WebSocketOptions>(definition: Definition<O>): WebSocketConstructor<O> {
  const Base = loadWebSocket() as unknown as typeof BaseSocket;
  class SessionWebSocket extends Base {
    readonly #channel: ChannelDispatcher;
    #closed = false;

    constructor(url: string | URL, protocols: string | string[] | O = []) {
      const options = readOptions(protocols, definition.keys);
      const { parts, cookies } = definition.own(options as O);
      const channel = new ChannelDispatcher(parts, { ...readHandshake(url, options), cookies });
      super(url, { protocols: options.protocols ?? [], dispatcher: channel });
      this.#channel = channel;
      parts.channels.add(this);
      this.addEventListener('error', event => channel.explain(event), { once: true });
      this.addEventListener('close', () => this.#onClose(parts.channels), { once: true });
    }

    // undici's is 2 for ever when it was closed before it was open.
    override get readyState(): number {
      return this.#closed ? 3 : super.readyState;
    }

    override close(code?: number, reason?: string): void {
      this.#channel.end();
      super.close(code, reason);
    }

    #onClose(channels: OpenChannels): void {
      this.#closed = true;
      channels.delete(this);
    }

    /** Why the handshake failed; undefined while it has not. */
    protected get failure(): Error | undefined {
      return this.#channel.failure;
    }
  }
  return SessionWebSocket as unknown as WebSocketConstructor<O>;
}

function readOptions(input: unknown, keys: readonly string[]): WebSocketOptions {
  const isOptions = typeof input === 'object' && input !== null && !(Symbol.iterator in input);
  if (!isOptions) return { protocols: input as string | string[] };
  const reader = new OptionsReader('open a WebSocket', input, keys);
  reader.object('headers', undefined);
  reader.string('origin', undefined);
  return input;
}

function readHandshake(url: string | URL, options: WebSocketOptions): Omit<ChannelRequest, 'cookies'> {
  const headers = new HeaderList();
  headers.appendAll(options.headers);
  for (let i = 0; i < headers.pairs.length; i += 2) refuseOwnHeader(headers.pairs[i]!);
  const initiator = readOrigin(options.origin);
  // What is no URL is refused by the WebSocket itself.
  const target = URL.parse(String(url).replace(/^\s*ws/i, 'http'));
  if (!headers.has('origin')) headers.append('Origin', serializeOrigin(initiator ?? target));
  const userinfo = target ? takeUserinfo(target) : undefined;
  return { headers: headers.pairs, initiator, userinfo, refuse };
}

// RFC 6455 4.1: what the handshake itself is made of.
const handshakeHeaders = /^(?:connection|upgrade|host|content-length|transfer-encoding|sec-websocket-.*)$/i;

function refuseOwnHeader(name: string): void {
  if (!handshakeHeaders.test(name)) return;
  throw invalidType(`Cannot open a WebSocket: header ${describe(name)} belongs to the handshake and cannot be given`);
}

function readOrigin(input: string | undefined): URL | undefined {
  if (input === undefined) return undefined;
  const url = URL.parse(input);
  if (url) return url;
  throw invalidType(
    `Cannot open a WebSocket: origin must be a URL such as "https://site.test", got ${describe(input)}`,
  );
}

/** RFC 6454 6.2; schemes that URLs give no origin, as those of extensions, have one all the same. */
function serializeOrigin(url: URL | null): string {
  if (!url) return 'null';
  return url.origin === 'null' ? `${url.protocol}//${url.host}` : url.origin;
}

// Chromium net/websockets/websocket_basic_handshake_stream.cc
function refuse(status: number): NetError {
  return new NetError('ERR_FAILED', `Error during WebSocket handshake: Unexpected response code: ${status}`);
}
