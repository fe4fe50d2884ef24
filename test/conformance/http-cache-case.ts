/** A case of http-cache-tests.json, as `reference/http-cache.md` describes it. */
export interface CacheCase {
  readonly id: string;
  readonly name: string;
  readonly kind?: 'required' | 'optimal' | 'check';
  readonly depends_on?: readonly string[];
  readonly requests: readonly CaseRequest[];
}

/** A header to send; the third member: whether to look whether it arrives. A number as a date is seconds from now. */
type SentHeader = readonly [name: string, value: string | number, check?: boolean];
/** Present; equal; equal to another header; greater than a number. */
type ExpectedHeader = string | readonly [string, string | number] | readonly [string, '=' | '>', string | number];

/** One request of a case, its response and what is expected. */
export interface CaseRequest {
  readonly request_method?: string;
  readonly request_headers?: readonly (readonly [string, string])[];
  readonly request_body?: string;
  readonly cache?: 'default' | 'no-store' | 'reload' | 'no-cache' | 'force-cache' | 'only-if-cached';
  readonly filename?: string;
  readonly query_arg?: string;
  readonly pause_after?: boolean;
  readonly setup?: boolean;
  readonly setup_tests?: readonly string[];

  readonly response_status?: readonly [number, string];
  readonly response_headers?: readonly SentHeader[];
  readonly response_body?: string | null;
  readonly response_pause?: number;
  readonly disconnect?: boolean;
  readonly magic_locations?: boolean;

  readonly expected_type?: 'cached' | 'not_cached' | 'etag_validated' | 'lm_validated';
  readonly expected_status?: number | null;
  readonly expected_method?: string;
  readonly expected_request_headers?: readonly ExpectedHeader[];
  readonly expected_response_headers?: readonly ExpectedHeader[];
  readonly expected_response_headers_missing?: readonly (string | readonly [string, string])[];
  readonly expected_response_text?: string | null;
  readonly check_body?: boolean;
}
