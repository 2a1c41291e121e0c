import type { PublishedEvent } from '../publish/event.ts';
import { Acknowledged } from './acknowledged.ts';
import type { Entry } from './entry.ts';
import type { Outbox } from './outbox.ts';

/** Push with `ack: explicit`: the broker sends the event, under a lease that starts as it is handed to the connection. */
export class AcknowledgedPush extends Acknowledged {
  protected override hand(entry: Entry<PublishedEvent>, outbox: Outbox): boolean {
    const lease = this.lease(entry, this.addressee.owner, this.terms.deliveryLeaseMs);
    if (!lease.ok) return false;
    this.credit.spend(entry.event.bytes.length);
    this.counters.pushed += 1;
    if (this.terms.order !== undefined) outbox.provenance?.(entry.event.provenance);
    outbox.event(this.addressee.subscription, entry.event, { attempt: entry.attempt, lease });
    return true;
  }
}
