import { Entry, type Sequenced } from '../delivery/entry.ts';
import { granted, type LeaseHolder, type LeaseTable } from '../leases/index.ts';
import { ProtocolError, type Settlement } from '../protocol/index.ts';
import { Holding } from '../spaces/holding.ts';

export interface SettlingMeans {
  readonly leases: LeaseTable;
  /** How long an event may rest that is given back. */
  readonly releaseMsMax: number;
}

/** What somebody wants done with the lease of an event. */
export interface SettleWish {
  readonly settlement: Settlement;
  /** Of a release: the rest that the event is to have. Of an extension: the new time. */
  readonly ms: number;
  readonly id: number;
  readonly token: number;
  readonly principal: string;
}

export interface Settled {
  /** What is left of the lease. */
  readonly remainingMs: number;
  /** It must be flushed before it is said. */
  readonly durable: boolean;
}

/** Does it, and answers what came of it. Throws ProtocolError as `LeaseTable` refuses, and then nothing changed. */
export function settle({ settlement, ms, ...claim }: SettleWish, { leases, releaseMsMax }: SettlingMeans): Settled {
  const { id } = claim;
  if (leases.kindOf(id) === 'subscription') {
    throw new ProtocolError('lease_unknown', `lease ${id} is not the lease of an event; renew its subscription`);
  }
  if (settlement === 'extend') {
    const { holder, revived, remainingMs } = granted(leases.extend(claim, ms));
    if (revived) entryOf(holder).revived(id);
    return { remainingMs, durable: false };
  }
  if (ms > releaseMsMax) {
    throw new ProtocolError('lease_ttl_range', `a delay of ${ms} ms; at most ${releaseMsMax}`);
  }
  const answer = settlement === 'ack' ? leases.settle(claim) : leases.release(claim);
  // Whoever lost the answer to a commit says it again, and must not be told that it failed. It may not be flushed yet.
  if (!answer.ok && settlement === 'ack' && leases.wasCommitted(claim)) return { remainingMs: 0, durable: true };
  const { holder } = granted(answer);
  let durable = false;
  if (holder instanceof Holding) {
    if (settlement === 'ack') durable = holder.commit();
    else holder.abort();
  } else if (settlement === 'ack') entryOf(holder).acknowledged(id);
  else entryOf(holder).released(id, ms);
  return { remainingMs: 0, durable };
}

function entryOf(holder: LeaseHolder): Entry<Sequenced> {
  if (holder instanceof Entry) return holder;
  throw new Error('a lease that a client settles is held by no event');
}
