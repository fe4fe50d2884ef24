import type { ManualClock } from '../../src/util/testing/manual-clock.ts';
import type { CacheClient, Reply } from '../fixtures/cache-client.ts';
import type { CacheCase, CaseRequest } from './http-cache-case.ts';
import type { CacheOrigin, SeenRequest } from './http-cache-origin.ts';

/** What became of a case: `setup` is neither a pass nor a failure of the rule it is about. */
export interface Outcome {
  readonly result: 'passed' | 'failed' | 'setup';
  readonly why: string;
}

interface Stage {
  readonly clock: ManualClock;
  readonly origin: CacheOrigin;
  readonly base: string;
  readonly client: CacheClient;
}

class Unmet extends Error {
  readonly isSetup: boolean;

  constructor(why: string, isSetup: boolean) {
    super(why);
    this.isSetup = isSetup;
  }
}

/** How much later a pause leaves the clock. */
const pauseMs = 3_000;

/** Plays one case. */
export async function runCase(stage: Stage, { id: name, requests }: CacheCase): Promise<Outcome> {
  const id = `${name}-${stage.clock.now()}`;
  const seen = stage.origin.add(id, requests);
  const bodies: (string | null)[] = [];
  try {
    for (const [index, step] of requests.entries()) {
      await runStep(stage, { id, index, step, seen, bodies });
      if (step.pause_after) stage.clock.advance(pauseMs);
    }
    return { result: 'passed', why: '' };
  } catch (error) {
    if (!(error instanceof Unmet)) throw error;
    return { result: error.isSetup ? 'setup' : 'failed', why: error.message };
  }
}

interface Position {
  readonly id: string;
  readonly index: number;
  readonly step: CaseRequest;
  readonly seen: readonly SeenRequest[];
  readonly bodies: (string | null)[];
}

async function runStep({ base, client }: Stage, position: Position): Promise<void> {
  const { id, index, step, seen } = position;
  const number = index + 1;
  const expect = (what: string, holds: boolean, why: string): void => {
    if (!holds)
      throw new Unmet(`request ${number}: ${why}`, step.setup === true || step.setup_tests?.includes(what) === true);
  };
  const path = `/test/${id}${step.filename ? `/${step.filename}` : ''}${step.query_arg ? `?${step.query_arg}` : ''}`;
  const headers = [...(step.request_headers ?? []).flat(), 'Req-Num', String(number)];
  const reply = await client
    .fetch(base + path, {
      headers,
      method: step.request_method ?? 'GET',
      ...(step.request_body === undefined ? {} : { body: step.request_body }),
      cacheMode: step.cache ?? 'default',
    })
    .catch((error: Error) => error);
  position.bodies.push(step.response_body === undefined ? id : step.response_body);
  if (reply instanceof Error) {
    // A server that goes away is an error, unless the cache was to answer in its place.
    const wanted = step.expected_status === null || (step.disconnect === true && step.expected_type !== 'cached');
    return expect('error', wanted, `failed: ${reply.message}`);
  }
  const mine = seen.filter(request => request.number === number);
  checkType(step, { number, reply, mine, expect });
  checkRequest(step, { mine, expect });
  checkReply(step, { reply, position, mine, expect });
}

type Expect = (what: string, holds: boolean, why: string) => void;

function checkType(
  step: CaseRequest,
  at: { number: number; reply: Reply; mine: readonly SeenRequest[]; expect: Expect },
): void {
  const { expected_type: type } = step;
  if (type === undefined) return;
  const { number, reply, mine, expect } = at;
  const count = Number(reply.headers['server-request-count']);
  if (type === 'cached') expect('expected_type', count < number, 'was not answered from the cache');
  else if (type === 'not_cached') expect('expected_type', count === number, 'was answered from the cache');
  else {
    const condition = type === 'etag_validated' ? 'if-none-match' : 'if-modified-since';
    expect(
      'expected_type',
      mine.some(request => request.headers[condition] !== undefined),
      `${condition} was not sent`,
    );
  }
}

function checkRequest(step: CaseRequest, { mine, expect }: { mine: readonly SeenRequest[]; expect: Expect }): void {
  if (step.expected_method)
    expect('expected_method', mine[0]?.method === step.expected_method, 'the method was not sent');
  for (const wanted of step.expected_request_headers ?? []) {
    const [name, value] = typeof wanted === 'string' ? [wanted] : wanted;
    const sent = mine[0]?.headers[name.toLowerCase()];
    const holds = value === undefined ? sent !== undefined : sent === value;
    expect('expected_request_headers', holds, `request header ${name} was ${String(sent)}, not ${String(value)}`);
  }
}

function checkReply(
  step: CaseRequest,
  at: { reply: Reply; position: Position; mine: readonly SeenRequest[]; expect: Expect },
): void {
  const { reply, position, mine, expect } = at;
  const wantedStatus = step.expected_status === undefined ? (step.response_status?.[0] ?? 200) : step.expected_status;
  expect(
    'expected_status',
    wantedStatus === null || reply.status === wantedStatus,
    `status ${reply.status}, not ${wantedStatus}`,
  );
  for (const wanted of step.expected_response_headers ?? []) {
    expect(
      'expected_response_headers',
      hasHeader(reply, wanted),
      `response header ${String(wanted)} is not there: ${JSON.stringify(reply.headers)}`,
    );
  }
  for (const unwanted of step.expected_response_headers_missing ?? []) {
    const [name, value] = typeof unwanted === 'string' ? [unwanted] : unwanted;
    const came = headerOf(reply, name);
    const missing = value === undefined ? came === undefined : !came?.includes(value);
    expect('expected_response_headers_missing', missing, `response header ${name} is there`);
  }
  if (mine.length > 0 && reply.cacheStatus === 'miss') checkArrived(step, reply, expect);
  if (step.check_body !== false && step.request_method !== 'HEAD') checkBody(step, { reply, position, expect });
}

/** What the server sent, and is not about the connection, arrives. */
function checkArrived(step: CaseRequest, reply: Reply, expect: Expect): void {
  for (const [name, value, check] of step.response_headers ?? []) {
    if (check === false || typeof value === 'number' || step.magic_locations) continue;
    expect(
      'response_headers',
      headerOf(reply, name)?.includes(value) === true,
      `response header ${name} did not arrive`,
    );
  }
}

function checkBody(step: CaseRequest, at: { reply: Reply; position: Position; expect: Expect }): void {
  const { reply, position, expect } = at;
  if (step.expected_response_text === null) return;
  const own = position.bodies.at(-1);
  // A stored body is the one of an earlier request, which says the same unless the case says otherwise.
  const text = step.expected_response_text ?? own ?? '';
  expect(
    'expected_response_text',
    reply.body.toString() === text,
    `the body was "${reply.body.toString()}", not "${text}"`,
  );
}

function hasHeader(reply: Reply, wanted: string | readonly (string | number)[]): boolean {
  if (typeof wanted === 'string') return headerOf(reply, wanted) !== undefined;
  const [name, operator, operand] = wanted as [string, string, string | number];
  const came = headerOf(reply, name);
  if (operand === undefined) return typeof operator === 'number' ? came !== undefined : came === operator;
  return operator === '>' ? Number(came) > Number(operand) : came === headerOf(reply, String(operand));
}

function headerOf(reply: Reply, name: string): string | undefined {
  const value = reply.headers[name.toLowerCase()];
  return Array.isArray(value) ? value.join(', ') : value;
}
