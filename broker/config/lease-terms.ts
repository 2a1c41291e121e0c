import type { LeaseTermsByKind } from '../leases/index.ts';
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
  };
}
