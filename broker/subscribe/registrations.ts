import type { CompiledFilter, Cost, Filter, Matcher, Matches } from '../../matcher/index.ts';
import type { Recipient } from '../delivery/delivery.ts';
import { ProtocolError } from '../protocol/index.ts';
import type { PublishedEvent } from '../publish/event.ts';
import type { PublishedRun } from '../publish/published-run.ts';
import type { FilterCache } from './filter-cache.ts';
import { FilterHistory } from './filter-history.ts';
import { Ids } from './ids.ts';

/** A filter that the matcher holds, and who is offered what it matches. */
export interface Registration {
  readonly id: number;
  readonly filters: FilterHistory;
  cost: Cost;
  /** Events up to this one came before it. */
  readonly sinceSeq: number;
  readonly recipient: Recipient;
}

export interface RegistrationsMeans {
  readonly matcher: Matcher;
  readonly filters: FilterCache;
  readonly registrationsMax: number;
  /** The last seq given to an event. */
  readonly lastSeq: () => number;
}

/**
 * Every filter that somebody holds, by the number under which the matcher knows it and clients name it. Each change
 * happens between two events: the `seq` that is answered is the last one that came before it.
 */
export class Registrations {
  readonly #means: RegistrationsMeans;
  readonly #byId: (Registration | undefined)[] = [];
  readonly #ids = new Ids();
  #lastTopic = '';
  #count = 0;

  constructor(means: RegistrationsMeans) {
    this.#means = means;
  }

  /** Also of an alias. */
  get(id: number): Registration | undefined {
    return this.#byId[id];
  }

  /** A filter that a registration has, or had, as it is judged by. */
  compile(filter: Filter): CompiledFilter {
    return this.#means.filters.compile(filter);
  }

  /**
   * `recipientOf` makes the recipient, given the id. `earlierSeq`: it was there in an earlier run, since then. Throws FilterError, also `residual_limit`, or ProtocolError
   * `subscription_limit`.
   */
  add(filter: Filter, recipientOf: (id: number) => Recipient, earlierSeq?: number): Registration {
    const { matcher, filters, lastSeq } = this.#means;
    const compiled = filters.compile(filter);
    const id = this.#take();
    const cost = this.#admit(id, () => matcher.add(id, compiled).cost);
    const sinceSeq = earlierSeq ?? lastSeq();
    const filterHistory = new FilterHistory(this.#sharing(filter), sinceSeq);
    const registration = { id, filters: filterHistory, cost, sinceSeq, recipient: recipientOf(id) };
    this.#byId[id] = registration;
    return registration;
  }

  /** Puts another predicate on it, and answers from which seq on. Throws FilterError. */
  replace(registration: Registration, when: string | undefined): number {
    const { matcher, filters, lastSeq } = this.#means;
    const { topic } = registration.filters.present;
    const filter = filterOf(topic, when);
    registration.cost = matcher.replace(registration.id, filters.compile(filter)).cost;
    const seq = lastSeq();
    registration.filters.replace(filter, seq);
    return seq;
  }

  remove({ id }: Registration): void {
    this.#means.matcher.remove(id);
    this.#free(id);
  }

  /** Another number that means the same registration, for one of several who share it. Throws `subscription_limit`. */
  alias(registration: Registration): number {
    const id = this.#take();
    this.#byId[id] = registration;
    return id;
  }

  removeAlias(id: number): void {
    this.#free(id);
  }

  /** Passes an event on to those it matched, as the matcher found them. */
  deliver(event: PublishedEvent, { ids, count }: Matches): void {
    for (let i = 0; i < count; i++) this.#byId[ids[i] as number]?.recipient.offer(event);
  }

  /**
   * Passes `count` events of a run on, from the `from`-th, all of which matched the same. False, and nobody was offered
   * any, when somebody looks at each by itself.
   */
  deliverRun(run: PublishedRun, from: number, count: number, matches: Matches): boolean {
    const { starts } = run.bodies;
    const bytes = (starts[from + count] as number) - (starts[from] as number);
    for (let i = 0; i < matches.count; i++) {
      const recipient = this.#byId[matches.ids[i] as number]?.recipient;
      if (recipient?.offerRun === undefined || recipient.takesRun?.(count, bytes) === false) return false;
    }
    for (let i = 0; i < matches.count; i++) {
      this.#byId[matches.ids[i] as number]?.recipient.offerRun?.(run, from, count);
    }
    return true;
  }

  /** Asks everybody whom an event matched whether they take it. Throws what they throw, before anybody was offered it. */
  admit(event: PublishedEvent, { ids, count }: Matches): void {
    for (let i = 0; i < count; i++) this.#byId[ids[i] as number]?.recipient.admit?.(event);
  }

  /** Most have the topic filter of the one before: then they have one text of it. */
  #sharing({ topic, when }: Filter): Filter {
    if (topic !== this.#lastTopic) this.#lastTopic = topic;
    return filterOf(this.#lastTopic, when);
  }

  #take(): number {
    if (this.#count >= this.#means.registrationsMax) {
      throw new ProtocolError('subscription_limit', `the broker holds ${this.#count} subscriptions, as many as it may`);
    }
    this.#count += 1;
    return this.#ids.take();
  }

  #free(id: number): void {
    this.#byId[id] = undefined;
    this.#ids.free(id);
    this.#count -= 1;
  }

  #admit(id: number, add: () => Cost): Cost {
    try {
      return add();
    } catch (error) {
      this.#free(id);
      throw error;
    }
  }
}

export function filterOf(topic: string, when: string | undefined): Filter {
  return when === undefined ? { topic } : { topic, when };
}
