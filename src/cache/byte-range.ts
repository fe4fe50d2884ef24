/** Bytes `start` up to but not including `end` of a representation; `total` is its whole length, where known. */
export interface ByteSpan {
  readonly start: number;
  readonly end: number;
  readonly total: number | undefined;
}

/** What a Range header asks for: from `first` to `last` inclusive, where given, or the last `suffix` bytes. */
export interface RangeRequest {
  readonly first: number | undefined;
  readonly last: number | undefined;
  readonly suffix: number | undefined;
}

/** Digits that make a safe integer. */
const digits = /^\d{1,15}$/;

/** Reads a Range header with one byte range; undefined for several, for other units and for what is malformed. RFC 9110 14.1.2. */
export function tryParseRange(text: string): RangeRequest | undefined {
  const match = /^bytes\s*=\s*(\d*)\s*-\s*(\d*)$/i.exec(text.trim());
  if (!match) return undefined;
  const [first, last] = [match[1]!, match[2]!].map(number => (digits.test(number) ? Number(number) : undefined));
  if ((match[1] !== '' && first === undefined) || (match[2] !== '' && last === undefined)) return undefined;
  if (first === undefined) return last === undefined ? undefined : { first, last: undefined, suffix: last };
  return last !== undefined && last < first ? undefined : { first, last, suffix: undefined };
}

/** Reads a Content-Range with known positions. RFC 9110 14.4. */
export function tryParseContentRange(text: string | undefined): ByteSpan | undefined {
  const match = /^bytes\s+(\d{1,15})-(\d{1,15})\/(\d{1,15}|\*)$/i.exec(text?.trim() ?? '');
  if (!match) return undefined;
  const span = {
    start: Number(match[1]),
    end: Number(match[2]) + 1,
    total: match[3] === '*' ? undefined : Number(match[3]),
  };
  return span.end <= span.start || (span.total !== undefined && span.end > span.total) ? undefined : span;
}

/** The value of Content-Range for a span. */
export function contentRange(span: ByteSpan): string {
  return `bytes ${span.start}-${span.end - 1}/${span.total ?? '*'}`;
}

/**
 * The part of `held` that answers `range`; `'unsatisfiable'` when the representation has no such bytes; undefined when
 * some of them are not held, or it cannot be told. RFC 9110 14.1.2.
 */
export function selectRange(range: RangeRequest, held: ByteSpan): ByteSpan | 'unsatisfiable' | undefined {
  const { total } = held;
  if (total === undefined) {
    // Only positions that are named can be found without the length.
    if (range.first === undefined || range.last === undefined) return undefined;
    return range.first >= held.start && range.last < held.end
      ? { start: range.first, end: range.last + 1, total }
      : undefined;
  }
  if (range.suffix === 0 || (range.first ?? 0) >= total) return 'unsatisfiable';
  const start = range.first ?? Math.max(0, total - range.suffix!);
  const end = range.last === undefined ? total : Math.min(total, range.last + 1);
  return start >= held.start && end <= held.end ? { start, end, total } : undefined;
}

/** The span that two spans of one representation make together; undefined when there is a gap between them. RFC 9110 15.3.7.3. */
export function joinSpans(one: ByteSpan, other: ByteSpan): ByteSpan | undefined {
  if (one.start > other.end || other.start > one.end) return undefined;
  if (one.total !== undefined && other.total !== undefined && one.total !== other.total) return undefined;
  const total = one.total ?? other.total;
  return { start: Math.min(one.start, other.start), end: Math.max(one.end, other.end), total };
}

/** Whether a span is the whole representation. */
export function isWhole(span: ByteSpan): boolean {
  return span.start === 0 && span.end === span.total;
}
