import { expect, test } from 'vitest';
import { SimulatedTime } from '../../../../broker/kernel/simulated-time.ts';
import { Counters } from '../../../../broker/observe/counters.ts';
import { Flushes } from '../../../../broker/session/flushes.ts';
import { Gatherings } from '../../../../broker/session/gathering.ts';
import { Outbound, type OutboundMeans } from '../../../../broker/session/outbound.ts';
import { OutboundBudget } from '../../../../broker/session/outbound-budget.ts';
import type { Connection } from '../../../../broker/transports/transport.ts';

/** A connection that keeps what it is sent, until the test says that the peer has read. */
function stuck() {
  const state = { bufferedBytes: 0, nudges: 0, pumps: 0 };
  const connection: Connection = {
    protocol: 'test',
    remote: 'test',
    get bufferedBytes() {
      return state.bufferedBytes;
    },
    sendText(message) {
      state.bufferedBytes += message.length;
      return 'buffered';
    },
    sendBinary(message) {
      state.bufferedBytes += message.length;
      return 'buffered';
    },
    close() {},
    nudge() {
      state.nudges += 1;
    },
  };
  const time = new SimulatedTime();
  const means: OutboundMeans = {
    time,
    flushes: new Flushes(time),
    counters: new Counters(),
    softBytes: 10,
    hardBytes: 1_000,
    budget: new OutboundBudget(1_000),
    gatherings: new Gatherings(),
    topicAliasesMax: 10,
  };
  const outbound = new Outbound(connection, means, () => {});
  outbound.control({ kind: 'closing', drainMs: 1 });
  outbound.pumpWhenWritable({
    pump() {
      state.pumps += 1;
    },
  });
  return { outbound, state };
}

test('what waits is given a push only when it has not become less', () => {
  const { outbound, state } = stuck();
  state.bufferedBytes -= 1;
  outbound.nudge();
  expect(state.nudges).toBe(0);
  outbound.nudge();
  expect(state.nudges).toBe(1);
});

test('goes on when everything was read and no event said so', () => {
  const { outbound, state } = stuck();
  expect(outbound.writable).toBe(false);
  state.bufferedBytes = 0;
  outbound.nudge();
  expect([outbound.writable, state.pumps, state.nudges]).toEqual([true, 1, 0]);
});

test('leaves a connection alone that has ended', () => {
  const { outbound, state } = stuck();
  outbound.end();
  outbound.nudge();
  outbound.nudge();
  expect([state.nudges, state.pumps]).toEqual([0, 0]);
});
