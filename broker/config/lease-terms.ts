import type { LeaseTerms, LeaseTermsByKind } from '../leases/index.ts';
import type { SpaceTerms } from '../spaces/space-terms.ts';
import type { Config } from './options.ts';

/** How long leases of each kind may last, as the options say. */
export function leaseTerms(config: Config): LeaseTermsByKind {
  return {
    delivery: {
      defaultMs: config.deliveryLeaseMsDefault,
      minMs: config.deliveryLeaseMsMin,
      maxMs: config.deliveryLeaseMsMax,
      maxTotalMs: config.deliveryLeaseMsTotalMax,
    },
    retention: {
      defaultMs: config.retentionMsDefault,
      minMs: config.retentionMsMin,
      maxMs: config.retentionMsMax,
      maxTotalMs: config.retentionMsTotalMax,
    },
    subscription: {
      defaultMs: config.subscriptionLeaseMsDefault,
      minMs: config.subscriptionLeaseMsMin,
      maxMs: config.subscriptionLeaseMsMax,
      maxTotalMs: Number.POSITIVE_INFINITY,
    },
    take: takeTerms(config),
    transaction: takeTerms(config),
  };
}

function takeTerms(config: Config): LeaseTerms {
  return {
    defaultMs: config.takeLeaseMsDefault,
    minMs: config.takeLeaseMsMin,
    maxMs: config.takeLeaseMsMax,
    maxTotalMs: config.takeLeaseMsTotalMax,
  };
}

/** What spaces grant, as the options say. */
export function spaceTerms(config: Config): SpaceTerms {
  return {
    spacesMax: config.spacesMax,
    roomBytesMax: config.spacesBytesMax,
    tuplesMax: config.spaceTuplesMax,
    bytesMax: config.spaceBytesMax,
    tupleBytesMax: config.eventBytesMax,
    jsonDepthMax: config.jsonDepthMax,
    tupleLease: {
      defaultMs: config.tupleLeaseMsDefault,
      minMs: config.tupleLeaseMsMin,
      maxMs: config.tupleLeaseMsMax,
      maxTotalMs: Number.POSITIVE_INFINITY,
    },
    takeLease: takeTerms(config),
    waitersMax: config.spaceWaitersMax,
    waitersPerCallerMax: config.spaceWaitersPerConnectionMax,
  };
}
