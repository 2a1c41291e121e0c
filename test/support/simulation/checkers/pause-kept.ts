import type { Checker } from '../history.ts';

/** A mailbox that was paused hands nothing over until somebody asks it to go on, restarts or not. */
export const pauseKept: Checker = (history) => {
  const paused = new Set<string>();
  const faults: string[] = [];
  for (const fact of history) {
    if (fact.kind === 'pause') paused.delete(fact.mailbox);
    if (fact.kind === 'paused' && fact.paused) paused.add(fact.mailbox);
    if ((fact.kind === 'handed' && fact.by === 'push') || fact.kind === 'noticed') {
      if (fact.mailbox !== undefined && paused.has(fact.mailbox)) {
        faults.push(`seq ${fact.seq} was handed over by ${fact.mailbox}, which is paused`);
      }
    }
  }
  return faults;
};
