import type {
  Body,
  BrokerRecordHandler,
  ClientRecordHandler,
  Provenance,
  PublishOptions,
  Receipt,
} from '../../broker/protocol/index.ts';

/** Records from the broker as a test would rather have them: each receipt and each event by itself. */
export interface SingleBrokerRecords extends Omit<BrokerRecordHandler, 'receipts' | 'events' | 'provenance'> {
  /** Of the next event; of those that follow it in a run, counted on. */
  provenance?(provenance: Provenance): void;
  receipt(ref: number, receipt: Receipt): void;
}

/** Records from a client, each publish by itself. */
export interface SingleClientRecords extends Omit<ClientRecordHandler, 'publish'> {
  publish(ref: number, alias: number, body: Body, options: PublishOptions): void;
}

export function brokerRecordsOneByOne(to: SingleBrokerRecords): BrokerRecordHandler {
  return {
    requests: to.requests,
    spaces: to.spaces,
    topic: (alias, text) => to.topic(alias, text),
    provenance: (provenance) => to.provenance?.(provenance),
    receipts(firstRef, count, first) {
      for (let i = 0; i < count; i++) {
        to.receipt(firstRef + i, { ...first, seq: first.delayed ? 0 : first.seq + i });
      }
    },
    events(subscription, { alias, time, seq }, run) {
      for (let i = 0; i < run.count; i++) {
        const body = run.body(i);
        const delivery = { seq: seq + i, time: body.time ?? time, alias, attempt: 0, retained: false };
        to.event(subscription, { ...delivery, lease: undefined }, body);
      }
    },
    event: (subscription, delivery, body) => to.event(subscription, delivery, body),
    notice: (subscription, notice) => to.notice(subscription, notice),
    gap: (subscription, reason, total, seq) => to.gap(subscription, reason, total, seq),
    fetched: (ref, delivery, body) => to.fetched(ref, delivery, body),
    settled: (ref, remainingMs) => to.settled(ref, remainingMs),
    refused: (ref, code, message) => to.refused(ref, code, message),
  };
}

export function clientRecordsOneByOne(to: SingleClientRecords): ClientRecordHandler {
  return {
    requests: to.requests,
    spaces: to.spaces,
    topic: (alias, text) => to.topic(alias, text),
    publish(firstRef, alias, run, options) {
      for (let i = 0; i < run.count; i++) to.publish(firstRef === 0 ? 0 : firstRef + i, alias, run.body(i), options);
    },
    credit: (subscription, events, bytes) => to.credit(subscription, events, bytes),
    fetch: (ref, subscription, seq, leaseMs) => to.fetch(ref, subscription, seq, leaseMs),
    settle: (ref, settlement, ms, leaseId, token) => to.settle(ref, settlement, ms, leaseId, token),
  };
}
