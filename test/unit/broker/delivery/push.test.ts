import { expect, test } from 'vitest';
import { HeldEvents } from '../../../../broker/delivery/held-events.ts';
import type { Outbox } from '../../../../broker/delivery/outbox.ts';
import { Push } from '../../../../broker/delivery/push.ts';
import { Counters } from '../../../../broker/observe/counters.ts';
import { runOf } from '../../../support/runs.ts';

test('what a connection takes one by one does not wait, nor is dropped, for being more than may wait', () => {
  const held = new HeldEvents(1_000_000);
  const bounds = { events: 100, bytes: 10_000 };
  const means = { held, counters: new Counters(), creditMax: bounds, wallMs: () => 0 };
  const push = new Push(
    1,
    {
      mode: 'push',
      ack: 'none',
      credit: bounds,
      queueEvents: 2,
      queueBytes: 1_000,
      overflow: 'drop-oldest',
      deliveryLeaseMs: 1,
      retentionMs: 1,
      attemptsMax: 1,
    },
    means,
  );
  const sent: number[] = [];
  const outbox: Outbox = {
    writable: true,
    takesRuns: false,
    pumpWhenWritable() {},
    events: (_, run, from, count) =>
      void sent.push(...Array.from({ length: count }, (_, i) => run.firstSeq + from + i)),
    event: (_, { seq }) => void sent.push(seq),
    notice() {},
    gap: () => expect.unreachable('nothing is lost'),
    disconnectSlow() {},
  };
  push.attach(outbox);
  push.offerRun(runOf(Array.from({ length: 10 }, (_, x) => ({ data: `${x}` }))), 0, 10);
  expect(sent).toEqual([7, 8, 9, 10, 11, 12, 13, 14, 15, 16]);
  expect(held.bytes).toBe(0);
});
