import { ProtocolError } from '../protocol/index.ts';
import type { LeaseRefusal } from './lease-answers.ts';

/** The answer of a lease table, for callers that serve a client: a refusal becomes what the client is told. */
export function granted<A extends { readonly ok: true }>(answer: A | LeaseRefusal): A {
  if (answer.ok) return answer;
  throw new ProtocolError(answer.code, answer.message);
}
