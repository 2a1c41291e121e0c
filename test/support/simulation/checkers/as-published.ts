import { type Checker, factsOf } from '../history.ts';

/** What a consumer gets is what a publisher sent, under the same topic. */
export const asPublished: Checker = (history) => {
  const publishes = new Map(factsOf(history, 'publish').map((publish) => [publish.n, publish]));
  return factsOf(history, 'handed').flatMap(({ n, x, topic, origin }) => {
    const publish = publishes.get(n);
    if (publish === undefined) return [`event ${n} was handed over, and nobody sent it`];
    const same = publish.x === x && (origin !== undefined || publish.topic === topic);
    return same ? [] : [`event ${n} has changed on its way`];
  });
};
