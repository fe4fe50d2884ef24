import { NetError } from '../util/errors.ts';
import { bareHost, maskUrl } from '../util/url.ts';
import { PacPoll } from './pac-poll.ts';
import type { PacExplanation, PacScript } from './pac-script.ts';
import { readPacSource, type FetchBytes } from './pac-source.ts';
import { sanitizePacUrl } from './pac-url.ts';
import type { PacEnvironment } from './pac-world.ts';
import type { ProxyList } from './proxy-server.ts';
import type { ProxyTarget } from './proxy-target.ts';

/**
 * The proxies that the PAC script at a URL says: fetches the script, and again when it is time, and asks it.
 *
 * A script that works stays in use while fetching it again fails, or brings one that does not load. Without a script, who
 * asks waits for a fetch that is under way. Owned by ProxyResolver, one for each configuration and each reload.
 */
export class PacProxies {
  /** Settles when the first fetch is over, well or badly. Never rejects. */
  readonly loaded: Promise<void>;
  readonly #url: string;
  readonly #fetchBytes: FetchBytes;
  readonly #environment: PacEnvironment;
  readonly #poll: PacPoll;
  #source: string | undefined;
  #script: PacScript | undefined;
  #failure: unknown;
  #fetching: Promise<void>;
  #isClosed = false;

  constructor(url: string, parts: { readonly fetchBytes: FetchBytes; readonly environment: PacEnvironment }) {
    this.#url = url;
    this.#fetchBytes = parts.fetchBytes;
    this.#environment = parts.environment;
    this.#poll = new PacPoll(parts.environment.clock, () => {
      this.#fetching = this.#fetch();
    });
    this.#fetching = this.#fetch();
    this.loaded = this.#fetching;
  }

  /** The URL of the script, fit to be shown. */
  get shownUrl(): string {
    return this.#url.startsWith('data:') ? 'data:' : maskUrl(this.#url);
  }

  /**
   * The proxies for a URL: at once when the script is there and needs no name that is not known.
   *
   * @throws {NetError} ERR_PAC_SCRIPT_FAILED, at once or later, if there is no script or it fails; the cause says why.
   */
  find(target: ProxyTarget): ProxyList | Promise<ProxyList> {
    this.#poll.activity();
    if (!this.#script) return this.#fetching.then(() => this.#ask(target));
    return this.#ask(target);
  }

  /** What the script returns for a URL, and by which line. @throws {NetError} ERR_PAC_SCRIPT_FAILED. */
  async explain(target: ProxyTarget): Promise<PacExplanation> {
    this.#poll.activity();
    if (!this.#script) await this.#fetching;
    const script = this.#requireScript();
    return script.explain(sanitizePacUrl(target), bareHost(target.hostname)).catch(scriptFailed);
  }

  /** Stops fetching. */
  close(): void {
    this.#isClosed = true;
    this.#poll.stop();
  }

  #ask(target: ProxyTarget): ProxyList | Promise<ProxyList> {
    const script = this.#requireScript();
    try {
      const found = script.find(sanitizePacUrl(target), bareHost(target.hostname));
      return found instanceof Promise ? found.catch(scriptFailed) : found;
    } catch (error) {
      return scriptFailed(error);
    }
  }

  #requireScript(): PacScript {
    return this.#script ?? scriptFailed(this.#failure);
  }

  async #fetch(): Promise<void> {
    try {
      const source = await readPacSource(this.#url, this.#fetchBytes);
      if (source !== this.#source) await this.#load(source);
      if (!this.#isClosed) this.#poll.succeeded();
    } catch (error) {
      this.#failure = error;
      if (this.#isClosed) return;
      // A script that does not load has told why itself.
      if (error instanceof NetError) {
        this.#environment.report({ type: 'error', message: error.message, line: undefined });
      }
      this.#pollAfter(error);
    }
  }

  async #load(source: string): Promise<void> {
    // The engine is large: loaded when the first script comes.
    const { PacScript } = await import('./pac-script.ts');
    this.#script = await PacScript.load(source, this.#environment);
    this.#source = source;
  }

  #pollAfter(error: unknown): void {
    const isOutage = error instanceof NetError && error.code === 'ERR_INTERNET_DISCONNECTED';
    if (isOutage) this.#poll.interrupted();
    else this.#poll.failed();
  }
}

function scriptFailed(cause: unknown): never {
  const why = cause instanceof Error ? cause.message : String(cause);
  throw new NetError('ERR_PAC_SCRIPT_FAILED', `Cannot find the proxy by the PAC script: ${why}`, { cause });
}
