import type { Config, OptionName } from './options.ts';

interface Relation {
  readonly smaller: OptionName;
  readonly larger: OptionName;
  readonly because: string;
}

const atMost = (smaller: OptionName, larger: OptionName, because: string): Relation => ({ smaller, larger, because });

const UNASKED = 'what nobody asked for must be allowed';
const ONE_OF_MANY = 'one cannot have more than all';

/** What must hold between options, each of which is in its bounds. */
const RELATIONS: readonly Relation[] = [
  atMost('eventBytesMax', 'dataFrameBytesMax', 'an event travels in one frame'),
  atMost('eventBytesMax', 'outboundHardBytes', 'an event must fit into what a connection may hold unsent'),
  atMost('eventBytesMax', 'queueBytesDefault', 'a queue must hold at least one event'),
  atMost('eventBytesMax', 'heldBytesMax', 'the broker must hold at least one event'),
  atMost('outboundSoftBytes', 'outboundHardBytes', 'sending stops before the connection is given up'),
  atMost('creditEventsDefault', 'creditEventsMax', UNASKED),
  atMost('creditBytesDefault', 'creditBytesMax', UNASKED),
  atMost('queueEventsDefault', 'queueEventsMax', UNASKED),
  atMost('queueBytesDefault', 'queueBytesMax', UNASKED),
  atMost('subscriptionsPerSessionMax', 'subscriptionsMax', ONE_OF_MANY),
  atMost('leasesPerSessionMax', 'leasesMax', ONE_OF_MANY),
  ...leaseRelations('deliveryLeaseMs'),
  ...leaseRelations('retentionMs'),
  ...leaseRelations('subscriptionLeaseMs'),
  atMost('deliveryLeaseMsMax', 'deliveryLeaseMsTotalMax', 'one grant is part of the total'),
  atMost('retentionMsMax', 'retentionMsTotalMax', 'one grant is part of the total'),
];

function leaseRelations(lease: 'deliveryLeaseMs' | 'retentionMs' | 'subscriptionLeaseMs'): readonly Relation[] {
  return [atMost(`${lease}Min`, `${lease}Default`, UNASKED), atMost(`${lease}Default`, `${lease}Max`, UNASKED)];
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
