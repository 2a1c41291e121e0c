import { describe, expect, it } from 'vitest';
import type { Config } from '../../broker/config/index.ts';
import type { RawPeer } from '../support/raw-peer.ts';
import { type SimulatedBroker, simulatedBroker } from '../support/simulated-broker.ts';

interface World extends SimulatedBroker {
  readonly asker: RawPeer;
  readonly server: RawPeer;
}

/** A broker, one who asks, and one who serves `work/+` when it is told to. */
async function world(config: Partial<Config> = {}): Promise<World> {
  const broker = await simulatedBroker(config);
  return { ...broker, asker: broker.greeted(), server: broker.greeted() };
}

interface TakenCall {
  readonly call: unknown;
  readonly data: unknown;
}

/** The calls that a server was handed since the last time. */
const callsOf = (server: RawPeer): TakenCall[] =>
  server.take('call').map(({ call, data, ...rest }) => ({ call, data, ...rest }));
const callOf = (server: RawPeer): unknown => callsOf(server)[0]?.call;
/** It vanishes; the broker notices. */
const leave = (peer: RawPeer, witness: RawPeer): void => {
  peer.peer.close(1000, '');
  witness.request('ping', {});
};

describe('a request', () => {
  it('is handed to a server, with the time that is left, and its reply goes back', async () => {
    const { asker, server, metric } = await world();
    const serving = server.serve({ topic: 'work/+' });
    asker.askFor(7, 'work/a', { n: 1 }, { timeoutMs: 5_000 });
    const [call] = callsOf(server);
    expect(call).toMatchObject({
      server: serving.server,
      topic: 'work/a',
      data: { n: 1 },
      remainingMs: 5_000,
      attempt: 1,
    });
    server.reply(call?.call, { n: 2 });
    expect(asker.take('replied')).toEqual([
      { record: 'replied', ref: 7, repeated: false, kind: 'result', data: { n: 2 } },
    ]);
    expect(await metric('tellwhen_rpc_open_requests')).toBe(0);
    expect(await metric('tellwhen_rpc_outcomes_total{outcome="answered"}')).toBe(1);
  });

  it('goes to the server whose predicate holds', async () => {
    const { asker, server, greeted } = await world();
    const next = greeted();
    server.serve({ topic: 'work/+', when: '$attr.version < 2' });
    next.serve({ topic: 'work/+', when: '$attr.version >= 2' });
    asker.askFor(1, 'work/a', 1, { attributes: { version: 2 } });
    asker.askFor(2, 'work/a', 2, { attributes: { version: 1 } });
    expect(next.take('call')).toMatchObject([{ data: 1 }]);
    expect(server.take('call')).toMatchObject([{ data: 2 }]);
  });

  it('is refused at once where nobody serves it, and told how near it was', async () => {
    const { asker, server } = await world();
    server.serve({ topic: 'work/+', when: 'n > 5' });
    asker.askFor(1, 'other', 1);
    asker.askFor(2, 'work/a', { n: 1 });
    expect(asker.take('refused')).toMatchObject([
      { ref: 1, code: 'no_responders', message: 'nobody serves other' },
      { ref: 2, code: 'no_responders', message: expect.stringContaining('no predicate holds') },
    ]);
  });

  it('is no event: subscribers are not told, and events are not handed to servers', async () => {
    const { asker, server, greeted } = await world();
    const subscriber = greeted();
    subscriber.subscribe({ topic: '#' });
    server.serve({ topic: '#' });
    asker.askFor(1, 'work/a', 1);
    asker.publish({ topic: 'work/a', data: 2 });
    expect(subscriber.take('event')).toMatchObject([{ data: 2 }]);
    expect(server.take('call')).toMatchObject([{ data: 1 }]);
    expect(asker.take('receipt')).toMatchObject([{ matched: 1 }]);
  });

  it('is failed by its server with a code, a message and data', async () => {
    const { asker, server } = await world();
    server.serve({ topic: 'work/+' });
    asker.askFor(1, 'work/a', 1);
    server.reply(callOf(server), { missing: 5 }, 'error', { code: 'too_poor', message: 'not enough' });
    expect(asker.take('replied')).toMatchObject([
      { ref: 1, kind: 'error', error: { code: 'too_poor', message: 'not enough' }, data: { missing: 5 } },
    ]);
  });

  it('goes round the servers, and past those who have as many as they take', async () => {
    const { asker, server, greeted } = await world();
    const other = greeted();
    server.serve({ topic: 'work/+', concurrency: 2 });
    other.serve({ topic: 'work/+', concurrency: 2 });
    for (let ref = 1; ref <= 4; ref++) asker.askFor(ref, 'work/a', ref);
    expect([server.take('call').length, other.take('call').length]).toEqual([2, 2]);
  });

  it('waits where all are busy, first come, first served, and is refused when too many wait', async () => {
    const { asker, server, metric } = await world({ requestsWaitingMax: 2 });
    server.serve({ topic: 'work/+', concurrency: 1 });
    for (let ref = 1; ref <= 4; ref++) asker.askFor(ref, 'work/a', ref);
    expect(asker.take('refused')).toMatchObject([{ ref: 4, code: 'servers_busy' }]);
    expect(await metric('tellwhen_rpc_waiting_requests')).toBe(2);
    const order: unknown[] = [];
    for (let i = 0; i < 3; i++) {
      const [call] = callsOf(server);
      order.push(call?.data);
      server.reply(call?.call, 0);
    }
    expect(order).toEqual([1, 2, 3]);
    expect(asker.take('replied').map(({ ref }) => ref)).toEqual([1, 2, 3]);
    expect(await metric('tellwhen_rpc_held_bytes')).toBe(0);
  });

  it('that waited is answered that nobody serves it when those are gone for whom it waited', async () => {
    const { asker, server } = await world();
    const { server: number } = server.serve({ topic: 'work/+', concurrency: 1 });
    asker.askFor(1, 'work/a', 1);
    asker.askFor(2, 'work/a', 2);
    server.request('unserve', { server: number });
    expect(asker.take('refused')).toMatchObject([{ ref: 2, code: 'no_responders' }]);
    // What it has, it may answer.
    server.reply(callOf(server), 'done');
    expect(asker.take('replied')).toMatchObject([{ ref: 1, data: 'done' }]);
  });
});

