import type { Certificate } from './certificate.ts';
import type { ClientCertificate } from './client-certificates.ts';
import type { TrustStore } from './trust-store.ts';

/** What the `select-client-certificate` event tells. */
export interface ClientCertificateDetails {
  /** `host:port`, as in Electron. */
  readonly url: string;
  readonly list: readonly Certificate[];
}

/** Answers with the chosen certificate's place in the list, or -1 for none. */
export type SelectClientCertificate = (details: ClientCertificateDetails) => Promise<number>;

/**
 * Which client certificate each server is shown. Node does not say when a server asks for one, so that the choice is made
 * before connecting to a host that has some, once for each host and port.
 *
 * Owned by Session, one each.
 */
export class ClientCertificateChoice {
  readonly #trust: TrustStore;
  readonly #chosen = new Map<string, Promise<ClientCertificate | undefined>>();

  /** Asked where the session has certificates for the host. Without it the last added one is shown. */
  onSelect: SelectClientCertificate | undefined;

  constructor(trust: TrustStore) {
    this.#trust = trust;
  }

  /** @param hostname - Canonical host. */
  for(hostname: string, port: number): ClientCertificate | undefined | Promise<ClientCertificate | undefined> {
    const fitting = this.#trust.clientCertificatesFor(hostname);
    if (fitting.length === 0 || !this.onSelect) return fitting[0];
    const url = `${hostname}:${port}`;
    const known = this.#chosen.get(url);
    if (known) return known;
    const chosen = this.onSelect({ url, list: fitting.map(({ certificate }) => certificate) }).then(
      index => fitting[index],
    );
    this.#chosen.set(url, chosen);
    return chosen;
  }

  /** Forgets the choices made. */
  clear(): void {
    this.#chosen.clear();
  }
}
