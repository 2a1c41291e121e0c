import type { BrokerControl, ControlOf, LeaseGrant } from '../../broker/protocol/index.ts';
import type { RawPeer, ReceivedRecord } from './raw-peer.ts';

export function leaseOf(record: ReceivedRecord | undefined): LeaseGrant {
  return record?.['lease'] as LeaseGrant;
}

export function retentionOf(record: ReceivedRecord | undefined): LeaseGrant {
  return record?.['retention'] as LeaseGrant;
}

/** One field of each record. */
export function each(records: readonly ReceivedRecord[], field: string): unknown[] {
  return records.map((record) => record[field]);
}

/** The data of the events that came since the last look. */
export function taken(peer: RawPeer): unknown[] {
  return each(peer.take('event'), 'data');
}

/** Acknowledges every event that came since the last look, and answers their data. */
export function acknowledged(peer: RawPeer): unknown[] {
  const events = peer.take('event');
  for (const event of events) peer.ack(leaseOf(event));
  return each(events, 'data');
}

/** How a mailbox does. */
export function statusOf(peer: RawPeer, mailbox: string): ControlOf<BrokerControl, 'inspected'> {
  const answer = peer.request('inspect', { mailbox });
  if (answer.kind !== 'inspected') throw new Error(`inspect was answered ${JSON.stringify(answer)}`);
  return answer;
}

/** What is in a mailbox, all of it. */
export function entriesOf(peer: RawPeer, mailbox: string): ControlOf<BrokerControl, 'peeked'>['entries'] {
  const entries: ControlOf<BrokerControl, 'peeked'>['entries'][number][] = [];
  for (let cursor: number | undefined = 0; cursor !== undefined; ) {
    const answer: BrokerControl = peer.request('peek', { mailbox, cursor });
    if (answer.kind !== 'peeked') throw new Error(`peek was answered ${JSON.stringify(answer)}`);
    entries.push(...answer.entries);
    cursor = answer.next;
  }
  return entries;
}