describe('at each failure', () => {
  it('deadline: the asker is told, the server is told to stop, and a late reply is counted and not passed on', async () => {
    const { asker, server, time, metric } = await world();
    server.serve({ topic: 'work/+' });
    asker.askFor(1, 'work/a', 1, { timeoutMs: 500 });
    const call = callOf(server);
    time.advance(499);
    expect(asker.take('refused')).toEqual([]);
    time.advance(60);
    expect(asker.take('refused')).toMatchObject([{ ref: 1, code: 'deadline_exceeded' }]);
    expect(server.take('callOver')).toMatchObject([{ call, reason: 'deadline' }]);
    server.reply(call, 'late');
    expect(asker.take('replied')).toEqual([]);
    expect(server.take('callOver')).toMatchObject([{ call, reason: 'late' }]);
    expect(await metric('tellwhen_rpc_late_replies_total')).toBe(1);
  });

  it('deadline of one that waited: it never reaches a server', async () => {
    const { asker, server, time } = await world();
    server.serve({ topic: 'work/+', concurrency: 1 });
    asker.askFor(1, 'work/a', 1, { timeoutMs: 5_000 });
    asker.askFor(2, 'work/a', 2, { timeoutMs: 500 });
    time.advance(600);
    expect(asker.take('refused')).toMatchObject([{ ref: 2, code: 'deadline_exceeded' }]);
    server.reply(callOf(server), 1);
    expect(server.take('call')).toEqual([]);
  });

  it('asker gives up: the server is told', async () => {
    const { asker, server } = await world();
    server.serve({ topic: 'work/+' });
    asker.askFor(1, 'work/a', 1);
    const call = callOf(server);
    asker.cancelRequest(1);
    expect(server.take('callOver')).toMatchObject([{ call, reason: 'cancelled' }]);
    server.reply(call, 'too late');
    expect(asker.take('replied')).toEqual([]);
  });

  it('asker gone: the server is told', async () => {
    const { asker, server, metric } = await world();
    server.serve({ topic: 'work/+' });
    asker.askFor(1, 'work/a', 1);
    leave(asker, server);
    expect(server.take('callOver')).toMatchObject([{ reason: 'asker_gone' }]);
    expect(await metric('tellwhen_rpc_open_requests')).toBe(0);
  });

  it('server gone before it answered: the asker is told, and may have been served or not', async () => {
    const { asker, server, greeted } = await world();
    server.serve({ topic: 'work/+' });
    asker.askFor(1, 'work/a', 1);
    const other = greeted();
    other.serve({ topic: 'work/+' });
    leave(server, asker);
    expect(asker.take('refused')).toMatchObject([{ ref: 1, code: 'server_lost' }]);
    expect(other.take('call')).toEqual([]);
  });

  it('server gone before it answered, with an identity: another is handed it', async () => {
    const { asker, server, greeted, metric } = await world();
    server.serve({ topic: 'work/+' });
    asker.askFor(1, 'work/a', { n: 1 }, { id: 'k' });
    const other = greeted();
    other.serve({ topic: 'work/+' });
    leave(server, asker);
    const [call] = callsOf(other);
    expect(call).toMatchObject({ data: { n: 1 }, attempt: 2, id: 'k' });
    other.reply(call?.call, 'done');
    expect(asker.take('replied')).toMatchObject([{ ref: 1, data: 'done', repeated: false }]);
    expect(await metric('tellwhen_rpc_calls_again_total')).toBe(1);
  });

  it('a request that ends every server that is handed it ends no more than three', async () => {
    const { asker, greeted } = await world();
    const servers = [1, 2, 3, 4].map(() => greeted());
    for (const one of servers) one.serve({ topic: 'work/+', concurrency: 1 });
    asker.askFor(1, 'work/a', 1, { id: 'k' });
    let ended = 0;
    for (let round = 0; round < 4; round++) {
      const hit = servers.find((one) => one.take('call').length > 0);
      if (hit === undefined) break;
      ended += 1;
      leave(hit, asker);
    }
    expect(ended).toBe(3);
    expect(asker.take('refused')).toMatchObject([{ code: 'server_lost' }]);
  });

  it('reply lost with the asker’s connection: said again, it is answered the same, and done once', async () => {
    const { asker, server, greeted, metric } = await world();
    server.serve({ topic: 'work/+' });
    asker.askFor(1, 'work/a', 1, { id: 'k' });
    const call = callOf(server);
    leave(asker, server);
    server.reply(call, 'done once');
    // The server may even be gone by then.
    const again = greeted();
    leave(server, again);
    again.askFor(5, 'work/a', 1, { id: 'k' });
    expect(again.take('replied')).toMatchObject([{ ref: 5, repeated: true, data: 'done once' }]);
    expect(await metric('tellwhen_rpc_calls_total')).toBe(1);
  });

  it('said again while the first is under way: both get the one answer', async () => {
    const { asker, server, greeted } = await world();
    const other = greeted();
    server.serve({ topic: 'work/+' });
    asker.askFor(1, 'work/a', 1, { id: 'k' });
    other.askFor(2, 'work/a', 1, { id: 'k' });
    const calls = callsOf(server);
    expect(calls).toHaveLength(1);
    server.reply(calls[0]?.call, 'one');
    expect(asker.take('replied')).toMatchObject([{ ref: 1, repeated: false, data: 'one' }]);
    expect(other.take('replied')).toMatchObject([{ ref: 2, repeated: true, data: 'one' }]);
  });

  it('said again with another content: refused', async () => {
    const { asker, server } = await world();
    server.serve({ topic: 'work/+' });
    asker.askFor(1, 'work/a', 1, { id: 'k' });
    asker.askFor(2, 'work/a', 2, { id: 'k' });
    expect(asker.take('refused')).toMatchObject([{ ref: 2, code: 'request_differs' }]);
  });

  it('a late reply to what may be said again is kept for that', async () => {
    const { asker, server, time } = await world();
    server.serve({ topic: 'work/+' });
    asker.askFor(1, 'work/a', 1, { id: 'k', timeoutMs: 100 });
    const call = callOf(server);
    time.advance(200);
    expect(asker.take('refused')).toMatchObject([{ code: 'deadline_exceeded' }]);
    server.reply(call, 'slow');
    asker.askFor(2, 'work/a', 1, { id: 'k' });
    expect(asker.take('replied')).toMatchObject([{ ref: 2, repeated: true, data: 'slow' }]);
  });

  it('a failure of the broker’s own is no answer: said again, it is another try', async () => {
    const { asker, server, greeted } = await world();
    server.serve({ topic: 'work/+' });
    asker.askFor(1, 'work/a', 1, { id: 'k' });
    leave(server, asker);
    expect(asker.take('refused')).toMatchObject([{ code: 'server_lost' }]);
    const other = greeted();
    other.serve({ topic: 'work/+' });
    asker.askFor(2, 'work/a', 1, { id: 'k' });
    other.reply(callOf(other), 'at last');
    expect(asker.take('replied')).toMatchObject([{ ref: 2, repeated: false, data: 'at last' }]);
  });

  it('answers are forgotten when their window is over, or there are too many', async () => {
    const { asker, server, time, metric } = await world({ answerWindowMs: 1_000, answersMax: 2 });
    server.serve({ topic: 'work/+' });
    for (const [ref, id] of [...'abc'].entries()) {
      asker.askFor(ref + 1, 'work/a', id, { id });
      server.reply(callOf(server), id);
    }
    expect(await metric('tellwhen_rpc_answers')).toBe(2);
    expect(await metric('tellwhen_rpc_answers_forgotten_total')).toBe(1);
    time.advance(1_100);
    expect(await metric('tellwhen_rpc_answers')).toBe(0);
    expect(await metric('tellwhen_rpc_answer_bytes')).toBe(0);
  });

  it('said again after its time was over, while the server still works: the late reply is its answer', async () => {
    const { asker, server, time, metric } = await world();
    server.serve({ topic: 'work/+' });
    asker.askFor(1, 'work/a', 1, { id: 'k', timeoutMs: 100 });
    const call = callOf(server);
    time.advance(200);
    asker.askFor(2, 'work/a', 1, { id: 'k' });
    server.reply(call, 'slow');
    expect(asker.take('replied')).toMatchObject([{ ref: 2, data: 'slow' }]);
    expect(await metric('tellwhen_rpc_late_replies_total')).toBe(0);
  });

  it('one that is told to stop and says so frees its place; who joined meanwhile is served by another', async () => {
    const { asker, server, time } = await world();
    server.serve({ topic: 'work/+', concurrency: 1 });
    asker.askFor(1, 'work/a', 1, { id: 'k', timeoutMs: 100 });
    const call = callOf(server);
    time.advance(200);
    asker.askFor(2, 'work/a', 1, { id: 'k' });
    server.reply(call, undefined, 'stopped');
    const [next] = callsOf(server);
    expect(next).toMatchObject({ attempt: 2 });
    server.reply(next?.call, 'second');
    expect(asker.take('replied')).toMatchObject([{ ref: 2, data: 'second' }]);
  });
});

