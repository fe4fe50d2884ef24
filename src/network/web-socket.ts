import type { WebSocket } from 'undici';
import { invalidType, NetError } from '../util/errors.ts';
import { describe, OptionsReader } from '../util/options.ts';
import { ChannelDispatcher, type ChannelParts } from './channel-dispatcher.ts';
import { HeaderList, type HeadersInput } from './header-list.ts';
import { loadChannelEvents, loadWebSocket } from './undici.ts';

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

/**
 * Makes a WHATWG WebSocket class on undici's, whose handshakes go through a session.
 *
 * A failed handshake is told by the `error` event: `event.error` is a NetError.
 *
 * @see WebSockets standard 3.1
 */
export function defineWebSocket<O extends WebSocketOptions>(definition: Definition<O>): WebSocketConstructor<O> {
  const Base = loadWebSocket();
  const { ErrorEvent } = loadChannelEvents();
  class SessionWebSocket extends Base {
    readonly #channel: ChannelDispatcher;

    constructor(url: string | URL, protocols: string | string[] | O = []) {
      const options = readOptions(protocols, definition.keys);
      const { parts, cookies } = definition.own(options as O);
      const channel = new ChannelDispatcher(parts, { ...readHandshake(url, options), cookies, refuse });
      super(url, { protocols: options.protocols ?? [], dispatcher: channel as never });
      this.#channel = channel;
      parts.channels.add(this);
      this.addEventListener('close', () => parts.channels.delete(this), { once: true });
    }

    override close(code?: number, reason?: string): void {
      this.#channel.end();
      super.close(code, reason);
    }

    override dispatchEvent(event: Event): boolean {
      const { failure: error } = this.#channel;
      if (event.type !== 'error' || !error) return super.dispatchEvent(event as never);
      return super.dispatchEvent(new ErrorEvent('error', { error, message: error.message }) as never);
    }

    /** Why the handshake failed; undefined while it has not. */
    protected get failure(): Error | undefined {
      return this.#channel.failure;
    }
  }
  return SessionWebSocket as WebSocketConstructor<O>;
}

function readOptions(input: unknown, keys: readonly string[]): WebSocketOptions {
  const isOptions = typeof input === 'object' && input !== null && !(Symbol.iterator in input);
  if (!isOptions) return { protocols: input as string | string[] };
  const reader = new OptionsReader('open a WebSocket', input, keys);
  reader.object('headers', undefined);
  reader.string('origin', undefined);
  return input;
}

function readHandshake(
  url: string | URL,
  options: WebSocketOptions,
): { headers: readonly string[]; initiator: URL | undefined } {
  const headers = new HeaderList();
  headers.appendAll(options.headers);
  for (let i = 0; i < headers.pairs.length; i += 2) refuseOwnHeader(headers.pairs[i]!);
  const initiator = readOrigin(options.origin);
  if (!headers.has('origin')) headers.append('Origin', initiator ? serializeOrigin(initiator) : ownOrigin(url));
  return { headers: headers.pairs, initiator };
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
function serializeOrigin(url: URL): string {
  return url.origin === 'null' ? `${url.protocol}//${url.host}` : url.origin;
}

/** The origin of a page on the same host. What is no URL is refused by the WebSocket itself. */
function ownOrigin(url: string | URL): string {
  return URL.parse(String(url).replace(/^\s*ws/i, 'http'))?.origin ?? 'null';
}

// Chromium net/websockets/websocket_basic_handshake_stream.cc
function refuse(status: number): NetError {
  return new NetError('ERR_FAILED', `Error during WebSocket handshake: Unexpected response code: ${status}`);
}
