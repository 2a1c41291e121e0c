import { type Checker, factsOf } from '../history.ts';
import { mailboxTruths } from '../mailbox-truth.ts';

/** A receipt counts the mailboxes that want the event; and who insists that somebody does is refused only when nobody may. */
export const matchedTold: Checker = (history) => {
  const truths = [...mailboxTruths(history).values()];
  const publishes = new Map(factsOf(history, 'publish').map((publish) => [publish.n, publish]));
  const watchedMs = history.find(({ kind }) => kind === 'watched')?.atMs ?? Number.POSITIVE_INFINITY;
  const faults: string[] = [];
  for (const { n, seq, matched, atMs } of factsOf(history, 'receipt')) {
    const publish = publishes.get(n);
    if (publish === undefined || seq === 0 || atMs >= watchedMs) continue;
    const verdicts = truths.map((truth) => truth.wants({ seq, topic: publish.topic, x: publish.x }));
    const sure = verdicts.filter((verdict) => verdict === 'yes').length;
    const perhaps = verdicts.filter((verdict) => verdict === 'maybe').length;
    if (matched < sure || matched > sure + perhaps) {
      faults.push(
        `event ${n} is wanted by ${sure} mailboxes, perhaps ${perhaps} more, and its receipt says ${matched}`,
      );
    }
    if (publish.mandatory && matched === 0) faults.push(`event ${n} had to be wanted by somebody, and nobody does`);
  }
  return faults;
};
