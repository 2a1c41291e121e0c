import { Matcher } from '../../matcher/index.ts';
import { deviceAlerts } from '../workloads/device-alerts.ts';
import { SeededRandom } from '../workloads/random.ts';
import { drawFilters, type Workload, type WorkloadFilter } from '../workloads/workload.ts';
import type { ChangeTimings } from './change-times.ts';
import { Collections } from './collections.ts';
import { EventSource } from './event-source.ts';
import { grow } from './grow.ts';
import { ProcessorSwitches, Samples, type Timings } from './timings.ts';
import { checkedEvents, oracleAnswers, verifyMatcher } from './verify.ts';

/** W6, churn: the filters of W1 with 90 matches, a tenth of them replaced every second while events are matched. */
export const CHURN = 'W6';

export interface ChurnRow {
  readonly filters: number;
  /** A second, in the events' time. */
  readonly eventRate: number;
  readonly replaceRate: number;
  /** Events that were checked against the oracle after the last replace. */
  readonly checked: number;
  /** Replaces that were made, each by another filter, from text. */
  readonly replaces: number;
  /** Each event timed alone. */
  readonly atRest: Timings;
  readonly during: Timings;
  readonly replace: ChangeTimings;
  /** The share of one core that matching and replacing at these rates takes; above 1 it cannot be kept up. */
  readonly coreShare: number;
}

export interface ChurnOrder {
  readonly filters: number;
  readonly seed: number;
  /** Events to match during churn, and as many at rest. */
  readonly events: number;
  /** Events a second, which decides how many replaces fall between two of them. */
  readonly eventRate: number;
}

const REPLACED_EACH_SECOND = 0.1;
/** Events of a stretch at rest, and of the stretch of churn after it: rest and churn are compared over the same minutes. */
const STRETCH = 500;
/** The broker sweeps every tenth of a second, as `grow` says. */
const SWEEPS_EACH_SECOND = 10;
const SWEPT_FILTERS = 32;

/** @throws Error when an answer is wrong. */
export async function measureChurn(order: ChurnOrder, progress: (step: string) => void): Promise<ChurnRow> {
  const { filters: count, seed, eventRate } = order;
  const create = deviceAlerts(90);
  const workload = create(seed, count);
  const events = new EventSource(workload);
  progress('growing');
  const matcher = new Matcher();
  grow(matcher, { workload, count, events, progress });

  progress('replacing');
  const churn = new Churn(matcher, { workload, events, count, eventRate, seed });
  const stretches = Math.max(2, Math.ceil(order.events / STRETCH));
  const replaceRate = REPLACED_EACH_SECOND * count;
  const matches = { atRest: new Samples(stretches * STRETCH), during: new Samples(stretches * STRETCH) };
  const replaces = new Samples(Math.ceil((stretches * STRETCH * replaceRate) / eventRate) + 1);
  const collections = new Collections();
  for (let i = 0; i < stretches; i += 1) {
    churn.stretch(0, matches.atRest, replaces);
    churn.stretch(replaceRate / eventRate, matches.during, replaces);
  }
  const pauses = await collections.take();
  collections.stop();

  progress('asking the oracle');
  const checked = events.take(checkedEvents(count));
  verifyMatcher(matcher, checked, oracleAnswers(churn.filtersNow(create(seed, count)), checked));
  const during = matches.during.timings();
  const replace = { ...replaces.timings(), maxUndisturbed: replaces.maxUndisturbed(pauses) };
  return {
    filters: count,
    eventRate,
    replaceRate,
    checked: checked.length,
    replaces: churn.replaces,
    atRest: matches.atRest.timings(),
    during,
    replace,
    coreShare: (eventRate * during.mean + replaceRate * replace.mean) / 1e6,
  };
}

interface ChurnTerms {
  readonly workload: Workload;
  readonly events: EventSource;
  readonly count: number;
  readonly eventRate: number;
  readonly seed: number;
}

/** Matches and replaces in the events' time, and remembers what was replaced for the oracle. */
class Churn {
  readonly #matcher: Matcher;
  readonly #terms: ChurnTerms;
  readonly #chosen: SeededRandom;
  readonly #replaced = new Map<number, WorkloadFilter>();
  readonly #switches = new ProcessorSwitches();
  #replaces = 0;
  #matched = 0;
  /** Replaces that are due; a part of one is carried over. */
  #due = 0;

  constructor(matcher: Matcher, terms: ChurnTerms) {
    this.#matcher = matcher;
    this.#terms = terms;
    this.#chosen = new SeededRandom(terms.seed);
  }

  get replaces(): number {
    return this.#replaces;
  }

  stretch(replacesPerEvent: number, matches: Samples, replaces: Samples): void {
    const { workload, events, count, eventRate } = this.#terms;
    for (let i = 0; i < STRETCH; i += 1) {
      this.#due += replacesPerEvent;
      const filters = [...drawFilters(workload, Math.floor(this.#due))];
      this.#due -= filters.length;
      for (const filter of filters) {
        const id = this.#chosen.integer(count);
        this.#replaced.set(id, filter);
        this.#switches.happened();
        const startMs = performance.now();
        this.#matcher.replace(id, filter);
        replaces.record(startMs, this.#switches);
      }
      this.#replaces += filters.length;
      const event = events.next();
      const startMs = performance.now();
      this.#matcher.match(event);
      matches.record(startMs);
      this.#matched += 1;
      if (this.#matched % Math.ceil(eventRate / SWEEPS_EACH_SECOND) === 0) this.#matcher.retune(SWEPT_FILTERS);
    }
  }

  /** Every subscription's filter, by number, given the workload from its start. */
  *filtersNow(fromStart: Workload): Generator<WorkloadFilter> {
    let id = 0;
    for (const filter of drawFilters(fromStart, this.#terms.count)) {
      yield this.#replaced.get(id) ?? filter;
      id += 1;
    }
  }
}
