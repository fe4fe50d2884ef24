import type { Certificate } from './certificate.ts';
import type { ClientCertificate } from './client-certificates.ts';
import type { TrustStore } from './trust-store.ts';

/** What the `select-client-certificate` event tells. */
export interface ClientCertificateDetails {
  /** `host:port`, as in Electron. */
  readonly url: string;
  /** The certificates for the host, the last added first. */
  readonly list: readonly Certificate[];
}

/** Answers with the chosen certificate's place in the list, or -1 for none. */
export type SelectClientCertificate = (details: ClientCertificateDetails) => Promise<number>;

type Choice = ClientCertificate | undefined;

/**
 * Which client certificate each server is shown. Node does not say when a server asks for one, so that the choice is made
 * before connecting to a host that has some, once for each host and port until another one is added.
 *
 * Owned by Session, one each.
 */
export class ClientCertificateChoice {
  readonly #trust: TrustStore;
  readonly #made = new Map<string, { readonly among: number; readonly choice: Promise<Choice> }>();

  /** Asked where the session has certificates for the host. Without it the last added one is shown. */
  onSelect: SelectClientCertificate | undefined;

  constructor(trust: TrustStore) {
    this.#trust = trust;
  }

  /** @param hostname - Canonical host. Rejects when the listener fails; then it is asked again by the next connection. */
  for(hostname: string, port: number): Choice | Promise<Choice> {
    const fitting = this.#trust.clientCertificatesFor(hostname);
    if (fitting.length === 0 || !this.onSelect) return fitting[0];
    const url = `${hostname}:${port}`;
    const made = this.#made.get(url);
    if (made?.among === fitting.length) return made.choice;
    const choice = this.onSelect({ url, list: fitting.map(({ certificate }) => certificate) }).then(
      index => fitting[index],
    );
    this.#made.set(url, { among: fitting.length, choice });
    choice.catch(() => this.#made.delete(url));
    return choice;
  }
}