describe('a request for many', () => {
  it('is handed to one server of each group, and is over when all have replied', async () => {
    const { asker, server, greeted } = await world();
    const [same, other] = [greeted(), greeted()];
    server.serve({ topic: 'price/+', group: 'a' });
    same.serve({ topic: 'price/+', group: 'a' });
    other.serve({ topic: 'price/#', group: 'b' });
    asker.askFor(1, 'price/x', 1, { many: 0 });
    const calls = [server, same, other].flatMap((one) => one.take('call').map(({ call }) => [one, call] as const));
    expect(calls).toHaveLength(2);
    for (const [one, call] of calls) one.reply(call, 'mine');
    expect(asker.take('replied')).toHaveLength(2);
    expect(asker.take('repliesOver')).toMatchObject([{ ref: 1, servers: 2, replies: 2, reason: 'all' }]);
  });

  it('is over with so many replies as were wanted; the others are told to stop', async () => {
    const { asker, greeted } = await world();
    const servers = ['a', 'b', 'c'].map((group) => {
      const peer = greeted();
      peer.serve({ topic: 'price/+', group });
      return peer;
    });
    asker.askFor(1, 'price/x', 1, { many: 1 });
    const calls = servers.map(callOf);
    servers[1]?.reply(calls[1], 'quick');
    expect(asker.take('repliesOver')).toMatchObject([{ servers: 3, replies: 1, reason: 'enough' }]);
    expect(servers[0]?.take('callOver')).toMatchObject([{ reason: 'enough' }]);
    servers[2]?.reply(calls[2], 'slow');
    expect(asker.take('replied')).toHaveLength(1);
  });

  it('is over with its deadline, with what came; a server that is lost counts as an error', async () => {
    const { asker, server, greeted, time } = await world();
    const lost = greeted();
    server.serve({ topic: 'price/+', group: 'a' });
    lost.serve({ topic: 'price/+', group: 'b' });
    asker.askFor(1, 'price/x', 1, { many: 0, timeoutMs: 300 });
    leave(lost, asker);
    expect(asker.take('replied')).toMatchObject([{ kind: 'error', error: { code: 'server_lost' } }]);
    time.advance(400);
    expect(asker.take('repliesOver')).toMatchObject([{ servers: 2, replies: 1, reason: 'deadline' }]);
    expect(server.take('callOver')).toMatchObject([{ reason: 'deadline' }]);
  });
});

