import type { EventSource } from 'undici';
import { NetError } from '../util/errors.ts';
import { OptionsReader } from '../util/options.ts';
import { takeUserinfo, type Userinfo } from '../util/userinfo.ts';
import { ChannelDispatcher, type ChannelParts } from './channel-dispatcher.ts';
import { loadEventSource } from './undici.ts';

/** Options of `new ses.EventSource`. */
export interface EventSourceOptions {
  /** Kept for programs written for pages; the session's cookies are sent in any case. */
  withCredentials?: boolean;
  /** Milliseconds before a broken connection is opened again, until the server says otherwise. Default 3000. */
  reconnectionTime?: number;
}

/** `ses.EventSource`: WHATWG's, opened as the session. */
export interface EventSourceConstructor {
  new (url: string | URL, options?: EventSourceOptions): EventSource;
  readonly prototype: EventSource;
  readonly CONNECTING: 0;
  readonly OPEN: 1;
  readonly CLOSED: 2;
}

const maxReconnectionMs = 2 ** 31 - 1;

/**
 * Makes an EventSource class on undici's, whose requests go through a session. Closing the session closes it.
 *
 * `event.error` of the `error` event is a NetError where there was an error, and not just the end of a response.
 *
 * @see HTML standard 9.2
 */
export function defineEventSource(parts: ChannelParts): EventSourceConstructor {
  const Base = loadEventSource();
  class SessionEventSource extends Base {
    constructor(url: string | URL, input: EventSourceOptions = {}) {
      const options = new OptionsReader('open an EventSource', input, ['withCredentials', 'reconnectionTime']);
      const channel = new ChannelDispatcher(parts, {
        headers: [],
        initiator: undefined,
        userinfo: readUserinfo(url),
        cookies: true,
        refuse,
      });
      super(url, {
        withCredentials: options.boolean('withCredentials', false),
        node: {
          dispatcher: channel as never,
          reconnectionTime: options.number('reconnectionTime', 3000, { min: 0, max: maxReconnectionMs }),
        },
      });
      parts.channels.add(this);
      this.addEventListener('error', event => channel.explain(event));
    }

    override close(): void {
      parts.channels.delete(this);
      super.close();
    }
  }
  return SessionEventSource;
}

function readUserinfo(url: string | URL): Userinfo | undefined {
  const parsed = URL.parse(String(url));
  return parsed ? takeUserinfo(parsed) : undefined;
}

function refuse(status: number): NetError | undefined {
  return status === 200 || (status >= 300 && status <= 399)
    ? undefined
    : new NetError('ERR_INVALID_RESPONSE', `The server answered ${status} where a stream of events was expected`);
}
