import { grantOf } from '../grants.ts';
import type { Checker, Fact } from '../history.ts';

/** Tokens and positions rise for ever: none is used for two things, and each run of the broker is above the ones before. */
export const rising: Checker = (history) => [...tokensRise(history), ...seqsRise(history)];

function tokensRise(history: readonly Fact[]): readonly string[] {
  const faults: string[] = [];
  const used = new Map<number, string>();
  let floor = 0;
  let highest = 0;
  for (const fact of history) {
    if (fact.kind === 'ended') floor = highest;
    const grant = grantOf(fact);
    if (grant === undefined) continue;
    const { token, kind, mailbox, seq, attempt } = grant;
    if (token <= floor) faults.push(`token ${token} is not above ${floor} of a run before`);
    const use = `${kind} ${mailbox} ${seq} ${kind === 'delivery' ? attempt : ''}`;
    if ((used.get(token) ?? use) !== use) faults.push(`token ${token} is used for ${use} and ${used.get(token)}`);
    used.set(token, use);
    highest = Math.max(highest, token);
  }
  return faults;
}

function seqsRise(history: readonly Fact[]): readonly string[] {
  const faults: string[] = [];
  const eventOf = new Map<number, number>();
  let floor = 0;
  let highest = 0;
  for (const fact of history) {
    if (fact.kind === 'ended') floor = highest;
    if (fact.kind === 'handed' || fact.kind === 'noticed') highest = Math.max(highest, fact.seq);
    if (fact.kind !== 'receipt' || fact.seq === 0) continue;
    const { seq, n, repeated } = fact;
    if (!repeated && seq <= floor) faults.push(`seq ${seq} is not above ${floor} of a run before`);
    if ((eventOf.get(seq) ?? n) !== n) faults.push(`seq ${seq} is of event ${n} and of event ${eventOf.get(seq)}`);
    eventOf.set(seq, n);
    highest = Math.max(highest, seq);
  }
  return faults;
}