describe('a reply in parts', () => {
  it('comes as far as parts are wanted, and ends', async () => {
    const { asker, server } = await world();
    server.serve({ topic: 'tail/+' });
    asker.askFor(1, 'tail/a', 1, { parts: 2 });
    const [call] = callsOf(server);
    expect(call).toMatchObject({ parts: 2 });
    server.reply(call?.call, 'one', 'part');
    server.reply(call?.call, 'two', 'part');
    asker.wantParts(1, 1);
    expect(server.take('wantedParts')).toMatchObject([{ call: call?.call, parts: 1 }]);
    server.reply(call?.call, 'three', 'part');
    server.reply(call?.call, undefined, 'end');
    expect(asker.take('replied').map(({ kind, data }) => data ?? kind)).toEqual(['one', 'two', 'three', 'end']);
  });

  it('is refused where it was not asked for, and where more come than are wanted', async () => {
    const { asker, server } = await world();
    server.serve({ topic: 'tail/+' });
    asker.askFor(1, 'tail/a', 1);
    asker.askFor(2, 'tail/a', 1, { parts: 1 });
    const [one, two] = callsOf(server);
    server.reply(one?.call, 'part', 'part');
    server.reply(two?.call, 'part', 'part');
    server.reply(two?.call, 'part', 'part');
    expect(asker.take('refused')).toMatchObject([
      { ref: 1, code: 'reply_streamed' },
      { ref: 2, code: 'reply_overrun' },
    ]);
    expect(server.take('callOver')).toMatchObject([{ reason: 'refused' }, { reason: 'refused' }]);
  });
});

