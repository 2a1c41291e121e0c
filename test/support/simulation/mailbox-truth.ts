import type { Fact, FactOf } from './history.ts';

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
  readonly #firstThreshold: number;
  readonly #changes: Change[];
  /** It is there for certain for events after the one, up to the other. */
  readonly #sure: { readonly afterSeq: number; untilSeq: number }[] = [];
  /** It may be there for events after this one. */
  readonly #perhapsAfterSeq: number;
  /** It may lose what it is given. */
  forgets = false;

  constructor(topic: string, threshold: number, afterSeq: number) {
    this.#topic = topic;
    this.#firstThreshold = threshold;
    this.#changes = [{ threshold, afterSeq, certain: true }];
    this.#perhapsAfterSeq = afterSeq;
  }

  change(change: Change): void {
    this.#changes.push(change);
  }

  /** Somebody takes events from it. `created`: it was made for that, as at first. */
  present(afterSeq: number, created: boolean): void {
    const last = this.#sure.at(-1);
    if (last?.untilSeq === Number.POSITIVE_INFINITY) return;
    // After it was to be removed only its making is a proof.
    if (last !== undefined && !created) return;
    this.#sure.push({ afterSeq, untilSeq: Number.POSITIVE_INFINITY });
    if (last !== undefined) this.change({ threshold: this.#firstThreshold, afterSeq, certain: true });
  }

  /** Somebody asked to remove it; it may be made anew at any time. */
  removed(afterSeq: number): void {
    const last = this.#sure.at(-1);
    if (last === undefined) this.#sure.push({ afterSeq, untilSeq: afterSeq });
    else last.untilSeq = Math.min(last.untilSeq, afterSeq);
    this.change({ threshold: this.#firstThreshold, afterSeq, certain: false });
  }

  wants({ seq, topic, x }: { readonly seq: number; readonly topic: string; readonly x: number }): Verdict {
    if (seq <= this.#perhapsAfterSeq || !topicMatches(this.#topic, topic)) return 'no';
    let thresholds: number[] = [];
    for (const { threshold, afterSeq, certain } of this.#changes) {
      if (seq <= afterSeq) continue;
      thresholds = certain ? [threshold] : [...thresholds, threshold];
    }
    if (thresholds.every((threshold) => x < threshold)) return 'no';
    const sure = this.#sure.some(({ afterSeq, untilSeq }) => seq > afterSeq && seq <= untilSeq);
    return sure && thresholds.every((threshold) => x >= threshold) ? 'yes' : 'maybe';
  }
}

/** By name, every mailbox that a history says is there, or may be, but that of the dead letters. */
export function mailboxTruths(history: readonly Fact[]): ReadonlyMap<string, MailboxTruth> {
  const truths = new Map<string, MailboxTruth>();
  /** Changes that were asked for and are not answered. */
  const open: { readonly key: string; readonly name: string; stale: boolean; readonly doubt: () => void }[] = [];
  /** Requests to attach that came before the last request to remove: their answers prove nothing. */
  const asked = new Map<string, { stale: boolean }>();
  let lastSeq = 0;
  for (const fact of history) {
    if ('seq' in fact) lastSeq = Math.max(lastSeq, fact.seq);
    if (!('mailbox' in fact) || fact.mailbox === undefined || fact.mailbox === DEAD_LETTERS) continue;
    const name = fact.mailbox;
    const truth = truths.get(name);
    if (fact.kind === 'attach') {
      asked.set(`${fact.connection} ${name}`, { stale: false });
      if (fact.wanted === undefined) continue;
      const { topic, threshold } = fact.wanted;
      const made = truth ?? new MailboxTruth(topic, threshold, fact.past ? 0 : lastSeq);
      made.forgets ||= fact.forgets;
      truths.set(name, made);
    } else if (truth === undefined) {
    } else if (fact.kind === 'attached') {
      if (!asked.get(`${fact.connection} ${name}`)?.stale) truth.present(fact.seq, fact.created);
    } else if (fact.kind === 'remove') {
      for (const [key, request] of asked) if (key.endsWith(` ${name}`)) request.stale = true;
      for (const request of open) if (request.name === name) request.stale = true;
      truth.removed(lastSeq);
    } else if (fact.kind === 'replace') {
      const { threshold } = fact;
      const afterSeq = lastSeq;
      open.push({
        key: keyOf(fact),
        name,
        stale: false,
        doubt: () => truth.change({ threshold, afterSeq, certain: false }),
      });
    } else if (fact.kind === 'replaced') {
      const answered = open.findIndex(({ key }) => key === keyOf(fact));
      const [request] = answered < 0 ? [] : open.splice(answered, 1);
      // Of one that was removed meanwhile it says nothing about the next of that name.
      truth.change({ threshold: fact.threshold, afterSeq: fact.seq, certain: request?.stale !== true });
    }
  }
  for (const { doubt } of open) doubt();
  return truths;
}

function keyOf({ connection, subscription, threshold }: FactOf<'replace' | 'replaced'>): string {
  return `${connection} ${subscription} ${threshold}`;
}

/** The rules of topic filters that the simulation uses: `+` is a level, `#` at the end is all that is left. */
function topicMatches(filter: string, topic: string): boolean {
  const wanted = filter.split('/');
  const levels = topic.split('/');
  const last = wanted.at(-1) === '#' ? wanted.length - 1 : levels.length;
  if (last === levels.length && wanted.length !== levels.length) return false;
  return wanted.slice(0, last).every((level, i) => level === '+' || level === levels[i]);
}
