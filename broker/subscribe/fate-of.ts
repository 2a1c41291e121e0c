import type { FateAnswer } from '../delivery/fate.ts';
import type { Registration } from './registrations.ts';

/** What became of a published event for whom a filter is registered. `matched`: by the filter that judged it. */
export function fateOf({ sinceSeq, filters, recipient }: Registration, seq: number, matched: boolean): FateAnswer {
  if (seq <= sinceSeq) {
    return { kind: 'before_subscription', text: `the subscription began after event ${sinceSeq}` };
  }
  if (filters.at(seq) === undefined) {
    return { kind: 'not_remembered', text: 'the filter was replaced so often since that nobody knows what judged it' };
  }
  if (!matched) return { kind: 'not_matched', text: 'it did not match' };
  return recipient.fateOf(seq);
}
