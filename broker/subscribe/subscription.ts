import type { CompiledFilter, Cost } from '../../matcher/index.ts';
import type { Delivery, DeliveryTerms } from '../delivery/delivery.ts';
import type { LeaseHolder } from '../leases/index.ts';

/** A filter, an owner, a delivery, and perhaps a lease. */
export class Subscription implements LeaseHolder {
  readonly id: number;
  /** Session that owns it. */
  readonly owner: string;
  readonly terms: DeliveryTerms;
  readonly delivery: Delivery;
  /** Events up to this one came before the subscription. */
  readonly sinceSeq: number;
  filter: CompiledFilter;
  cost: Cost;
  /** Events after this one are judged by `filter`; earlier ones were by another. */
  filterSinceSeq: number;
  /** Absent: it ends with the connection. */
  leaseId: number | undefined;
  readonly #expired: (subscription: Subscription) => void;

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
    this.filter = fields.filter;
    this.cost = fields.cost;
    this.terms = fields.terms;
    this.delivery = fields.delivery;
    this.sinceSeq = fields.sinceSeq;
    this.filterSinceSeq = fields.sinceSeq;
    this.#expired = fields.expired;
  }

  leaseExpired(): void {
    this.#expired(this);
  }
}
