import type { Config, OptionName, OptionValue } from './options.ts';

interface Relation {
  readonly smaller: OptionName;
  readonly larger: OptionName;
  readonly because: string;
  /** The smaller, where nobody set it, shrinks to the larger. */
  readonly follows?: true;
}

const atMost = (smaller: OptionName, larger: OptionName, because: string): Relation => ({ smaller, larger, because });

const shareOf = (larger: OptionName, smaller: OptionName): Relation => ({
  ...atMost(smaller, larger, 'one cannot have more than all'),
  follows: true,
});

const UNASKED = 'what nobody asked for must be allowed';

/** What must hold between options, each of which is in its bounds. What is followed by one stands above it, if it follows itself. */
const RELATIONS: readonly Relation[] = [
  atMost('eventBytesMax', 'dataFrameBytesMax', 'an event travels in one frame'),
  atMost('eventBytesMax', 'outboundHardBytes', 'an event must fit into what a connection may hold unsent'),
  atMost('eventBytesMax', 'queueBytesDefault', 'a queue must hold at least one event'),
  atMost('eventBytesMax', 'heldBytesMax', 'the broker must hold at least one event'),
  atMost('outboundSoftBytes', 'outboundHardBytes', 'sending stops before the connection is given up'),
  atMost('creditEventsDefault', 'creditEventsMax', UNASKED),
  atMost('creditBytesDefault', 'creditBytesMax', UNASKED),
  atMost('queueEventsDefault', 'queueEventsMax', UNASKED),
  shareOf('heldBytesMax', 'queueBytesMax'),
  { ...atMost('queueBytesDefault', 'queueBytesMax', UNASKED), follows: true },
  shareOf('outboundBytesMax', 'outboundHardBytes'),
  shareOf('subscriptionsMax', 'subscriptionsPerSessionMax'),
  atMost('eventBytesMax', 'mailboxBytesDefault', 'a mailbox must hold at least one event'),
  atMost('mailboxEventsDefault', 'mailboxEventsMax', UNASKED),
  atMost('mailboxBytesDefault', 'mailboxBytesMax', UNASKED),
  atMost('mailboxAgeMsDefault', 'mailboxAgeMsMax', UNASKED),
  atMost('eventBytesMax', 'storeQueueBytesMax', 'an event must fit into what may wait to be flushed'),
  shareOf('leasesMax', 'leasesPerSessionMax'),
  shareOf('requestsMax', 'requestsPerConnectionMax'),
  atMost('eventBytesMax', 'requestBytesMax', 'a request must fit into what may wait'),
  ...leaseRelations('deliveryLeaseMs'),
  ...leaseRelations('retentionMs'),
  ...leaseRelations('subscriptionLeaseMs'),
  ...leaseRelations('tupleLeaseMs'),
  ...leaseRelations('takeLeaseMs'),
  atMost('takeLeaseMsMax', 'takeLeaseMsTotalMax', 'one grant is part of the total'),
  atMost('eventBytesMax', 'spaceBytesMax', 'a space must hold at least one tuple'),
  shareOf('spaceWaitersMax', 'spaceWaitersPerConnectionMax'),
  shareOf('spacesBytesMax', 'spaceBytesMax'),
  atMost('deliveryLeaseMsMax', 'deliveryLeaseMsTotalMax', 'one grant is part of the total'),
  atMost('retentionMsMax', 'retentionMsTotalMax', 'one grant is part of the total'),
];

type Lease = 'deliveryLeaseMs' | 'retentionMs' | 'subscriptionLeaseMs' | 'tupleLeaseMs' | 'takeLeaseMs';

function leaseRelations(lease: Lease): readonly Relation[] {
  return [atMost(`${lease}Min`, `${lease}Default`, UNASKED), atMost(`${lease}Default`, `${lease}Max`, UNASKED)];
}

/**
 * The options that nobody set and that are above what they follow, each with the one it follows. So who lowers a total
 * needs not know every share of it.
 */
export function followers(config: Config, given: ReadonlySet<OptionName>): ReadonlyMap<OptionName, OptionName> {
  const followed = new Map<OptionName, OptionName>();
  const effective = (name: OptionName): OptionValue => config[followed.get(name) ?? name];
  for (const { smaller, larger, follows } of RELATIONS) {
    if (follows !== true || given.has(smaller) || effective(smaller) <= effective(larger)) continue;
    followed.set(smaller, followed.get(larger) ?? larger);
  }
  return followed;
}

/** One sentence for each relation that does not hold. Options that are faulty by themselves are left out. */
export function brokenRelations(config: Config, faulty: ReadonlySet<OptionName>): readonly string[] {
  return RELATIONS.filter(({ smaller, larger }) => !faulty.has(smaller) && !faulty.has(larger))
    .filter(({ smaller, larger }) => config[smaller] > config[larger])
    .map(
      ({ smaller, larger, because }) =>
        `${smaller} (${config[smaller]}) must be at most ${larger} (${config[larger]}): ${because}`,
    );
}
