import { CODES, type Code } from '../../protocol/index.ts';
import type { HttpAnswer } from '../../transports/transport.ts';

/** What only HTTP can get wrong, beside what every door refuses. As with those: codes for ever, words free. */
export const HTTP_CODES = {
  path_unknown: { status: 404, retry: false, meaning: 'There is nothing at this path.' },
  method_unknown: { status: 405, retry: false, meaning: 'The resource knows no such method; see Allow.' },
  request_malformed: {
    status: 400,
    retry: false,
    meaning: 'The request could not be read; the message says which part.',
  },
  request_too_large: { status: 413, retry: false, meaning: 'The body is longer than the broker accepts.' },
  media_type_unknown: { status: 415, retry: false, meaning: 'The body is of a type that this resource does not read.' },
  precondition_failed: { status: 412, retry: false, meaning: 'The resource is not as If-Match or If-None-Match says.' },
  idempotency_key_reused: {
    status: 422,
    retry: false,
    meaning: 'Another event was published with this Idempotency-Key.',
  },
  origin_refused: { status: 403, retry: false, meaning: 'Pages of this origin may not use the broker.' },
  sink_refused: { status: 422, retry: false, meaning: 'Events may not be sent to this URL.' },
  waiting_limit: { status: 429, retry: true, meaning: 'As many requests wait for events as may.' },
} as const satisfies Record<string, { readonly status: number; readonly retry: boolean; readonly meaning: string }>;

export type HttpCode = keyof typeof HTTP_CODES;

/** Status for each code that is common to all doors (RFC 9110 §15, RFC 6585 §4). */
const STATUS: Readonly<Record<Code, number>> = {
  frame_malformed: 400,
  frame_too_large: 413,
  frame_unknown: 400,
  frame_unexpected: 409,
  protocol_unsupported: 400,
  session_limit: 429,
  session_taken_over: 409,
  topic_invalid: 400,
  topic_alias_invalid: 400,
  event_too_large: 413,
  attributes_invalid: 400,
  order_held: 409,
  rate_limited: 429,
  topic_filter_invalid: 400,
  predicate_empty: 400,
  predicate_syntax: 400,
  predicate_unsupported: 400,
  predicate_type: 400,
  predicate_number_range: 400,
  predicate_too_long: 400,
  predicate_too_deep: 400,
  predicate_too_many_atoms: 400,
  predicate_too_many_literals: 400,
  subscription_unknown: 404,
  subscription_limit: 429,
  subscription_mode: 409,
  residual_limit: 429,
  order_unsupported: 409,
  credit_limit: 400,
  event_gone: 410,
  event_unknown: 404,
  event_leased: 409,
  lease_expired: 409,
  lease_superseded: 409,
  lease_settled: 409,
  lease_unknown: 404,
  lease_not_owner: 403,
  lease_ttl_range: 400,
  lease_max_total: 409,
  lease_limit: 429,
  store_full: 507,
  store_busy: 503,
  not_durable: 409,
  no_match: 409,
  retained_limit: 429,
  delayed_limit: 429,
  mailbox_unknown: 404,
  mailbox_differs: 409,
  mailbox_full: 429,
  mailbox_limit: 429,
  mailbox_name_invalid: 400,
  mailbox_busy: 409,
  no_responders: 503,
  servers_busy: 503,
  server_lost: 502,
  deadline_exceeded: 504,
  request_limit: 429,
  request_differs: 409,
  reply_streamed: 502,
  reply_too_large: 502,
  reply_overrun: 502,
  server_unknown: 404,
  space_unknown: 404,
  space_differs: 409,
  space_limit: 429,
  space_name_invalid: 400,
  space_full: 429,
  tuple_invalid: 400,
  tuple_gone: 410,
  template_invalid: 400,
  waiter_limit: 429,
  transaction_unknown: 404,
  broker_draining: 503,
  slow_consumer: 429,
  internal: 500,
};

export const PROBLEM_TYPE = 'application/problem+json';

/** After so long a request that was refused for the moment may be tried again. */
const RETRY_AFTER_SECONDS = 1;

/** A request is refused for a reason of this door's own. */
export class HttpProblem extends Error {
  override readonly name = 'HttpProblem';
  readonly code: HttpCode;
  readonly headers: { readonly [name: string]: string };

  constructor(code: HttpCode, message: string, headers: { readonly [name: string]: string } = {}) {
    super(message);
    this.code = code;
    this.headers = headers;
  }
}

/** Why a request is refused, as it is told (RFC 9457). */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly code: Code | HttpCode;
  /** Whether the same request, sent again later, may succeed. */
  readonly retry: boolean;
  /** Into the predicate or topic filter, in UTF-16 code units. */
  readonly offset?: number;
}

export function problemOf(refusal: {
  readonly code: Code | HttpCode;
  readonly message: string;
  readonly offset?: number;
}): Problem {
  const { code, message, offset } = refusal;
  const { status, retry, meaning } =
    code in HTTP_CODES ? HTTP_CODES[code as HttpCode] : { ...CODES[code as Code], status: STATUS[code as Code] };
  const rest = { title: meaning, status, detail: message, code, retry };
  return { type: `urn:tellwhen:problem:${code}`, ...rest, ...(offset !== undefined && { offset }) };
}

export function problemAnswer(problem: Problem, headers: { readonly [name: string]: string } = {}): HttpAnswer {
  const { status, retry } = problem;
  return {
    status,
    headers: {
      'Content-Type': PROBLEM_TYPE,
      'Cache-Control': 'no-store',
      // RFC 9110 §10.2.3: what may be tried again says when.
      ...((retry || status === 413) && { 'Retry-After': String(RETRY_AFTER_SECONDS) }),
      ...headers,
    },
    body: `${JSON.stringify(problem)}\n`,
  };
}
