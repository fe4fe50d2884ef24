import { OptionsReader } from '../util/options.ts';
import type { App } from './app.ts';

/** What `configure` takes. */
export interface ConfigureInput {
  /** Which direction `cookies.get({ domain })` matches where the call does not say. Default `'subdomains'`. */
  cookieDomainMatch?: 'subdomains' | 'host' | 'both';
}

/** @throws {TypeError} If a setting is wrong; `code` is `ERR_INVALID_OPTION`. Nothing is changed then. */
export function configureApp(app: App, input: ConfigureInput): void {
  const options = new OptionsReader('configure', input, ['cookieDomainMatch']);
  app.cookieDomainMatch = options.oneOf(
    'cookieDomainMatch',
    ['subdomains', 'host', 'both'] as const,
    app.cookieDomainMatch,
  );
}
