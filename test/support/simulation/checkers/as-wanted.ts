import { type Checker, factsOf } from '../history.ts';
import { DEAD_LETTERS, mailboxTruths } from '../mailbox-truth.ts';

/** What a mailbox hands over is what it wants. */
export const asWanted: Checker = (history) => {
  const truths = mailboxTruths(history);
  return factsOf(history, 'handed').flatMap(({ n, x, topic, seq, mailbox }) => {
    if (mailbox === undefined || mailbox === DEAD_LETTERS) return [];
    return truths.get(mailbox)?.wants({ seq, topic, x }) === 'no' ? [`event ${n} is not what ${mailbox} wants`] : [];
  });
};
