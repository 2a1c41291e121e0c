import { explainFilter, type Matcher, type Matches, printExplanation } from '../../matcher/index.ts';
import { type BrokerControl, type ClientControl, type ControlOf, PAGE_MAX } from '../protocol/index.ts';
import type { AskedEvents } from './asked-events.ts';
import { fateOf } from './fate-of.ts';
import type { Registration, Registrations } from './registrations.ts';

type Question = ControlOf<ClientControl, 'match'>;
type Answer = Omit<ControlOf<BrokerControl, 'matched'>, 'kind' | 'ref'>;

export interface DryRunMeans {
  readonly matcher: Matcher;
  readonly registrations: Registrations;
  readonly events: AskedEvents;
}

/** Characters after which a page ends: what it costs to explain, and to send, follows them. */
const PAGE_CHARACTERS = 32_768;

/**
 * Answers which subscriptions an event matches, and why: one that was published, or one that nobody sent. Delivers
 * nothing, counts nothing, remembers nothing.
 */
export class DryRun {
  readonly #means: DryRunMeans;

  constructor(means: DryRunMeans) {
    this.#means = means;
  }

  /** Cost: that of publishing the event, and of explaining the matches of the page. Throws what `AskedEvents.find` throws. */
  answer({ event, limit = PAGE_MAX, cursor = 0 }: Omit<Question, 'kind' | 'ref'>): Answer {
    const { matcher, registrations, events } = this.#means;
    const matchable = events.find(event);
    const found = matcher.dryRun(matchable);
    const total = found.count;
    const matches: Answer['matches'][number][] = [];
    let characters = 0;
    for (const id of ascending(found, cursor)) {
      if (matches.length === limit || characters >= PAGE_CHARACTERS) return { total, matches, next: id };
      // What the matcher holds is registered.
      const registration = registrations.get(id) as Registration;
      const { cost } = registration;
      const filter = registration.filters.present;
      const { topic, when } = filter;
      const text = printExplanation(explainFilter(matchable, registrations.compile(filter)));
      characters += text.length + topic.length + (when?.length ?? 0);
      const fate = 'seq' in event ? this.#fate(registration, event.seq, matchable) : undefined;
      matches.push({ subscription: id, topic, ...(when !== undefined && { when }), cost, text, ...(fate && { fate }) });
    }
    return { total, matches };
  }

  /** By the filter that judged the event, which may have been another one. */
  #fate(registration: Registration, seq: number, event: Parameters<typeof explainFilter>[0]) {
    const judge = registration.filters.at(seq) ?? registration.filters.present;
    const matched =
      judge === registration.filters.present || explainFilter(event, this.#means.registrations.compile(judge)).matched;
    return fateOf(registration, seq, matched);
  }
}

/**
 * The ids found that are `from` or more, in order. Ids are small numbers, so that marking them costs less than sorting
 * a million, in whatever order they come.
 */
function* ascending({ ids, count }: Matches, from: number): Generator<number> {
  let last = -1;
  for (let i = 0; i < count; i++) last = Math.max(last, ids[i] as number);
  const marks = new Uint8Array(last + 1);
  for (let i = 0; i < count; i++) marks[ids[i] as number] = 1;
  for (let id = marks.indexOf(1, from); id >= 0; id = marks.indexOf(1, id + 1)) yield id;
}
