import type { Checker } from '../history.ts';

/** A mailbox that was paused hands nothing over until somebody asks it to go on, restarts or not. */
export const pauseKept: Checker = (history) => {
  /** What was asked for last. */
  const asked = new Map<string, boolean>();
  const paused = new Set<string>();
  const faults: string[] = [];
  for (const fact of history) {
    if (fact.kind === 'remove') {
      asked.delete(fact.mailbox);
      paused.delete(fact.mailbox);
    }
    if (fact.kind === 'pause') {
      asked.set(fact.mailbox, fact.paused);
      if (!fact.paused) paused.delete(fact.mailbox);
    }
    if (fact.kind === 'paused' && fact.paused && asked.get(fact.mailbox)) paused.add(fact.mailbox);
    if ((fact.kind === 'handed' && fact.by === 'push') || fact.kind === 'noticed') {
      if (fact.mailbox !== undefined && paused.has(fact.mailbox)) {
        faults.push(`seq ${fact.seq} was handed over by ${fact.mailbox}, which is paused`);
      }
    }
  }
  return faults;
};
