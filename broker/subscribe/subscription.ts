import type { CompiledFilter, Cost } from '../../matcher/index.ts';
import type { Delivery, DeliveryTerms } from '../delivery/delivery.ts';
import type { LeaseHolder } from '../leases/index.ts';

/** The present filter and those before it, for explain. */
const FILTERS_REMEMBERED = 8;

/** A filter, an owner, a delivery, and perhaps a lease. */
export class Subscription implements LeaseHolder {
  readonly id: number;
  /** Session that owns it. */
  readonly owner: string;
  readonly terms: DeliveryTerms;
  readonly delivery: Delivery;
  /** Events up to this one came before the subscription. */
  readonly sinceSeq: number;
  cost: Cost;
  /** Absent: it ends with the connection. */
  leaseId: number | undefined;
  readonly #expired: (subscription: Subscription) => void;
  /** The latest last: the filter, and the seq after which it began to hold. */
  readonly #filters: { readonly filter: CompiledFilter; readonly sinceSeq: number }[];

  constructor(fields: {
    readonly id: number;
    readonly owner: string;
    readonly filter: CompiledFilter;
    readonly cost: Cost;
    readonly terms: DeliveryTerms;
    readonly delivery: Delivery;
    readonly sinceSeq: number;
    readonly expired: (subscription: Subscription) => void;
  }) {
    this.id = fields.id;
    this.owner = fields.owner;
    this.#filters = [{ filter: fields.filter, sinceSeq: fields.sinceSeq }];
    this.cost = fields.cost;
    this.terms = fields.terms;
    this.delivery = fields.delivery;
    this.sinceSeq = fields.sinceSeq;
    this.#expired = fields.expired;
  }

  get filter(): CompiledFilter {
    // There is always one.
    return (this.#filters.at(-1) as { filter: CompiledFilter }).filter;
  }

  /** From the event after `seq` on, this filter holds. */
  replaceFilter(filter: CompiledFilter, seq: number): void {
    // One that was replaced before any event came judged nothing.
    if (this.#filters.at(-1)?.sinceSeq === seq) this.#filters.pop();
    this.#filters.push({ filter, sinceSeq: seq });
    if (this.#filters.length > FILTERS_REMEMBERED) this.#filters.shift();
  }

  /** The filter that judged an event. `undefined`: before its time, or forgotten. */
  filterAt(seq: number): CompiledFilter | undefined {
    return this.#filters.findLast(({ sinceSeq }) => seq > sinceSeq)?.filter;
  }

  leaseExpired(): void {
    this.#expired(this);
  }
}
