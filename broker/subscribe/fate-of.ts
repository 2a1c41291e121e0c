import type { FateAnswer } from '../delivery/fate.ts';
import type { Subscription } from './subscription.ts';

/** What became of a published event for a subscription. `matched`: by the filter that judged it. */
export function fateOf(subscription: Subscription, seq: number, matched: boolean): FateAnswer {
  if (seq <= subscription.sinceSeq) {
    return { kind: 'before_subscription', text: `the subscription began after event ${subscription.sinceSeq}` };
  }
  if (subscription.filterAt(seq) === undefined) {
    return { kind: 'not_remembered', text: 'the filter was replaced so often since that nobody knows what judged it' };
  }
  if (!matched) return { kind: 'not_matched', text: 'it did not match' };
  return subscription.delivery.fateOf(seq);
}