describe('bounds of requests', () => {
  it('keeps to so many of a connection', async () => {
    const { asker, server } = await world({ requestsPerConnectionMax: 2 });
    server.serve({ topic: 'work/+' });
    for (let ref = 1; ref <= 3; ref++) asker.askFor(ref, 'work/a', ref);
    expect(asker.take('refused')).toMatchObject([{ ref: 3, code: 'request_limit' }]);
  });

  it('refuses what makes no sense, and goes on', async () => {
    const { asker, server } = await world();
    server.serve({ topic: 'work/+' });
    asker.askFor(1, 'work/a', 1, { many: 0, parts: 1 });
    asker.askFor(2, 'work/a', 1, { many: 0, id: 'k' });
    asker.askFor(3, 'work/a', 1, { timeoutMs: 0 });
    asker.askFor(4, 'work/+', 1);
    asker.askFor(5, 'work/a', 'x'.repeat(300_000));
    expect(asker.take('refused').map(({ code }) => code)).toEqual([
      'frame_malformed',
      'frame_malformed',
      'frame_malformed',
      'topic_invalid',
      'event_too_large',
    ]);
    server.reply(12_345, 'to nobody');
    expect(server.take('callOver')).toMatchObject([{ call: 12_345, reason: 'late' }]);
  });

  it('refuses a reply that is too large, to its asker', async () => {
    const { asker, server } = await world();
    server.serve({ topic: 'work/+' });
    asker.askFor(1, 'work/a', 1);
    server.reply(callOf(server), 'x'.repeat(300_000));
    expect(asker.take('refused')).toMatchObject([{ ref: 1, code: 'reply_too_large' }]);
  });

  it('tells what is wrong with the filter of a server', async () => {
    const { server } = await world();
    expect(server.request('serve', { topic: 'a/#/b' })).toMatchObject({
      kind: 'refused',
      code: 'topic_filter_invalid',
    });
    expect(server.request('serve', { topic: 'a', when: 'x >' })).toMatchObject({
      kind: 'refused',
      code: 'predicate_syntax',
      offset: expect.any(Number),
    });
    expect(server.request('unserve', { server: 4 })).toMatchObject({ kind: 'refused', code: 'server_unknown' });
  });
});
