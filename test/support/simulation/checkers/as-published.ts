import { type Checker, factsOf } from '../history.ts';
import { DEAD_LETTERS, mailboxTruths } from '../mailbox-truth.ts';

/** What a consumer gets is what a publisher sent, under the same topic, and what the mailbox wants. */
export const asPublished: Checker = (history) => {
  const publishes = new Map(factsOf(history, 'publish').map((publish) => [publish.n, publish]));
  const truths = mailboxTruths(history);
  return factsOf(history, 'handed').flatMap(({ n, x, topic, seq, mailbox, origin }) => {
    const publish = publishes.get(n);
    if (publish === undefined) return [`event ${n} was handed over, and nobody sent it`];
    if (publish.x !== x || (origin === undefined && publish.topic !== topic))
      return [`event ${n} has changed on its way`];
    if (mailbox === undefined || mailbox === DEAD_LETTERS) return [];
    return truths.get(mailbox)?.wants({ seq, topic, x }) === 'no' ? [`event ${n} is not what ${mailbox} wants`] : [];
  });
};
