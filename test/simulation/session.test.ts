import { describe, expect, it } from 'vitest';
import { writeClientRecord } from '../../broker/protocol/index.ts';
import { simulatedBroker } from '../support/simulated-broker.ts';

const SECOND = 1_000;

describe('a session', () => {
  it('begins with hello, and anything before it is refused', async () => {
    const { connect } = await simulatedBroker();
    const peer = connect();
    expect(peer.request('subscribe', { topic: '#' })).toMatchObject({ kind: 'refused', code: 'frame_unexpected' });
    const { session, limits } = peer.hello();
    expect(session.resumed).toBe(false);
    expect(limits.eventBytes).toBe(262_144);
    expect(peer.request('hello', { client: 'again' })).toMatchObject({ kind: 'refused', code: 'frame_unexpected' });
    peer.subscribe({ topic: '#' });
  });

  it('may ask for several things in one message, each answered by itself, in order', async () => {
    const { greeted, time } = await simulatedBroker();
    const peer = greeted();
    const texts: string[] = [];
    const { handler } = peer.peer;
    peer.peer.handler = { ...handler, onText: (text) => texts.push(text) };
    peer.peer.sendText(
      JSON.stringify([
        { kind: 'subscribe', ref: 11, topic: 'a' },
        { kind: 'subscribe', ref: 12, topic: 'a/#/b' },
        { kind: 'nothing', ref: 13 },
        7,
        { kind: 'subscribe', ref: 14, topic: 'b', when: 'x = 1' },
      ]),
    );
    time.settle();
    expect(texts).toHaveLength(1);
    expect(JSON.parse(texts[0] ?? '')).toMatchObject([
      { kind: 'subscribed', ref: 11 },
      { kind: 'refused', ref: 12, code: 'topic_filter_invalid' },
      { kind: 'refused', ref: 13, code: 'frame_unknown' },
      { kind: 'refused', ref: 0, code: 'frame_malformed' },
      { kind: 'subscribed', ref: 14 },
    ]);
  });

  it('is closed when nobody says hello in time', async () => {
    const { connect, time } = await simulatedBroker();
    const [silent, greeted] = [connect(), connect()];
    greeted.hello();
    time.advance(11 * SECOND);
    expect(silent.closed?.code).toBe(4408);
    expect(greeted.closed).toBeUndefined();
  });

  it('ends with its connection, and its subscriptions with it', async () => {
    const { greeted, time, metric } = await simulatedBroker();
    const [peer, publisher] = [greeted(), greeted()];
    peer.subscribe({ topic: '#' });
    peer.peer.vanish();
    time.settle();
    publisher.publish({ topic: 'a', data: 1 });
    expect(publisher.take('receipt')).toMatchObject([{ matched: 0 }]);
    expect(await metric('tellwhen_sessions{state="detached"}')).toBe(0);
  });

  it('waits for its client while a lease runs: events are kept, and come after the resumption', async () => {
    const { greeted, connect, time } = await simulatedBroker();
    const publisher = greeted();
    const peer = connect();
    const { session } = peer.hello();
    const { subscription, leaseMs } = peer.subscribe({ topic: '#', leaseMs: 10 * SECOND });
    expect(leaseMs).toBe(10 * SECOND);
    peer.subscribe({ topic: '#' });
    time.advance(60 * SECOND);
    peer.peer.vanish();
    time.settle();
    publisher.publish({ topic: 'a', data: 1 }, { topic: 'a', data: 2 });
    expect(publisher.take('receipt').map(({ matched }) => matched)).toEqual([1, 1]);
    time.advance(9 * SECOND);

    const again = connect();
    const welcome = again.hello(session);
    expect(welcome.session.resumed).toBe(true);
    expect(welcome.subscriptions).toEqual([subscription]);
    expect(again.take('event').map(({ data }) => data)).toEqual([1, 2]);
    time.advance(60 * SECOND);
    publisher.publish({ topic: 'a', data: 3 });
    expect(again.take('event')).toHaveLength(1);
  });

  it('is over when its last lease is, and then cannot be resumed', async () => {
    const { greeted, connect, time, metric } = await simulatedBroker();
    const publisher = greeted();
    const peer = connect();
    const { session } = peer.hello();
    peer.subscribe({ topic: '#', leaseMs: 10 * SECOND });
    peer.peer.vanish();
    time.advance(10 * SECOND + 200);
    publisher.publish({ topic: 'a', data: 1 });
    expect(publisher.take('receipt')).toMatchObject([{ matched: 0 }]);
    expect(connect().hello(session).session.resumed).toBe(false);
    expect(await metric('tellwhen_leases_allocated')).toBe(0);
  });

  it('is resumed only with its key', async () => {
    const { connect, time } = await simulatedBroker();
    const peer = connect();
    const { session } = peer.hello();
    peer.subscribe({ topic: '#', leaseMs: 10 * SECOND });
    peer.peer.vanish();
    time.settle();
    expect(connect().hello({ id: session.id, key: 'wrong' }).session.resumed).toBe(false);
    expect(connect().hello(session).session.resumed).toBe(true);
  });

  it('passes to the connection that resumes it, and the one before is told', async () => {
    const { connect } = await simulatedBroker();
    const [first, second] = [connect(), connect()];
    const { session } = first.hello();
    first.subscribe({ topic: '#', leaseMs: 10 * SECOND });
    expect(second.hello(session).session.resumed).toBe(true);
    expect(first.closed).toEqual({ code: 4409, reason: 'session_taken_over' });
    second.publish({ topic: 'a', data: 1 });
    expect(second.take('event')).toHaveLength(1);
    expect(first.take('event')).toHaveLength(0);
  });

  it('gives back what a lost connection had, unacknowledged, with the next attempt', async () => {
    const { greeted, connect, time } = await simulatedBroker();
    const publisher = greeted();
    const peer = connect();
    const { session } = peer.hello();
    peer.subscribe({ topic: '#', ack: 'explicit', leaseMs: 60 * SECOND });
    const pull = peer.subscribe({ topic: '#', mode: 'pull', leaseMs: 60 * SECOND }).subscription;
    publisher.publish({ topic: 'a', data: 1 }, { topic: 'a', data: 2 });
    peer.fetch(pull, 1);
    const [event] = peer.take('event');
    peer.peer.vanish();
    time.settle();

    const again = connect();
    again.hello(session);
    expect(again.take('event').map(({ seq, attempt }) => [seq, attempt])).toEqual([
      [1, 2],
      [2, 2],
    ]);
    expect(again.take('notice').map(({ seq, attempt }) => [seq, attempt])).toEqual([
      [1, 1],
      [2, 0],
    ]);
    again.ack(event?.['lease'] as { id: number; token: number });
    expect(again.take('refused')).toMatchObject([{ code: 'lease_superseded' }]);
  });

  it('a renewed lease counts from the end of the connection', async () => {
    const { connect, time } = await simulatedBroker();
    const peer = connect();
    const { session } = peer.hello();
    const { subscription } = peer.subscribe({ topic: '#', leaseMs: 10 * SECOND });
    const answer = peer.request('renew', { subscription, leaseMs: 100 * SECOND });
    expect(answer).toMatchObject({ kind: 'renewed', lease: { remainingMs: 100 * SECOND } });
    time.advance(1_000 * SECOND);
    peer.peer.vanish();
    time.advance(99 * SECOND);
    expect(connect().hello(session).session.resumed).toBe(true);
  });

  it('refuses to renew what has no lease, and times out of range', async () => {
    const { greeted } = await simulatedBroker();
    const peer = greeted();
    const { subscription } = peer.subscribe({ topic: '#' });
    expect(peer.request('renew', { subscription, leaseMs: 20 * SECOND })).toMatchObject({ code: 'subscription_mode' });
    expect(peer.request('subscribe', { topic: '#', leaseMs: 1 })).toMatchObject({ code: 'lease_ttl_range' });
    peer.publish({ topic: 'a', data: 1 });
    expect(peer.take('receipt')).toMatchObject([{ matched: 1 }]);
  });

  it('ends at once with goodbye, leases or not', async () => {
    const { connect, greeted, time } = await simulatedBroker();
    const peer = connect();
    const { session } = peer.hello();
    peer.subscribe({ topic: '#', leaseMs: 60 * SECOND });
    expect(peer.request('goodbye', {})).toMatchObject({ kind: 'farewell' });
    expect(peer.request('subscribe', { topic: '#' })).toMatchObject({ code: 'frame_unexpected' });
    expect(peer.request('hello', { client: 'again' })).toMatchObject({ code: 'frame_unexpected' });
    const publisher = greeted();
    publisher.publish({ topic: 'a', data: 1 });
    expect(publisher.take('receipt')).toMatchObject([{ matched: 0 }]);
    peer.peer.close(1000, '');
    time.settle();
    expect(connect().hello(session).session.resumed).toBe(false);
  });

  it('does not keep a connection that said goodbye', async () => {
    const { greeted, time } = await simulatedBroker();
    const peer = greeted();
    time.advance(60 * SECOND);
    peer.request('goodbye', {});
    time.advance(5 * SECOND);
    expect(peer.closed).toBeUndefined();
    time.advance(6 * SECOND);
    expect(peer.closed?.code).toBe(4408);
  });

  it('counts a closed connection once, whatever came together', async () => {
    const { greeted, metric } = await simulatedBroker();
    const [peer, publisher] = [greeted(), greeted()];
    peer.subscribe({ topic: '#', creditEvents: 0, queueEvents: 1, overflow: 'disconnect' });
    publisher.publish({ topic: 'a', data: 1 });
    peer.send((to) => {
      writeClientRecord.topic(to, 0, 'a');
      writeClientRecord.publish(to, 1, 0, { data: new Uint8Array() });
      to.u8(0x7f);
    });
    const closed = ['slowConsumer', 'malformed'].map((why) =>
      metric(`tellwhen_connections_closed_total{why="${why}"}`),
    );
    expect((await Promise.all(closed)).reduce((sum, count) => sum + count, 0)).toBe(1);
  });

  it('has bounds: sessions, connections, subscriptions', async () => {
    const { connect, greeted, metric } = await simulatedBroker({
      sessionsMax: 2,
      connectionsMax: 3,
      subscriptionsPerSessionMax: 1,
    });
    const peer = greeted();
    greeted();
    expect(connect().request('hello', { client: 'third' })).toMatchObject({ kind: 'refused', code: 'session_limit' });
    expect(connect().closed?.code).toBe(4503);
    expect(await metric('tellwhen_connections_closed_total{why="full"}')).toBe(1);
    peer.subscribe({ topic: 'a' });
    expect(peer.request('subscribe', { topic: 'b' })).toMatchObject({ kind: 'refused', code: 'subscription_limit' });
  });
});

