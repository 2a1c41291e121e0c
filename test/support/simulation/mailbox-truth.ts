import type { Fact } from './history.ts';

/** The mailbox that keeps dead letters; what gets there is nobody's wish. */
export const DEAD_LETTERS = '$dead';

/** Whether a mailbox wants an event. `maybe`: the history does not tell. */
export type Verdict = 'yes' | 'no' | 'maybe';

interface Change {
  readonly threshold: number;
  /** Events after this one. */
  readonly afterSeq: number;
  /** The broker said so. Else it was asked and never answered, and may have done it at any time since. */
  readonly certain: boolean;
}

/** What a mailbox was told to want, as far as a history shows it. */
export class MailboxTruth {
  readonly #topic: string;
  readonly #changes: Change[];
  /** Since its making the mailbox has never been changed. */
  get steady(): boolean {
    return this.#changes.length === 1;
  }
  /** It is there for events after this one. */
  sinceSeq = Number.POSITIVE_INFINITY;
  /** It may be there for events after this one. */
  readonly perhapsSinceSeq: number;
  forgets = false;

  constructor(topic: string, first: Change) {
    this.#topic = topic;
    this.#changes = [first];
    this.perhapsSinceSeq = first.afterSeq;
  }

  change(change: Change): void {
    this.#changes.push(change);
  }

  wants({ seq, topic, x }: { readonly seq: number; readonly topic: string; readonly x: number }): Verdict {
    if (seq <= this.perhapsSinceSeq || !topicMatches(this.#topic, topic)) return 'no';
    let thresholds: number[] = [];
    for (const { threshold, afterSeq, certain } of this.#changes) {
      if (seq <= afterSeq) continue;
      thresholds = certain ? [threshold] : [...thresholds, threshold];
    }
    if (thresholds.every((threshold) => x < threshold)) return 'no';
    return seq > this.sinceSeq && thresholds.every((threshold) => x >= threshold) ? 'yes' : 'maybe';
  }
}

/** By name, every mailbox that a history says is there, or may be, but that of the dead letters. */
export function mailboxTruths(history: readonly Fact[]): ReadonlyMap<string, MailboxTruth> {
  const truths = new Map<string, MailboxTruth>();
  /** Asked for and not answered, by connection and mailbox. */
  const open = new Map<string, () => void>();
  let lastSeq = 0;
  for (const fact of history) {
    if ('seq' in fact) lastSeq = Math.max(lastSeq, fact.seq);
    if (!('mailbox' in fact) || fact.mailbox === undefined || fact.mailbox === DEAD_LETTERS) continue;
    const name = fact.mailbox;
    const truth = truths.get(name);
    if (fact.kind === 'attach' && fact.wanted !== undefined) {
      const { topic, threshold } = fact.wanted;
      const afterSeq = fact.past ? 0 : lastSeq;
      const made = truth ?? new MailboxTruth(topic, { threshold, afterSeq, certain: true });
      made.forgets ||= fact.forgets;
      truths.set(name, made);
    } else if (truth === undefined) {
    } else if (fact.kind === 'attached') {
      truth.sinceSeq = Math.min(truth.sinceSeq, fact.seq);
    } else if (fact.kind === 'replace') {
      const { threshold } = fact;
      const afterSeq = lastSeq;
      open.set(`${fact.connection} ${fact.subscription} ${threshold}`, () =>
        truth.change({ threshold, afterSeq, certain: false }),
      );
    } else if (fact.kind === 'replaced') {
      open.delete(`${fact.connection} ${fact.subscription} ${fact.threshold}`);
      truth.change({ threshold: fact.threshold, afterSeq: fact.seq, certain: true });
    }
  }
  for (const doubt of open.values()) doubt();
  return truths;
}

/** The rules of topic filters that the simulation uses: `+` is a level, `#` at the end is all that is left. */
function topicMatches(filter: string, topic: string): boolean {
  const wanted = filter.split('/');
  const levels = topic.split('/');
  const last = wanted.at(-1) === '#' ? wanted.length - 1 : levels.length;
  if (last === levels.length && wanted.length !== levels.length) return false;
  return wanted.slice(0, last).every((level, i) => level === '+' || level === levels[i]);
}
