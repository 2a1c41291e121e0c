import { type Checker, factsOf } from '../history.ts';
import { mailboxTruths } from '../mailbox-truth.ts';

/**
 * `durable` means on disk: no such receipt, and no event to a mailbox's consumer, before the commit that holds the event
 * is safe. And who asks for it gets it, where a mailbox keeps the event.
 */
export const flushedFirst: Checker = (history) => {
  const publishes = new Map(factsOf(history, 'publish').map((publish) => [publish.n, publish]));
  const flushed = new Set<number>();
  const faults: string[] = [];
  for (const fact of history) {
    if (fact.kind === 'flushed') for (const n of fact.ns) flushed.add(n);
    // Of values retained for one topic in one commit the last one is stored, where no mailbox wants them.
    const superseded = fact.kind === 'receipt' && fact.matched === 0 && publishes.get(fact.n)?.retain;
    if (fact.kind === 'receipt' && fact.durable && !flushed.has(fact.n) && !superseded) {
      faults.push(`the receipt of event ${fact.n} says durable, and it is not flushed`);
    }
    if (fact.kind === 'handed' && fact.mailbox !== undefined && !flushed.has(fact.n)) {
      faults.push(`event ${fact.n} was handed to ${fact.mailbox} before it was flushed`);
    }
  }
  // One that is full drops what is newest where everything older is with its consumers.
  const truths = [...mailboxTruths(history).values()].filter(({ forgets }) => !forgets);
  for (const { n, seq, durable } of factsOf(history, 'receipt')) {
    const publish = publishes.get(n);
    if (durable || publish === undefined || !publish.durable || seq === 0) continue;
    const { topic, x } = publish;
    if (truths.some((truth) => truth.wants({ seq, topic, x }) === 'yes')) {
      faults.push(`event ${n} was asked to be durable, and its receipt does not say so`);
    }
  }
  return faults;
};