describe('shutting down', () => {
  it('tells everybody, begins nothing new, lets what is leased be acknowledged, then closes with 1001', async () => {
    const { broker, greeted, connect, time, transport } = await simulatedBroker();
    const [peer, late] = [greeted(), connect()];
    peer.subscribe({ topic: '#', ack: 'explicit' });
    peer.publish({ topic: 'a', data: 1 });
    const [event] = peer.take('event');
    expect((await transport.page('/readyz')).status).toBe(200);

    const stopped = broker.stop();
    time.advance(100);
    expect(peer.controls.at(-1)).toEqual({ kind: 'closing', drainMs: 10_000 });
    expect((await transport.page('/readyz')).status).toBe(503);
    expect((await transport.page('/livez')).status).toBe(200);
    peer.publish({ topic: 'a', data: 2 });
    expect(peer.take('refused')).toMatchObject([{ ref: 1001, code: 'broker_draining' }]);
    expect(peer.request('subscribe', { topic: 'b' })).toMatchObject({ code: 'broker_draining' });
    expect(late.request('hello', { client: 'late' })).toMatchObject({ code: 'broker_draining' });
    expect(peer.closed).toBeUndefined();
    peer.ack(event?.['lease'] as { id: number; token: number });
    expect(peer.take('settled')).toHaveLength(1);
    time.advance(100);
    await settleUntil(stopped, () => time.advance(100));
    expect(peer.closed?.code).toBe(1001);
  });

  it('does not wait longer than it said', async () => {
    const { broker, greeted, time } = await simulatedBroker({ drainMs: 3_000 });
    const peer = greeted();
    peer.subscribe({ topic: '#', ack: 'explicit' });
    peer.publish({ topic: 'a', data: 1 });
    const stopped = broker.stop();
    time.advance(2_900);
    expect(peer.closed).toBeUndefined();
    time.advance(200);
    await settleUntil(stopped, () => time.advance(100));
    expect(peer.closed?.code).toBe(1001);
  });
});

/** Moves the clock until a promise is settled that waits for it. */
async function settleUntil(promise: Promise<void>, step: () => void): Promise<void> {
  let settled = false;
  void promise.then(() => {
    settled = true;
  });
  for (let i = 0; i < 100 && !settled; i++) {
    step();
    await Promise.resolve();
    await Promise.resolve();
  }
  expect(settled).toBe(true);
}
