import type { SecureContext, SecureContextOptions } from 'node:tls';
import { ChainCertificate } from './chain-certificate.ts';
import { readPem, toPem } from './pem.ts';
import { tls } from '../util/builtins.ts';

/** The root certificates that every session trusts. */
export interface RootCertificates {
  /** All of them in PEM, each once. */
  readonly pems: readonly string[];
  /** The trusted roots whose subject is the given name. */
  bySubject(name: Buffer): readonly ChainCertificate[];
  /** Whether it is one of the publicly trusted roots, rather than one that the machine's owner added. */
  isKnownRoot(root: ChainCertificate): boolean;
  /** A context that trusts these roots alone. Making one takes 20 ms, so that sessions with the same settings share it. */
  context(settings: SecureContextOptions): SecureContext;
}

/** Finds roots by subject. */
export class RootIndex {
  readonly #bySubject = new Map<string, ChainCertificate[]>();

  add(root: ChainCertificate): void {
    const subject = root.fields.subject.toString('latin1');
    const others = this.#bySubject.get(subject);
    if (others) others.push(root);
    else this.#bySubject.set(subject, [root]);
  }

  find(subject: Buffer): readonly ChainCertificate[] {
    return this.#bySubject.get(subject.toString('latin1')) ?? [];
  }
}

const maxContexts = 32;

/**
 * The machine's store, Node's bundled roots (Mozilla's) and those of `NODE_EXTRA_CA_CERTS`.
 *
 * Read when first asked, which takes 50 to 300 ms.
 */
class MachineRoots implements RootCertificates {
  #read: { readonly pems: readonly string[]; readonly index: RootIndex } | undefined;
  #known: ReadonlySet<string> | undefined;
  readonly #contexts = new Map<string, SecureContext>();

  get pems(): readonly string[] {
    return this.#load().pems;
  }

  bySubject(name: Buffer): readonly ChainCertificate[] {
    return this.#load().index.find(name);
  }

  isKnownRoot(root: ChainCertificate): boolean {
    this.#known ??= new Set(read('bundled').map(key));
    return this.#known.has(key(root.der));
  }

  context(settings: SecureContextOptions): SecureContext {
    const name = JSON.stringify(settings);
    let context = this.#contexts.get(name);
    if (!context) {
      if (this.#contexts.size >= maxContexts) this.#contexts.clear();
      context = tls().createSecureContext({ ...settings, ca: [...this.pems] });
      this.#contexts.set(name, context);
    }
    return context;
  }

  #load(): { readonly pems: readonly string[]; readonly index: RootIndex } {
    if (this.#read) return this.#read;
    const roots = new Map([...read('system'), ...read('bundled'), ...read('extra')].map(der => [key(der), der]));
    const index = new RootIndex();
    for (const der of roots.values()) index.add(new ChainCertificate(der));
    this.#read = { pems: Array.from(roots.values(), der => toPem(der, 'CERTIFICATE')), index };
    return this.#read;
  }
}

/** The roots of this machine; all sessions of the process share them. */
export const machineRoots: RootCertificates = new MachineRoots();

function read(from: 'system' | 'bundled' | 'extra'): Buffer[] {
  return tls()
    .getCACertificates(from)
    .flatMap(pem => readPem(pem, 'CERTIFICATE'));
}

function key(der: Buffer): string {
  return der.toString('latin1');
}
