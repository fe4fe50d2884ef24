import { NetError } from '../util/errors.ts';
import type { ClientRequestSettings } from './client-request-options.ts';
import { appendDefaults, type FetchDefaults } from './default-headers.ts';
import { fetchMetadata } from './fetch-metadata.ts';
import type { FetchRequest } from './fetch-request.ts';
import { HeaderList } from './header-list.ts';
import { referrerFor } from './referrer-policy.ts';

// Chromium services/network/public/cpp/header_util.cc
const unsafeHeaders: ReadonlySet<string> = new Set([
  'content-length',
  'cookie2',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

// Fetch standard, "request mode" and "request destination", as far as Electron takes them.
const modes: ReadonlySet<string> = new Set(['cors', 'navigate', 'no-cors', 'same-origin']);
const destinations: ReadonlySet<string> = new Set(
  (
    'audio audioworklet document embed empty font frame iframe image manifest object paintworklet report script ' +
    'serviceworker style track video worker xslt'
  ).split(' '),
);

/** The headers of a ClientRequest, hop by hop. */
export class ClientRequestHeaders {
  /** The caller's, as they were written. */
  readonly given: HeaderList = new HeaderList();
  /** The page on whose behalf the request is made; undefined: the program's own. */
  readonly initiator: URL | undefined;
  readonly #settings: ClientRequestSettings;

  /** @throws {NetError | TypeError} If a header is none that a caller may send. */
  constructor(settings: ClientRequestSettings) {
    this.#settings = settings;
    for (const [lower, { name, text: given }] of settings.headers) {
      const text = toBytes(given);
      if (unsafeHeaders.has(lower) || (lower === 'connection' && text.toLowerCase() === 'upgrade')) {
        throw new NetError('ERR_INVALID_ARGUMENT', `Header "${name}" cannot be set`);
      }
      this.given.append(name, text);
    }
    this.initiator = URL.parse(settings.origin || this.#value('origin')) ?? undefined;
  }

  /** What is sent: the caller's headers, then what a browser adds. */
  forHop({ url, method, headers: given }: FetchRequest, chain: readonly URL[], defaults: FetchDefaults): HeaderList {
    const metadata = this.#metadata(chain);
    const replaced = new Set(metadata.map(name => name.toLowerCase()));
    const headers = new HeaderList();
    for (let i = 0; i < given.pairs.length; i += 2) {
      const name = given.pairs[i]!;
      const lower = name.toLowerCase();
      const isReferrer = lower === 'referer';
      const value = isReferrer
        ? referrerFor(given.pairs[i + 1]!, url, this.#settings.referrerPolicy)
        : given.pairs[i + 1]!;
      if (!replaced.has(lower) && !(isReferrer && value === '')) headers.append(name, value);
    }
    if (this.initiator && this.#sendsOrigin(url, method) && !headers.has('origin')) {
      headers.append('Origin', this.initiator.origin);
    }
    for (let i = 0; i < metadata.length; i += 2) headers.append(metadata[i]!, metadata[i + 1]!);
    appendDefaults(headers, defaults);
    return headers;
  }

  /** Fetch standard, "append a request Origin header". */
  #sendsOrigin(url: URL, method: string): boolean {
    if (method !== 'GET' && method !== 'HEAD') return true;
    return this.#value('sec-fetch-mode') === 'cors' && this.initiator!.origin !== url.origin;
  }

  #metadata(chain: readonly URL[]): string[] {
    const mode = this.#value('sec-fetch-mode');
    const destination = this.#value('sec-fetch-dest');
    return fetchMetadata({
      chain,
      initiator: this.initiator,
      mode: modes.has(mode) ? mode : 'no-cors',
      destination: destinations.has(destination) ? destination : 'empty',
      userActivated: this.#value('sec-fetch-user') === '?1',
    });
  }

  #value(lower: string): string {
    return this.#settings.headers.get(lower)?.text ?? '';
  }
}

/** As Chromium sends what is not ASCII: in UTF-8. One character a byte. */
function toBytes(text: string): string {
  return /[^\0-\x7f]/.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text;
}
