import type { Codec } from '../storage/store.ts';
import type { ByteSpan } from './byte-range.ts';
import type { RawHeaders } from './raw-headers.ts';
import type { VariantKey } from './vary.ts';

/** What is kept of a response beside its body. Never changed after it was made: an update is a new object. */
export interface StoredResponse {
  readonly status: number;
  readonly statusText: string;
  /** As they came, without those that may not be stored. */
  readonly headers: RawHeaders;
  readonly variant: VariantKey;
  readonly requestTime: number;
  readonly responseTime: number;
  /** The part of the representation that the body is; undefined when it is all of it. */
  readonly span: ByteSpan | undefined;
  /** Bytes of the body. */
  readonly size: number;
  /** The body in the store of bodies; undefined when it is empty. */
  readonly body: string | undefined;
  /** Stamp of the last clear before the request; what carries another stamp than today's is gone. */
  readonly generation: string;
  /** When it was last used, at a coarse grain. */
  readonly usedAt: number;
}

type Row = [
  status: number,
  statusText: string,
  headers: string[],
  variant: Record<string, string | null>,
  requestTime: number,
  responseTime: number,
  span: [number, number, number | null] | null,
  size: number,
  body: string | null,
  generation: string,
  usedAt: number,
];

/** How a stored response is written down: an array, because names in each of many thousand rows cost room and time. */
export const storedResponseCodec: Codec<StoredResponse> = {
  encode(response) {
    const { span } = response;
    const row: Row = [
      response.status,
      response.statusText,
      [...response.headers],
      response.variant,
      response.requestTime,
      response.responseTime,
      span ? [span.start, span.end, span.total ?? null] : null,
      response.size,
      response.body ?? null,
      response.generation,
      response.usedAt,
    ];
    return JSON.stringify(row);
  },
  decode(text) {
    const row: unknown = JSON.parse(text);
    if (!isRow(row)) throw new TypeError('Not a stored response');
    return {
      status: row[0],
      statusText: row[1],
      headers: row[2],
      variant: row[3],
      requestTime: row[4],
      responseTime: row[5],
      span: row[6] ? { start: row[6][0], end: row[6][1], total: row[6][2] ?? undefined } : undefined,
      size: row[7],
      body: row[8] ?? undefined,
      generation: row[9],
      usedAt: row[10],
    };
  },
};

/** Checks every field: a row may come from a damaged or foreign file. */
function isRow(row: unknown): row is Row {
  if (!Array.isArray(row) || row.length !== 11) return false;
  const [status, statusText, headers, variant, requestTime, responseTime, span, size, body, generation, usedAt] =
    row as unknown[];
  return (
    [status, requestTime, responseTime, size, usedAt].every(Number.isFinite) &&
    typeof statusText === 'string' &&
    isHeaders(headers) &&
    typeof variant === 'object' &&
    variant !== null &&
    (span === null || (Array.isArray(span) && span.length === 3 && span.slice(0, 2).every(Number.isSafeInteger))) &&
    (body === null || typeof body === 'string') &&
    typeof generation === 'string'
  );
}

function isHeaders(value: unknown): boolean {
  return Array.isArray(value) && value.length % 2 === 0 && value.every(text => typeof text === 'string');
}
