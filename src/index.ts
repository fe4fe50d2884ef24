import { App } from './session/app.ts';
import { configureApp, type ConfigureInput } from './session/configure.ts';
import { Net } from './session/net.ts';
import { SessionModule } from './session/session-module.ts';

/** The program. */
export const app: App = new App();

/** Makes and finds sessions. */
export const session: SessionModule = new SessionModule(app);

/**
 * Sets what holds for the whole program, from now on.
 *
 * @throws {TypeError} If a setting is wrong; `code` is `ERR_INVALID_OPTION`. An unknown one is a warning.
 * @example For code written for today's Electron
 * import { configure, session } from 'sojourn';
 * configure({ cookieDomainMatch: 'host' });
 * const { cookies } = session.fromPartition('configured');
 * await cookies.set({ url: 'https://site.test/', domain: 'site.test', name: 'id', value: '1' });
 * console.assert((await cookies.get({ domain: 'www.site.test' })).length === 1);
 */
export function configure(settings: ConfigureInput): void {
  configureApp(app, settings);
}

/** The network as the default session. */
export const net: Net = new Net(session);

export {
  NetError,
  type NetErrorCode,
  SojournError,
  type SojournErrorCode,
  StateError,
  StoreError,
} from './util/errors.ts';
export type { App, AppEvents } from './session/app.ts';
export type { PathName } from './session/app-paths.ts';
export type { CommandLine } from './session/command-line.ts';
export type { ConfigureInput } from './session/configure.ts';
export type { ImportCertificateInput } from './session/imported-certificates.ts';
export type { AuthInfo } from './auth/authenticator.ts';
export type { LoginCallback, LoginRequestDetails } from './session/ask-program.ts';
export type { Certificate, CertificatePrincipal } from './certificates/certificate.ts';
export type { ChainDescription, DescribedCertificate } from './certificates/describe-chain.ts';
export type { SslConfigInput } from './certificates/ssl-config.ts';
export type { LegacyCertificate, LegacyVerifyProc, VerifyProc, VerifyRequest } from './certificates/verify-proc.ts';
export type { CacheListing } from './cache/http-cache.ts';
export type { CacheStats, CacheStatus } from './cache/cache-usage.ts';
export type { NetworkConditions, NetworkEmulationInput, NetworkPreset } from './conditions/network-conditions.ts';
export type { ChangeCause, RefusalReason, SameSite } from './cookies/cookie.ts';
export type { CookieFormat } from './cookies/cookie-file.ts';
export type { ImportResult, WithheldReason } from './cookies/cookie-store.ts';
export type { HostEndpoint } from './hosts/name-lookup.ts';
export type { PacReport } from './proxy/pac-world.ts';
export type { ProxyConfigInput, ProxyMode } from './proxy/proxy-config.ts';
export type { ProxyExplanation } from './proxy/proxy-resolver.ts';
export type { ParkedProxy } from './proxy/parked-proxies.ts';
export type { Proxy } from './session/proxy.ts';
export type { Certificates, ClientCertificateInput } from './session/certificates.ts';
export type { CookieContextInput, CookieDetailsInput, CookieFilterInput } from './session/cookie-arguments.ts';
export type { CookieExportInput, CookieImportInput } from './session/cookie-file-arguments.ts';
export type { ClearDataInput, ClearStorageDataInput } from './session/data-to-clear.ts';
export type { CookieObject } from './session/cookie-object.ts';
export type { Cookies, CookiesEvents, CookiesExplanation, ReceivedCookie, RefusedCookie } from './session/cookies.ts';
export type { Net } from './session/net.ts';
export type { ClientRequestOptions } from './network/client-request-options.ts';
export type { ClientRequest, ClientRequestEvents, UploadProgress } from './network/client-request.ts';
export type { EventSourceConstructor, EventSourceOptions } from './network/event-source.ts';
export type { IncomingMessage } from './network/incoming-message.ts';
export type {
  NetBinaryType,
  NetWebSocket,
  NetWebSocketConstructor,
  NetWebSocketOptions,
} from './network/net-web-socket.ts';
export type { WebSocketConstructor, WebSocketOptions } from './network/web-socket.ts';
export type { ResolvedHost, Session, SessionConditions } from './session/session.ts';
export type { SessionEvents } from './session/session-events.ts';
export type { SessionModule } from './session/session-module.ts';
export type { SessionOptions, SessionOptionsInput } from './session/session-options.ts';
export type { SessionEvent } from './util/session-event.ts';
export type { FetchResponse } from './network/fetch-response.ts';
export type { SessionDispatcher } from './network/dispatcher.ts';
export type { FetchInit } from './network/fetch-request.ts';
export type { CacheMode } from './cache/request-rules.ts';
export type { BodyInput } from './network/request-body.ts';
export type { HeadersInput } from './network/header-list.ts';
export type { ReferrerPolicy } from './network/referrer-policy.ts';
