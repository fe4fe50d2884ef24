import { currentAge } from './current-age.ts';
import { cacheControl } from './directives.ts';
import { type Freshness, readFreshness } from './freshness.ts';
import type { HeaderFields } from './header-fields.ts';
import { parseRawHeaders } from './raw-headers.ts';
import type { StoredResponse } from './stored-response.ts';

/** What the headers of a stored response say. */
export interface Reading {
  readonly fields: HeaderFields;
  readonly freshness: Freshness;
}

/** A stored response as it is used: parsed once, with its body while that is in memory. */
export class CachedResponse {
  readonly stored: StoredResponse;
  readonly fields: HeaderFields;
  readonly freshness: Freshness;
  /** The body, while the memory tier has it. Shared: whoever hands it out, hands out a copy. */
  body: Buffer | undefined;
  /** Milliseconds since the epoch. */
  usedAt: number;

  /** `known`: what is known of these very headers already. */
  constructor(stored: StoredResponse, body: Buffer | undefined, known: Reading = readStored(stored)) {
    this.stored = stored;
    this.fields = known.fields;
    this.freshness = known.freshness;
    this.body = body;
    this.usedAt = stored.usedAt;
  }

  /** Whether the body is the whole representation. */
  get isComplete(): boolean {
    return this.stored.span === undefined;
  }

  /** RFC 9111 5.1, in whole seconds. */
  ageSeconds(now: number): number {
    return Math.floor(currentAge(this.freshness.initialAge, this.freshness.responseTime, now) / 1000);
  }
}

function readStored(stored: StoredResponse): Reading {
  const fields = parseRawHeaders(stored.headers);
  return {
    fields,
    freshness: readFreshness({ status: stored.status, fields, directives: cacheControl(fields), times: stored }),
  };
}
