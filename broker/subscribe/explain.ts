import {
  type CompiledFilter,
  checkTopic,
  type Explanation,
  explainFilter,
  type MatchableEvent,
  printExplanation,
} from '../../matcher/index.ts';
import type { FateAnswer } from '../delivery/fate.ts';
import type { Time } from '../kernel/time.ts';
import {
  ByteReader,
  ByteWriter,
  type ClientControl,
  type ControlOf,
  ProtocolError,
  readBody,
  writeBody,
} from '../protocol/index.ts';
import { PublishedEvent } from '../publish/event.ts';
import type { JsonLimits } from '../publish/json.ts';
import type { RecentEvents } from '../publish/recent.ts';
import type { FilterCache } from './filter-cache.ts';
import type { Subscription } from './subscription.ts';
import type { Subscriptions } from './subscriptions.ts';

type Question = ControlOf<ClientControl, 'explain'>;

export interface ExplainMeans {
  readonly filters: FilterCache;
  readonly subscriptions: Subscriptions;
  readonly recent: RecentEvents;
  readonly jsonLimits: JsonLimits;
  readonly time: Time;
  readonly lastSeq: () => number;
}

export interface ExplainAnswer {
  readonly explanation: Explanation;
  /** The explanation, to be read. */
  readonly text: string;
  /** What became of a published event for a living subscription. */
  readonly fate?: FateAnswer;
}

/**
 * Answers "I sent the event, why didn't X happen?", for an event that was published or is only imagined, and a
 * subscription that lives or a filter that is only imagined. Delivers nothing.
 */
export class Explain {
  readonly #means: ExplainMeans;

  constructor(means: ExplainMeans) {
    this.#means = means;
  }

  /** Throws FilterError, or ProtocolError `event_gone`, `event_unknown` or `subscription_unknown`. */
  answer(event: Question['event'], filter: Question['filter']): ExplainAnswer {
    const seq = 'seq' in event ? event.seq : undefined;
    const matchable = 'seq' in event ? this.#recall(event.seq) : this.#imagine(event);
    const subscription = 'subscription' in filter ? this.#subscription(filter.subscription) : undefined;
    const judge = 'subscription' in filter ? this.#judgeOf(filter.subscription, seq) : this.#compile(filter);
    const explanation = explainFilter(matchable, judge);
    const text = printExplanation(explanation);
    if (seq === undefined || subscription === undefined) return { explanation, text };
    return { explanation, text, fate: fateOf(subscription, seq, explanation.matched) };
  }

  #recall(seq: number): MatchableEvent {
    const { recent, jsonLimits, lastSeq } = this.#means;
    const recalled = recent.recall(seq);
    if (recalled !== undefined) {
      const { topic, time, body } = recalled;
      return new PublishedEvent({ seq, topic, time, arrivedMs: 0 }, body, jsonLimits);
    }
    throw seq > lastSeq()
      ? new ProtocolError('event_unknown', `event ${seq} was not published yet; the last one is ${lastSeq()}`)
      : new ProtocolError('event_gone', `event ${seq} is too long ago to be remembered; explain it by its content`);
  }

  /** As if it were published: through the same encoding, the same limits and the same decoding. */
  #imagine({ topic, data, ...said }: Exclude<Question['event'], { readonly seq: number }>): MatchableEvent {
    checkTopic(topic);
    const to = new ByteWriter();
    writeBody(to, { ...said, data: new TextEncoder().encode(data === undefined ? '' : JSON.stringify(data)) });
    const body = readBody(new ByteReader(to.written()));
    if (body.fault !== undefined) throw new ProtocolError('attributes_invalid', body.fault);
    const time = said.time ?? this.#means.time.wallMs();
    return new PublishedEvent({ seq: 0, topic, time, arrivedMs: 0 }, body, this.#means.jsonLimits);
  }

  #compile(filter: { readonly topic: string; readonly when?: string | undefined }): CompiledFilter {
    return this.#means.filters.compile(filterOf(filter));
  }

  /** The filter that judged the event, if it is published; else the present one. */
  #judgeOf(id: number, seq: number | undefined): CompiledFilter {
    const subscription = this.#subscription(id);
    return (seq === undefined ? undefined : subscription.filterAt(seq)) ?? subscription.filter;
  }

  #subscription(id: number): Subscription {
    const subscription = this.#means.subscriptions.get(id);
    if (subscription === undefined) throw new ProtocolError('subscription_unknown', `there is no subscription ${id}`);
    return subscription;
  }
}

function filterOf({ topic, when }: { readonly topic: string; readonly when?: string | undefined }) {
  return when === undefined ? { topic } : { topic, when };
}

function fateOf(subscription: Subscription, seq: number, matched: boolean): FateAnswer {
  if (seq <= subscription.sinceSeq) {
    return { kind: 'before_subscription', text: `the subscription began after event ${subscription.sinceSeq}` };
  }
  if (subscription.filterAt(seq) === undefined) {
    return { kind: 'not_remembered', text: 'the filter was replaced so often since that nobody knows what judged it' };
  }
  if (!matched) return { kind: 'not_matched', text: 'it did not match' };
  return subscription.delivery.fateOf(seq);
}
