import { describe, expect, it } from 'vitest';
import { simulatedBroker } from '../../support/simulated-broker.ts';
import { ANY, SpacePeer } from '../../support/space-peer.ts';

const SECOND = 1_000;

/** What others see of a transaction: JavaSpaces' rules (JS.2.3, JS.3), one test each. */
async function world() {
  const simulated = await simulatedBroker();
  const join = () => new SpacePeer(simulated.greeted(), 'bank');
  const [inside, outside] = [join(), join()];
  return { ...simulated, join, inside, outside, lease: inside.begin(), count: () => countOf(outside) };
}

function countOf(peer: SpacePeer): unknown {
  return (peer.peer.request('countTuples', { space: 'bank', template: {} }) as { count?: number }).count;
}

describe('a transaction', () => {
  it('alone sees what it puts, until it commits', async () => {
    const { inside, outside, lease } = await world();
    const transaction = lease.id;
    const waiting = outside.in({ is: ['x'] });
    expect(inside.answer(inside.out(['x'], { transaction }))).toMatchObject({ remainingMs: 0 });
    expect(inside.value(inside.rdp({ is: ['x'], transaction }))).toEqual(['x']);
    expect(inside.why(inside.rdp({ is: ['x'] }))).toBe('none');
    expect(outside.answer(waiting)).toBeUndefined();
    expect(inside.answer(inside.commit(lease))).toMatchObject({ record: 'settled' });
    expect(outside.value(waiting)).toEqual(['x']);
  });

  it('leaves nothing behind when it aborts', async () => {
    const { inside, outside, lease, count } = await world();
    outside.out(['there']);
    const transaction = lease.id;
    inside.out(['x'], { transaction });
    expect(inside.value(inside.inp({ is: ['there'], transaction }))).toEqual(['there']);
    expect(count()).toBe(0);
    inside.abort(lease);
    expect(count()).toBe(1);
    expect(inside.why(inside.out(['y'], { transaction }))).toBe('transaction_unknown');
    expect(inside.why(inside.commit(lease))).toBe('lease_settled');
  });

  it('hides what it takes, and keeps others from taking what it reads', async () => {
    const { inside, outside, lease } = await world();
    outside.out(['read']);
    outside.out(['taken']);
    const transaction = lease.id;
    expect(inside.value(inside.rdp({ is: ['read'], transaction }))).toEqual(['read']);
    const taken = inside.inp({ is: ['taken'], transaction });
    expect(inside.lease(taken)).toBeUndefined();
    expect(outside.why(outside.rdp({ is: ['taken'] }))).toBe('none');
    expect(outside.value(outside.rdp({ is: ['read'] }))).toEqual(['read']);
    expect(outside.why(outside.inp({ is: ['read'] }))).toBe('none');
    const waiting = outside.in({ is: ['read'] });
    expect(outside.answer(waiting)).toBeUndefined();
    inside.commit(lease);
    expect(outside.value(waiting)).toEqual(['read']);
    expect(outside.why(outside.rdp({ is: ['taken'] }))).toBe('none');
  });

  it('may take what only it has read', async () => {
    const { inside, join, lease } = await world();
    inside.out(['x']);
    const transaction = lease.id;
    inside.rdp({ is: ['x'], transaction });
    const other = join();
    const second = other.begin();
    other.rdp({ is: ['x'], transaction: second.id });
    expect(inside.why(inside.inp({ is: ['x'], transaction }))).toBe('none');
    const waiting = inside.in({ is: ['x'], transaction });
    other.abort(second);
    expect(inside.value(waiting)).toEqual(['x']);
  });

  it('takes what it has put itself', async () => {
    const { inside, lease, count } = await world();
    const transaction = lease.id;
    const waiting = inside.in({ is: ['x'], transaction });
    inside.out(['x'], { transaction });
    expect(inside.value(waiting)).toEqual(['x']);
    inside.commit(lease);
    expect(count()).toBe(0);
  });

  it('ends as aborted with its lease, with its connection, and its finds with it', async () => {
    const { inside, outside, time, join, count } = await world();
    outside.out(['x']);
    const short = inside.begin(2 * SECOND);
    inside.inp({ is: ['x'], transaction: short.id });
    const waiting = inside.in({ is: ['never'], transaction: short.id });
    inside.out(['y'], { transaction: short.id });
    time.advance(2 * SECOND - 1);
    expect(count()).toBe(0);
    time.advance(202);
    expect(count()).toBe(1);
    expect(inside.why(waiting)).toBe('transaction_unknown');
    const other = join();
    const lost = other.begin();
    other.inp({ is: ['x'], transaction: lost.id });
    expect(count()).toBe(0);
    other.peer.peer.close(1000, 'done');
    time.settle();
    expect(count()).toBe(1);
  });

  it('begins the leases of what it has put when it commits', async () => {
    const { inside, outside, lease, time } = await world();
    inside.out(['x'], { transaction: lease.id, leaseMs: 10 * SECOND });
    time.advance(9 * SECOND);
    inside.commit(lease);
    time.advance(9 * SECOND);
    expect(outside.value(outside.rdp({}))).toEqual(['x']);
    time.advance(1_202);
    expect(outside.why(outside.rdp({}))).toBe('none');
  });

  it('ends a tuple that it has taken and whose lease ends meanwhile', async () => {
    const { inside, outside, lease, time, count } = await world();
    outside.out(['x'], { leaseMs: 2 * SECOND });
    inside.inp({ is: [ANY], transaction: lease.id });
    time.advance(3 * SECOND);
    inside.abort(lease);
    expect(count()).toBe(0);
  });

  it('is prolonged by its holder, and by nobody else', async () => {
    const { inside, outside, lease, time } = await world();
    expect(outside.why(outside.commit(lease))).toBe('lease_not_owner');
    time.advance(20 * SECOND);
    expect(inside.answer(inside.extend(lease, 60 * SECOND))).toMatchObject({ remainingMs: 60 * SECOND });
    time.advance(59 * SECOND);
    expect(inside.answer(inside.commit(lease))).toMatchObject({ record: 'settled' });
  });

  it('makes all its tuples visible together, one turn', async () => {
    const { inside, outside, lease } = await world();
    const transaction = lease.id;
    for (let i = 0; i < 5; i++) inside.out(['part', i], { transaction });
    inside.commit(lease);
    expect(outside.values(outside.find({ is: ['part', ANY], many: { max: 10, after: 0 } }))).toHaveLength(5);
  });
});
