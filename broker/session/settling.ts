import { Entry, type Sequenced } from '../delivery/entry.ts';
import { granted, type LeaseHolder, type LeaseTable } from '../leases/index.ts';
import { ProtocolError, type Settlement } from '../protocol/index.ts';

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

/** Does it, and answers what is left of the lease. Throws ProtocolError as `LeaseTable` refuses, and then nothing changed. */
export function settle({ settlement, ms, ...claim }: SettleWish, { leases, releaseMsMax }: SettlingMeans): number {
  const { id } = claim;
  if (leases.kindOf(id) === 'subscription') {
    throw new ProtocolError('lease_unknown', `lease ${id} is not the lease of an event; renew its subscription`);
  }
  if (settlement === 'extend') {
    const { holder, revived, remainingMs } = granted(leases.extend(claim, ms));
    if (revived) entryOf(holder).revived(id);
    return remainingMs;
  }
  if (ms > releaseMsMax) {
    throw new ProtocolError('lease_ttl_range', `a delay of ${ms} ms; at most ${releaseMsMax}`);
  }
  const { holder } = granted(settlement === 'ack' ? leases.settle(claim) : leases.release(claim));
  if (settlement === 'ack') entryOf(holder).acknowledged(id);
  else entryOf(holder).released(id, ms);
  return 0;
}

function entryOf(holder: LeaseHolder): Entry<Sequenced> {
  if (holder instanceof Entry) return holder;
  throw new Error('a lease that a client settles is held by no event');
}
