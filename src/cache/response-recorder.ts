import { type ByteSpan, joinSpans, tryParseContentRange } from './byte-range.ts';
import type { CacheWriter, Draft } from './cache-writer.ts';
import type { CachedResponse } from './cached-response.ts';
import type { ExchangeTimes } from './current-age.ts';
import { cacheControl } from './directives.ts';
import { keep } from './freshen.ts';
import { type Freshness, readFreshness } from './freshness.ts';
import { fieldValue, type HeaderFields } from './header-fields.ts';
import type { HttpCache } from './http-cache.ts';
import { droppedFields, mayStore } from './may-store.ts';
import { isResumable, isSameRepresentation, receivedSpan, storedAs, wholeHeaders } from './partial-content.ts';
import { parseRawHeaders, type RawHeaders } from './raw-headers.ts';
import { hasValidator } from './validators.ts';
import { variantKey, varyFields } from './vary.ts';

/** A response whose head has come. */
export interface Received {
  readonly method: string;
  readonly status: number;
  readonly statusText: string;
  readonly fields: HeaderFields;
  /** Made only when the response is stored. */
  readonly raw: () => RawHeaders;
  /** The request as the caller made it. */
  readonly request: RawHeaders;
  readonly times: ExchangeTimes;
  /** See `HttpCache.generation`; read before the request was sent. */
  readonly generation: string;
}

interface Recording {
  readonly writer: CacheWriter;
  /** Which part of the representation a 206 says that it is. */
  readonly said: ByteSpan | undefined;
  readonly joined: Joined | undefined;
}

/** Stored bytes that lie before and after a part of the same representation. */
interface Joined {
  readonly span: ByteSpan;
  readonly before: Buffer;
  readonly after: Buffer;
}

/** Stores one response as it comes, and decides at its end what it was. Owned by the exchange that receives it. */
export class ResponseRecorder {
  readonly #recording: Recording;

  constructor(recording: Recording) {
    this.#recording = recording;
    const before = recording.joined?.before;
    if (before && before.byteLength > 0) void recording.writer.write(before);
  }

  get fields(): HeaderFields {
    return this.#recording.writer.known.fields;
  }

  get freshness(): Freshness {
    return this.#recording.writer.known.freshness;
  }

  get draft(): Draft {
    return this.#recording.writer.draft;
  }

  /** Takes the next bytes; a promise when the caller should wait for the disk. */
  write(chunk: Buffer): Promise<void> | undefined {
    return this.#recording.writer.write(chunk);
  }

  drop(): void {
    this.#recording.writer.drop();
  }

  /** The response has come to its end. Returns a promise while the disk is busy; it never rejects. */
  end(): Promise<void> | undefined {
    const { writer, said } = this.#recording;
    if (said) return this.#endPart(receivedSpan(said, this.#received, false));
    const length = this.#contentLength;
    if (length === undefined || length === writer.size || writer.size === 0) return writer.finish({});
    return this.breakOff();
  }

  /** The connection broke, or the last reader left: the beginning is kept if it can be completed later. RFC 9111 3.3. */
  breakOff(): Promise<void> | undefined {
    const { writer, said } = this.#recording;
    const received = this.#received;
    if (!isResumable(this.draft.status, this.fields) || received === 0) {
      writer.drop();
      return undefined;
    }
    if (said) return this.#endPart(receivedSpan(said, received, true));
    return writer.finish({ span: { start: 0, end: writer.size, total: this.#contentLength } });
  }

  get #received(): number {
    return this.#recording.writer.size - (this.#recording.joined?.before.byteLength ?? 0);
  }

  get #contentLength(): number | undefined {
    const text = fieldValue(this.fields, 'content-length');
    return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
  }

  #endPart(part: ByteSpan | undefined): Promise<void> | undefined {
    const { writer, said, joined } = this.#recording;
    const held = joined && part && part.end === said!.end ? joined : undefined;
    if (!part || (joined && !held && joined.before.byteLength > 0)) {
      writer.drop();
      return undefined;
    }
    if (held && held.after.byteLength > 0) void writer.write(held.after);
    const { status, span } = storedAs(206, held ? joinSpans(held.span, part) : part);
    if (span) return writer.finish({ span });
    return writer.finish({ status, statusText: 'OK', span, headers: wholeHeaders(this.draft.headers, writer.size) });
  }
}

/**
 * Begins to store a response; undefined when it may not be stored, or would never be used. `held` is what is stored in
 * part: a part that continues it is joined to it.
 */
export function recordResponse(
  cache: HttpCache,
  key: string,
  response: Received,
  held?: CachedResponse,
): ResponseRecorder | undefined {
  const { status, fields, times } = response;
  const directives = cacheControl(fields);
  if (!mayStore({ ...response, directives })) return undefined;
  const freshness = readFreshness({ status, fields, directives, times });
  if (!isWorthIt(freshness, fields) || Number(fieldValue(fields, 'content-length') ?? 0) > cache.maxBodyBytes)
    return undefined;
  const said = status === 206 ? tryParseContentRange(fieldValue(fields, 'content-range')) : undefined;
  // RFC 9111 3.3: a part can be stored only when it is known which one it is.
  if (status === 206 && said?.total === undefined) return undefined;
  // A part must not take the place of the whole that it is a part of.
  if (said && held?.isComplete && isSameRepresentation(held.fields, fields)) return undefined;
  const dropped = droppedFields(fields, directives);
  const headers = keep(response.raw(), name => !dropped(name));
  const draft = {
    status,
    statusText: response.statusText,
    headers,
    variant: variantKey(varyFields(fields) ?? [], response.request),
    requestTime: times.requestTime,
    responseTime: times.responseTime,
    span: undefined,
    generation: response.generation,
  };
  const writer = cache.write(key, draft, { fields: parseRawHeaders(headers), freshness });
  const joined = said && held && joinable(cache, key, { held, fields, said });
  return new ResponseRecorder({ writer, said, joined });
}

/** What was never fresh, cannot be validated and may not be used stale will never answer anything. */
function isWorthIt(freshness: Freshness, fields: HeaderFields): boolean {
  return (
    freshness.lifetime > 0 || hasValidator(fields) || freshness.staleWhileRevalidate > 0 || freshness.staleIfError > 0
  );
}

function joinable(
  cache: HttpCache,
  key: string,
  part: { held: CachedResponse; fields: HeaderFields; said: ByteSpan },
): Joined | undefined {
  const { held, fields, said } = part;
  const { span } = held.stored;
  if (!span || !joinSpans(span, said) || !isSameRepresentation(held.fields, fields)) return undefined;
  const body = cache.bodyNow(key, held);
  // What would first have to be read from a file is not worth the wait.
  if (!Buffer.isBuffer(body)) return undefined;
  const before = body.subarray(0, Math.max(0, said.start - span.start));
  const after = body.subarray(Math.min(body.byteLength, Math.max(0, said.end - span.start)));
  return { span, before, after };
}
