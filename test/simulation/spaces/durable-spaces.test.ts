import { describe, expect, it } from 'vitest';
import { DurableBroker } from '../../support/durable-broker.ts';
import { ANY, SpacePeer } from '../../support/space-peer.ts';

const SECOND = 1_000;
/** Until what was there before a restart can be found. */
const REST_MS = 5 * SECOND + 400;

async function world() {
  const durable = await DurableBroker.start();
  const join = (options: { source?: string } = {}) =>
    new SpacePeer(durable.greeted(), 'jobs', { durable: true, ...options });
  return { durable, join, one: join(), other: join() };
}

function valuesOf(peer: SpacePeer): unknown[] {
  return peer.values(peer.find({ many: { max: 1_000, after: 0 } }));
}

describe('a durable space', () => {
  it('answers an out, and lets others find it, when it is on disk', async () => {
    const { durable, one, other } = await world();
    durable.store.hold();
    const ref = one.out(['x']);
    const waiting = other.in({ is: ['x'] });
    expect(one.answer(ref)).toBeUndefined();
    expect(other.answer(waiting)).toBeUndefined();
    durable.store.letGo();
    durable.time.settle();
    expect(one.answer(ref)).toMatchObject({ record: 'written', durable: true });
    expect(other.value(waiting)).toEqual(['x']);
  });

  it('answers a commit when it is on disk', async () => {
    const { durable, one, other } = await world();
    one.out(['x']);
    const lease = other.lease(other.inp({}));
    durable.store.hold();
    const committed = other.commit(lease);
    const again = other.commit(lease);
    expect([other.answer(committed), other.answer(again)]).toEqual([undefined, undefined]);
    durable.store.letGo();
    durable.time.settle();
    expect(other.answer(committed)).toMatchObject({ record: 'settled' });
    expect(other.answer(again)).toMatchObject({ record: 'settled' });
  });

  it('hands out for good only what is off the disk', async () => {
    const { durable, one, other } = await world();
    one.out(['x']);
    durable.store.hold();
    const ref = other.inp({ final: true });
    expect(other.answer(ref)).toBeUndefined();
    durable.store.letGo();
    durable.time.settle();
    expect(other.value(ref)).toEqual(['x']);
  });

  it('has after a crash what was put and not committed to be taken, in its order, 5 s later', async () => {
    const { durable, join, one, other } = await world();
    for (let i = 0; i < 5; i++) one.out([i]);
    other.commit(other.lease(other.inp({ is: [1] })));
    const taken = other.lease(other.inp({ is: [2] }));
    await durable.restart();
    const after = join();
    expect(after.opened).toMatchObject({ created: false, tuples: 4 });
    expect(valuesOf(after)).toEqual([]);
    const waiting = after.in({ is: [0] });
    expect(after.why(after.commit(taken))).toBe('lease_unknown');
    after.out(['new']);
    expect(valuesOf(after)).toEqual([['new']]);
    durable.time.advance(REST_MS);
    expect(after.value(waiting)).toEqual([0]);
    expect(valuesOf(after)).toEqual([[2], [3], [4], ['new']]);
  });

  it('commits what a transaction has put and taken as one', async () => {
    const { durable, join, one } = await world();
    one.out(['from']);
    const transaction = one.begin();
    one.inp({ is: ['from'], transaction: transaction.id });
    one.out(['to'], { transaction: transaction.id });
    durable.store.hold();
    one.commit(transaction);
    await durable.restart();
    durable.time.advance(REST_MS);
    expect(valuesOf(join())).toEqual([['from']]);
    const again = join();
    const second = again.begin();
    again.inp({ is: ['from'], transaction: second.id });
    again.out(['to'], { transaction: second.id });
    again.commit(second);
    await durable.restart();
    durable.time.advance(REST_MS);
    expect(valuesOf(join())).toEqual([['to']]);
  });

  it('goes on with leases where they were, with 30 s at least', async () => {
    const { durable, join, one } = await world();
    one.out(['short'], { leaseMs: 10 * SECOND });
    const long = one.out(['long'], { leaseMs: 60 * SECOND });
    one.renew(one.tupleOf(long), 100 * SECOND);
    await durable.restart();
    const after = join();
    durable.time.advance(29 * SECOND);
    expect(valuesOf(after)).toEqual([['short'], ['long']]);
    durable.time.advance(2 * SECOND);
    expect(valuesOf(after)).toEqual([['long']]);
    durable.time.advance(67 * SECOND);
    expect(valuesOf(after)).toEqual([['long']]);
    durable.time.advance(3 * SECOND);
    expect(valuesOf(after)).toEqual([]);
    await durable.restart();
    expect(join().opened).toMatchObject({ tuples: 0 });
  });

  it('knows after a restart what was put, by its id', async () => {
    const { durable, join } = await world();
    const before = join({ source: 'laptop' });
    const ref = before.out(['x'], { id: 1 });
    durable.store.hold();
    before.out(['lost'], { id: 2 });
    await durable.restart();
    const after = join({ source: 'laptop' });
    const again = after.out(['x'], { id: 1 });
    expect(after.answer(again)).toMatchObject({ repeated: true, durable: true, tuple: before.tupleOf(ref) });
    expect(after.answer(after.out(['lost'], { id: 2 }))).toMatchObject({ repeated: false });
    durable.time.advance(REST_MS);
    expect(valuesOf(after)).toEqual([['x'], ['lost']]);
  });

  it('is gone for good when it is removed, and its name is free', async () => {
    const { durable, join, one } = await world();
    for (let i = 0; i < 1_500; i++) one.out([i]);
    one.peer.request('removeSpace', { space: 'jobs' });
    durable.time.advance(SECOND);
    const anew = join();
    anew.out(['anew']);
    await durable.restart();
    durable.time.advance(REST_MS);
    expect(valuesOf(join())).toEqual([['anew']]);
  });

  it('is whole when it is removed and the broker dies at once', async () => {
    const { durable, join, one } = await world();
    for (let i = 0; i < 10; i++) one.out([i]);
    one.peer.request('removeSpace', { space: 'jobs' });
    await durable.restart();
    expect(join().opened).toMatchObject({ created: true, tuples: 0 });
  });

  it('gives a restart numbers above all that were used', async () => {
    const { durable, join, one } = await world();
    const last = one.tupleOf(one.out(['x']));
    await durable.restart();
    const after = join();
    expect(after.tupleOf(after.out(['y']))).toBeGreaterThan(last);
  });

  it('refuses what would be stored while the disk has no room, and lets tuples be taken', async () => {
    const { durable, one, other } = await world();
    one.out(['x']);
    durable.store.diskFreeBytes = 1_000_000;
    durable.time.advance(2 * SECOND);
    expect(one.why(one.out(['y']))).toBe('store_full');
    const taken = other.inp({ is: [ANY] });
    expect(other.answer(other.commit(other.lease(taken)))).toMatchObject({ record: 'settled' });
  });
});

describe('a space in memory', () => {
  it('writes nothing to the disk, and is forgotten', async () => {
    const { durable } = await world();
    const peer = new SpacePeer(durable.greeted(), 'scratch');
    durable.store.hold();
    const ref = peer.out(['x']);
    expect(peer.answer(ref)).toMatchObject({ durable: false });
    durable.store.letGo();
    await durable.restart();
    expect(new SpacePeer(durable.greeted(), 'scratch').opened).toMatchObject({ created: true });
  });
});
