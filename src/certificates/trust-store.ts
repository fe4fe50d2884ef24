import type { SecureContext } from 'node:tls';
import { tls } from '../util/builtins.ts';
import { invalidType } from '../util/errors.ts';
import { describe } from '../util/options.ts';
import { type CertificatePath, buildPath } from './certificate-path.ts';
import { ChainCertificate } from './chain-certificate.ts';
import { type ClientCertificate, readClientCertificate } from './client-certificates.ts';
import type { Peer } from './peer.ts';
import { readPem, toPem } from './pem.ts';
import { RevocationList } from './revocation-list.ts';
import { machineRoots, type RootCertificates, RootIndex } from './root-certificates.ts';
import { defaultSslConfig, readSslConfig, type SslConfig } from './ssl-config.ts';

/**
 * What a session trusts and shows: roots, revocation lists, TLS versions and suites, client certificates.
 *
 * Owned by Session, one each.
 */
export class TrustStore {
  readonly #roots: RootCertificates;
  readonly #ownPems: string[] = [];
  readonly #ownRoots = new RootIndex();
  readonly #revocationLists: RevocationList[] = [];
  readonly #clientCertificates: ClientCertificate[] = [];
  readonly #contexts = new Map<ClientCertificate | undefined, SecureContext>();
  #sslConfig: SslConfig = defaultSslConfig;
  #onChange: () => void = () => {};

  constructor(roots: RootCertificates = machineRoots) {
    this.#roots = roots;
  }

  get revocationLists(): readonly RevocationList[] {
    return this.#revocationLists;
  }

  /** Called after each change, when open connections no longer stand for what is asked. */
  set onChange(action: () => void) {
    this.#onChange = action;
  }

  /** Trusts the certificates of a PEM text as roots. @throws {TypeError} If it has none, or one cannot be read. */
  addRoot(pem: string): void {
    for (const root of readBlocks(addingRoot, pem, 'CERTIFICATE').map(readRoot)) {
      this.#ownRoots.add(root);
      this.#ownPems.push(toPem(root.der, 'CERTIFICATE'));
    }
    this.#changed();
  }

  /** Takes the revocation lists of a PEM text into account. @throws {TypeError} If it has none, or one cannot be read. */
  addCrl(pem: string): void {
    const lists = readBlocks('add a revocation list', pem, 'X509 CRL').map(der => new RevocationList(der));
    this.#revocationLists.push(...lists);
    this.#changed();
  }

  /** @throws {TypeError | RangeError} As `readSslConfig`. */
  setSslConfig(config: unknown): void {
    this.#sslConfig = readSslConfig(config);
    this.#changed();
  }

  /** @throws {TypeError} As `readClientCertificate`. */
  addClientCertificate(input: unknown): void {
    this.#clientCertificates.push(readClientCertificate(input));
    this.#changed();
  }

  /** The client certificates for a host, the last added first. */
  clientCertificatesFor(hostname: string): ClientCertificate[] {
    return this.#clientCertificates.filter(({ matches }) => matches(hostname)).reverse();
  }

  /** The context to connect with, which shows the client certificate to a server that asks for one. */
  secureContext(client: ClientCertificate | undefined): SecureContext {
    if (this.#ownPems.length === 0 && !client) return this.#roots.context(this.#sslConfig);
    let context = this.#contexts.get(client);
    if (!context) {
      const ca = [...this.#roots.pems, ...this.#ownPems];
      context = tls().createSecureContext({ ...this.#sslConfig, ...client?.credentials, ca });
      this.#contexts.set(client, context);
    }
    return context;
  }

  pathOf(peer: Peer): CertificatePath {
    return buildPath(peer.presented, name => [...this.#ownRoots.find(name), ...this.#roots.bySubject(name)]);
  }

  /** Whether the path ends at a publicly trusted root, not at one that the session or the machine's owner added. */
  isIssuedByKnownRoot({ root }: CertificatePath): boolean {
    return root !== undefined && this.#roots.isKnownRoot(root);
  }

  #changed(): void {
    this.#contexts.clear();
    this.#onChange();
  }
}

const addingRoot = 'add a root certificate';

function readRoot(der: Buffer): ChainCertificate {
  const root = new ChainCertificate(der);
  try {
    void root.x509.publicKey;
    return root;
  } catch (cause) {
    throw Object.assign(invalidType(`Cannot ${addingRoot}: one cannot be read as a certificate`), { cause });
  }
}

function readBlocks(action: string, pem: unknown, label: string): Buffer[] {
  if (typeof pem !== 'string') throw invalidType(`Cannot ${action}: it must be PEM text, got ${describe(pem)}`);
  const blocks = readPem(pem, label);
  if (blocks.length === 0) throw invalidType(`Cannot ${action}: the text has no block "-----BEGIN ${label}-----"`);
  return blocks;
}
