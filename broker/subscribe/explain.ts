import {
  type CompiledFilter,
  type Explanation,
  explainFilter,
  type Filter,
  printExplanation,
} from '../../matcher/index.ts';
import type { FateAnswer } from '../delivery/fate.ts';
import { type ClientControl, type ControlOf, ProtocolError } from '../protocol/index.ts';
import type { AskedEvents } from './asked-events.ts';
import { fateOf } from './fate-of.ts';
import type { FilterCache } from './filter-cache.ts';
import { filterOf, type Registration, type Registrations } from './registrations.ts';

type Question = ControlOf<ClientControl, 'explain'>;

export interface ExplainMeans {
  readonly filters: FilterCache;
  readonly registrations: Registrations;
  readonly events: AskedEvents;
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

  /** Throws what `AskedEvents.find` throws, FilterError, or ProtocolError `subscription_unknown`. */
  answer(event: Question['event'], filter: Question['filter']): ExplainAnswer {
    const seq = 'seq' in event ? event.seq : undefined;
    const matchable = this.#means.events.find(event);
    const subscription = 'subscription' in filter ? this.#subscription(filter.subscription) : undefined;
    const judge = 'subscription' in filter ? this.#judgeOf(filter.subscription, seq) : filter;
    const explanation = explainFilter(matchable, this.#compile(judge));
    const text = printExplanation(explanation);
    if (seq === undefined || subscription === undefined) return { explanation, text };
    return { explanation, text, fate: fateOf(subscription, seq, explanation.matched) };
  }

  #compile(filter: { readonly topic: string; readonly when?: string | undefined }): CompiledFilter {
    return this.#means.filters.compile(filterOf(filter.topic, filter.when));
  }

  /** The filter that judged the event, if it is published; else the present one. */
  #judgeOf(id: number, seq: number | undefined): Filter {
    const subscription = this.#subscription(id);
    return (seq === undefined ? undefined : subscription.filters.at(seq)) ?? subscription.filters.present;
  }

  #subscription(id: number): Registration {
    const subscription = this.#means.registrations.get(id);
    if (subscription === undefined) throw new ProtocolError('subscription_unknown', `there is no subscription ${id}`);
    return subscription;
  }
}
