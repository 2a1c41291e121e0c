import { type Checker, type FactOf, factsOf } from '../history.ts';
import { mailboxTruths } from '../mailbox-truth.ts';

/**
 * `durable` means on disk: no such receipt, and no event to a mailbox's consumer, before the commit that holds the event
 * is safe. And who asks for it gets it, where a mailbox keeps the event.
 */
export const flushedFirst: Checker = (history) => {
  const publishes = new Map(factsOf(history, 'publish').map((publish) => [publish.n, publish]));
  // One that is full drops what is newest where everything older is with its consumers.
  const keepers = [...mailboxTruths(history).values()].filter(({ forgets }) => !forgets);
  const isKept = ({ n, seq }: FactOf<'receipt'>): boolean => {
    const { topic = '', x = 0 } = publishes.get(n) ?? {};
    return keepers.some((truth) => truth.wants({ seq, topic, x }) === 'yes');
  };
  const flushed = new Set<number>();
  const faults: string[] = [];
  for (const fact of history) {
    if (fact.kind === 'flushed') for (const n of fact.ns) flushed.add(n);
    if (fact.kind === 'handed' && fact.mailbox !== undefined && !flushed.has(fact.n)) {
      faults.push(`event ${fact.n} was handed to ${fact.mailbox} before it was flushed`);
    }
    if (fact.kind !== 'receipt') continue;
    const { durable: asked = false, retain = false } = publishes.get(fact.n) ?? {};
    // Of the values retained for one topic in one commit only the last is stored, where no mailbox keeps the others.
    if (fact.durable && !flushed.has(fact.n) && (!retain || isKept(fact))) {
      faults.push(`the receipt of event ${fact.n} says durable, and it is not flushed`);
    }
    if (!fact.durable && asked && fact.seq > 0 && isKept(fact)) {
      faults.push(`event ${fact.n} was asked to be durable, and its receipt does not say so`);
    }
  }
  return faults;
};
