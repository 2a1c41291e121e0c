import { type Checker, type FactOf, factsOf } from '../history.ts';

/**
 * Who subscribes when all is over is given the last value of each topic that one was retained for: the last one that was
 * acknowledged, or one that was published later and may have been stored.
 */
export const lastValues: Checker = (history) => {
  const asked = history.findLastIndex(({ kind }) => kind === 'watched');
  if (asked < 0) return [];
  const publishes = new Map(factsOf(history, 'publish').map((publish) => [publish.n, publish]));
  const wanted = new Map<string, FactOf<'receipt'>>();
  for (const receipt of factsOf(history, 'receipt')) {
    const publish = publishes.get(receipt.n);
    // Without a position it is retained at some later time; and what is not durable may be forgotten.
    if (!publish?.retain || receipt.seq === 0 || !receipt.durable) continue;
    if ((wanted.get(publish.topic)?.seq ?? 0) < receipt.seq) wanted.set(publish.topic, receipt);
  }
  const told = new Map<string, FactOf<'handed'>>();
  for (const fact of factsOf(history.slice(asked), 'handed')) if (fact.retained) told.set(fact.topic, fact);
  return [...wanted].flatMap(([topic, receipt]) => {
    if (publishes.get(receipt.n)?.ttlMs !== undefined) return [];
    const seq = told.get(topic)?.seq ?? 0;
    const ended = [...publishes.values()].some((publish) => publish.topic === topic && publish.retain && publish.ttlMs);
    return seq >= receipt.seq || (seq === 0 && ended)
      ? []
      : [`the last value of ${topic} is event ${receipt.n} (seq ${receipt.seq}), and seq ${seq} was told`];
  });
};
