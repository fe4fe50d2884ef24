import { connect as connectTcp, isIP, type LookupFunction, type Socket } from 'node:net';
import type { SecureContext, TLSSocket } from 'node:tls';
import { NetError } from '../util/errors.ts';
import { bareHost } from '../util/url.ts';

/** Where to connect to, as undici asks for it. */
export interface ConnectTarget {
  readonly hostname: string;
  readonly protocol: string;
  readonly port: string;
  readonly servername?: string | null;
  readonly allowH2?: boolean;
}

/** undici's connector: opens a connection that is ready for the first byte of a request. */
export type Connect = (
  target: ConnectTarget,
  callback: (...outcome: [error: Error, socket: null] | [error: null, socket: Socket]) => void,
) => void;
