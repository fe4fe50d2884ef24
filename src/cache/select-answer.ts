import { type ByteSpan, contentRange, selectRange, tryParseRange } from './byte-range.ts';
import type { CachedResponse } from './cached-response.ts';
import { isConditional, isForOrigin, isNotModified, rangeApplies } from './conditional-request.ts';
import type { HeaderFields } from './header-fields.ts';
import { type RawHeaders, rawValue } from './raw-headers.ts';

/** What a stored response says to one request: all of it, a range, or that nothing changed. */
export interface Answer {
  readonly status: number;
  readonly statusText: string;
  /** The bytes of the representation that are the body; undefined: those that are stored. */
  readonly range: ByteSpan | undefined;
  readonly hasBody: boolean;
}

/**
 * How a stored response that may be used answers a request; undefined when it cannot, and the origin has to be asked.
 *
 * RFC 9110 13.2.2 has the order: conditions first, then the range.
 */
export function selectAnswer(method: string, request: RawHeaders, response: CachedResponse): Answer | undefined {
  const { stored, fields } = response;
  if (isForOrigin(request)) return undefined;
  if (stored.status !== 200 && stored.status !== 206) return whole(response, method !== 'HEAD');
  if (isConditional(request) && isNotModified(request, fields)) {
    return { status: 304, statusText: 'Not Modified', range: undefined, hasBody: false };
  }
  // RFC 9110 14.2: a Range has a meaning with GET only.
  const range = method === 'GET' ? rawValue(request, 'range') : undefined;
  if (range === undefined || !rangeApplies(request, fields))
    return response.isComplete ? whole(response, method !== 'HEAD') : undefined;
  const asked = tryParseRange(range);
  const selected = asked && selectRange(asked, stored.span ?? { start: 0, end: stored.size, total: stored.size });
  if (selected === undefined) return undefined;
  if (selected === 'unsatisfiable')
    return { status: 416, statusText: 'Range Not Satisfiable', range: undefined, hasBody: false };
  return { status: 206, statusText: 'Partial Content', range: selected, hasBody: true };
}

function whole({ stored }: CachedResponse, hasBody: boolean): Answer {
  return { status: stored.status, statusText: stored.statusText, range: undefined, hasBody };
}

/** The header fields that go with an answer; a copy that the caller may add to. */
export function answerFields(
  response: CachedResponse,
  answer: Answer,
): Record<string, string | readonly string[] | undefined> {
  const { fields, stored } = response;
  if (answer.status === stored.status && !answer.range) return { ...fields };
  // RFC 9110 15.4.5: a 304 has no fields about a body; nor has a 416 any about one that is not sent.
  const {
    'content-length': length,
    'content-encoding': coding,
    'content-type': type,
    'content-range': range,
    ...others
  } = fields;
  if (answer.status === 304) return others;
  if (answer.status === 416)
    return { ...others, 'content-range': `bytes */${stored.span?.total ?? stored.size}`, 'content-length': '0' };
  return {
    ...rangeFields(fields),
    'content-range': contentRange(answer.range!),
    'content-length': String(answer.range!.end - answer.range!.start),
  };
}

function rangeFields(fields: HeaderFields): HeaderFields {
  const { 'content-range': range, 'content-length': length, ...others } = fields;
  return others;
}
