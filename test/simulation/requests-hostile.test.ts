import { describe, expect, it } from 'vitest';
import type { RawPeer } from '../support/raw-peer.ts';
import { simulatedBroker } from '../support/simulated-broker.ts';

async function world(config: Parameters<typeof simulatedBroker>[0] = {}) {
  const broker = await simulatedBroker(config);
  return { ...broker, asker: broker.greeted(), server: broker.greeted() };
}

const callOf = (server: RawPeer): unknown => server.take('call')[0]?.['call'];
/** It vanishes; the broker notices. */
const leave = (peer: RawPeer, witness: RawPeer): void => {
  peer.peer.close(1000, '');
  witness.request('ping', {});
};

describe('a server that replies what it may not', () => {
  it('ends parts that it was not asked for: the asker is told so, and it is no answer', async () => {
    const { asker, server } = await world();
    server.serve({ topic: 'work/+' });
    asker.askFor(1, 'work/a', 1, { id: 'k' });
    server.reply(callOf(server), undefined, 'end');
    expect(asker.take('refused')).toMatchObject([{ ref: 1, code: 'reply_streamed' }]);
    asker.askFor(2, 'work/a', 1, { id: 'k' });
    server.reply(callOf(server), 'whole');
    expect(asker.take('replied')).toMatchObject([{ ref: 2, repeated: false, kind: 'result', data: 'whole' }]);
  });

  it('counts once for who asked many, though it stops when it is told that its parts are refused', async () => {
    const { asker, server, greeted } = await world();
    const other = greeted();
    server.serve({ topic: 'price', group: 'a' });
    other.serve({ topic: 'price', group: 'b' });
    asker.askFor(1, 'price', 1, { many: 0 });
    const call = callOf(server);
    server.reply(call, 'first', 'part');
    server.reply(call, undefined, 'stopped');
    other.reply(callOf(other), 'mine');
    expect(asker.take('replied')).toMatchObject([{ error: { code: 'reply_streamed' } }, { data: 'mine' }]);
    expect(asker.take('repliesOver')).toMatchObject([{ servers: 2, replies: 2, reason: 'all' }]);
  });

  it('never replies: what was given up keeps no memory, and is there again for who says it again', async () => {
    const { asker, server, greeted, metric } = await world();
    server.serve({ topic: 'work/+' });
    asker.askFor(1, 'work/a', 'long', { id: 'k' });
    asker.cancelRequest(1);
    expect(await metric('tellwhen_rpc_held_bytes')).toBe(0);
    const other = greeted();
    other.serve({ topic: 'work/+' });
    asker.askFor(2, 'work/a', 'long', { id: 'k' });
    leave(server, asker);
    const [call] = other.take('call');
    expect(call).toMatchObject({ data: 'long', attempt: 2 });
    other.reply(call?.['call'], 'done');
    expect(asker.take('replied')).toMatchObject([{ ref: 2, data: 'done' }]);
    expect(await metric('tellwhen_rpc_held_bytes')).toBe(0);
  });

  it('never replies: its connection has 4,096 requests in hand at most, whatever its servers take', async () => {
    const { asker, server } = await world();
    for (const topic of ['one', 'two']) server.serve({ topic, concurrency: 4_096 });
    for (let ref = 1; ref <= 4_000; ref++) {
      asker.askFor(ref, 'one', ref);
      asker.cancelRequest(ref);
    }
    const [first, second] = server.take('call');
    for (let ref = 4_001; ref <= 4_100; ref++) asker.askFor(ref, 'two', ref);
    expect(server.take('call')).toHaveLength(96);
    // A place that one of them leaves is for the other, too.
    server.reply(first?.['call'], undefined, 'stopped');
    server.reply(second?.['call'], undefined, 'stopped');
    expect(server.take('call').map(({ data }) => data)).toEqual([4_097, 4_098]);
  });
});

describe('one who asks and takes no answer', () => {
  const KIB = 1_024;

  it('has an eighth of the memory: others still wait where there is no room', async () => {
    const { asker, server, greeted, metric } = await world({ requestBytesMax: 1_024 * KIB });
    server.serve({ topic: 'work/+', concurrency: 1 });
    server.serve({ topic: 'other', concurrency: 1 });
    for (let ref = 1; ref <= 8; ref++) asker.askFor(ref, 'work/a', 'x'.repeat(50 * KIB));
    // The first is handed over, two wait.
    expect(asker.take('refused')).toHaveLength(5);
    const modest = greeted();
    modest.askFor(1, 'other', 'y'.repeat(50 * KIB));
    modest.askFor(2, 'other', 'y'.repeat(50 * KIB));
    expect(modest.take('refused')).toEqual([]);
    leave(asker, server);
    leave(modest, server);
    expect(await metric('tellwhen_rpc_held_bytes')).toBe(0);
  });

  it('vanishes again and again, and leaves an eighth of the requests, or of the memory, to go on', async () => {
    const { server, greeted, metric } = await world({ requestsMax: 800, requestBytesMax: 1_024 * KIB });
    server.serve({ topic: 'work/+', concurrency: 4_096 });
    const vanish = (round: number, text: string): void => {
      const asker = greeted();
      for (let ref = 1; ref <= 60; ref++) asker.askFor(ref, 'work/a', text, { id: `${text.length}-${round}-${ref}` });
      leave(asker, server);
    };
    for (let round = 0; round < 3; round++) vanish(round, 'x');
    expect(await metric('tellwhen_rpc_open_requests')).toBe(100);
    expect(await metric('tellwhen_rpc_outcomes_total{outcome="asker_gone"}')).toBe(80);
    for (const { call } of server.take('call')) server.reply(call, 1);
    expect(await metric('tellwhen_rpc_open_requests')).toBe(0);
    vanish(3, 'x'.repeat(10 * KIB));
    expect(await metric('tellwhen_rpc_held_bytes')).toBeLessThanOrEqual(128 * KIB);
    for (const { call } of server.take('call')) server.reply(call, 1);
    expect(await metric('tellwhen_rpc_open_requests')).toBe(0);
    expect(await metric('tellwhen_rpc_held_bytes')).toBe(0);
  });
});

describe('a request for many', () => {
  it('is handed to a thousand servers at most, and as many calls wait as there may be requests', async () => {
    const { asker, server, metric } = await world({ requestsMax: 300 });
    for (let i = 0; i < 1_100; i++) server.serve({ topic: 'price', group: `g${i}`, concurrency: 1 });
    asker.askFor(1, 'price', 1, { many: 0 });
    expect(server.take('call')).toHaveLength(1_000);
    for (let ref = 2; ref <= 11; ref++) asker.askFor(ref, 'price', ref, { many: 0 });
    expect(await metric('tellwhen_rpc_waiting_requests')).toBe(300);
    leave(asker, server);
    expect(await metric('tellwhen_rpc_waiting_requests')).toBe(0);
    expect(await metric('tellwhen_rpc_held_bytes')).toBe(0);
  });
});

describe('a flood of requests that nobody serves', () => {
  it('is told in full why for a few at a time', async () => {
    const { asker, server, time } = await world();
    server.serve({ topic: 'work/+', when: 'n > 5' });
    const told = (): number => {
      for (let ref = 1; ref <= 30; ref++) asker.askFor(ref, 'work/a', { n: 1 });
      const refused = asker.take('refused');
      expect(refused).toHaveLength(30);
      return refused.filter(({ message }) => String(message).includes('no predicate holds')).length;
    };
    expect(told()).toBe(20);
    expect(told()).toBe(0);
    time.advance(50);
    expect(told()).toBe(20);
  });
});
