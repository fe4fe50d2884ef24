import type { HttpCache } from '../cache/http-cache.ts';
import type { CachedResponse } from '../cache/cached-response.ts';
import { type Answer, answerFields } from '../cache/select-answer.ts';
import { NetError } from '../util/errors.ts';
import type { BodySource, CacheDelivery, Head } from './cache-delivery.ts';

/** A stored response that answers a request. */
export interface Hit {
  readonly key: string;
  readonly response: CachedResponse;
  readonly answer: Answer;
  readonly now: number;
  /** What a validation has just brought, beside what is stored; undefined for a plain hit, which has an Age. */
  readonly validatedBy?: { readonly setCookie: string | readonly string[] | undefined };
  /** Called later, instead of an answer, when the body turns out to be gone or damaged. */
  readonly onGone: () => void;
}

/** Answers from the cache; false when the body is gone and nothing was handed out. */
export function serveHit(cache: HttpCache, delivery: CacheDelivery, hit: Hit): boolean {
  const { key, response, answer } = hit;
  const { size, span } = response.stored;
  if (!answer.hasBody || size === 0) {
    handOut(cache, delivery, hit, noBody);
    return true;
  }
  const body = cache.bodyNow(key, response);
  if (body === undefined) return false;
  const offset = span?.start ?? 0;
  const part = answer.range
    ? { start: answer.range.start - offset, end: answer.range.end - offset }
    : { start: 0, end: size };
  if (body === 'later') {
    const source = new ReadSource(cache.readBody(key, response, part));
    source.open().then(() => handOut(cache, delivery, hit, source), hit.onGone);
  } else {
    // A copy: whoever receives a chunk may write into it, and the stored one answers the next request.
    handOut(cache, delivery, hit, new BufferSource(Buffer.from(body.subarray(part.start, part.end))));
  }
  return true;
}

function handOut(cache: HttpCache, delivery: CacheDelivery, hit: Hit, source: BodySource): void {
  const fields = answerFields(hit.response, hit.answer);
  // RFC 9111 5.1: Age says that the origin was not asked.
  if (!hit.validatedBy) fields['age'] = String(hit.response.ageSeconds(hit.now));
  else if (hit.validatedBy.setCookie !== undefined) fields['set-cookie'] = hit.validatedBy.setCookie;
  const status = hit.validatedBy ? 'revalidated' : 'hit';
  delivery.job.cacheStatus = status;
  cache.count(status);
  cache.touch(hit.key, hit.response, hit.now);
  delivery.respond(new StoredHead(hit, fields), source);
}

/** A head whose raw headers are made only for those who look at them. */
class StoredHead implements Head {
  readonly fields: Head['fields'];
  readonly #hit: Hit;

  constructor(hit: Hit, fields: Head['fields']) {
    this.#hit = hit;
    this.fields = fields;
  }

  get status(): number {
    return this.#hit.answer.status;
  }

  get statusText(): string {
    return this.#hit.answer.statusText;
  }

  /** The stored case of each name, with what was added. */
  get raw(): string[] {
    const cased = new Map(this.#hit.response.stored.headers.map(name => [name.toLowerCase(), name]));
    return Object.entries(this.fields).flatMap(([name, value]) =>
      (typeof value === 'string' ? [value] : (value ?? [])).flatMap(line => [cased.get(name) ?? name, line]),
    );
  }
}

const noBody: BodySource = { next: () => 'end', leave: () => undefined };

class BufferSource implements BodySource {
  #body: Buffer | undefined;

  constructor(body: Buffer) {
    this.#body = body;
  }

  next(): Buffer | 'end' {
    const body = this.#body;
    this.#body = undefined;
    return body ?? 'end';
  }

  leave(): void {
    this.#body = undefined;
  }
}

/** A body that is read from the disk, one piece ahead of its reader. */
class ReadSource implements BodySource {
  readonly #pieces: AsyncIterator<Buffer>;
  #piece: Buffer | 'end' | undefined;
  #reading = false;

  constructor(pieces: AsyncIterable<Buffer>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
  }

  /** Reads the first piece, so that damage shows before anything is handed out. */
  async open(): Promise<void> {
    this.#piece = await this.#pieces.next().then(({ done, value }) => (done ? 'end' : value));
  }

  next(delivery: CacheDelivery): Buffer | 'end' | undefined {
    const piece = this.#piece;
    if (piece !== 'end') {
      this.#piece = undefined;
      this.#read(delivery);
    }
    return piece;
  }

  leave(): void {
    void this.#pieces.return?.();
  }

  #read(delivery: CacheDelivery): void {
    if (this.#reading) return;
    this.#reading = true;
    this.#pieces.next().then(
      ({ done, value }) => {
        this.#reading = false;
        this.#piece = done ? 'end' : value;
        delivery.pump();
      },
      cause => delivery.fail(new NetError('ERR_CACHE_READ_FAILURE', 'A stored response cannot be read', { cause })),
    );
  }
}
