import { describe, expect, it } from 'vitest';
import { simulatedBroker } from '../../support/simulated-broker.ts';
import { ANY, SpacePeer } from '../../support/space-peer.ts';

const SECOND = 1_000;

async function world(...config: Parameters<typeof simulatedBroker>) {
  const simulated = await simulatedBroker(...config);
  const join = (space = 'blog') => new SpacePeer(simulated.greeted(), space);
  return { ...simulated, join, alice: join(), bob: join() };
}

describe('a space', () => {
  it('keeps a tuple until somebody takes it', async () => {
    const { alice, bob } = await world();
    const post = ['alice', 'distsys', 'I think chapter 2 is simpler than chapter 1'];
    const ref = alice.out(post);
    expect(alice.answer(ref)).toMatchObject({ record: 'written', remainingMs: 3_600_000, durable: false });
    expect(bob.value(bob.rdp({ is: [ANY, 'distsys', ANY] }))).toEqual(post);
    expect(bob.value(bob.rdp({ when: "$1 = 'distsys' AND contains($2, 'simpler')" }))).toEqual(post);
    const taken = bob.inp({ is: ['alice', ANY, { '?': 'string' }] });
    expect(bob.value(taken)).toEqual(post);
    expect(bob.lease(taken).remainingMs).toBeGreaterThan(26 * SECOND);
    expect(alice.why(alice.rdp({ is: [ANY, 'distsys', ANY] }))).toBe('none');
    const committed = bob.commit(bob.lease(taken));
    expect(bob.answer(committed)).toMatchObject({ record: 'settled', remainingMs: 0 });
    expect(alice.why(alice.rdp({}))).toBe('none');
  });

  it('hands tuples out in the order in which they were put', async () => {
    const { alice, bob } = await world();
    for (let i = 0; i < 100; i++) alice.out(['job', i]);
    const got = Array.from({ length: 100 }, () => bob.value(bob.inp({ is: ['job', ANY], final: true })));
    expect(got).toEqual(Array.from({ length: 100 }, (_, i) => ['job', i]));
  });

  it('puts back at its old place what is aborted', async () => {
    const { alice, bob } = await world();
    for (let i = 0; i < 3; i++) alice.out([i]);
    const first = bob.inp({ is: [ANY] });
    const second = bob.inp({ is: [ANY] });
    expect([bob.value(first), bob.value(second)]).toEqual([[0], [1]]);
    bob.abort(bob.lease(second));
    bob.abort(bob.lease(first));
    const values = Array.from({ length: 3 }, () => alice.value(alice.inp({ is: [ANY] })));
    expect(values).toEqual([[0], [1], [2]]);
  });

  it('puts back what the lease of a take, or its connection, ends', async () => {
    const { alice, bob, join, time } = await world();
    alice.out(['task']);
    const ref = bob.inp({ is: ['task'], leaseMs: 5 * SECOND });
    expect(bob.value(ref)).toEqual(['task']);
    time.advance(5 * SECOND - 1);
    expect(alice.why(alice.rdp({}))).toBe('none');
    time.advance(202);
    expect(alice.value(alice.rdp({}))).toEqual(['task']);
    expect(bob.why(bob.commit(bob.lease(ref)))).toBe('lease_expired');
    const carol = join();
    const waiting = alice.in({ is: ['task'] });
    expect(alice.value(waiting)).toEqual(['task']);
    alice.peer.peer.close(1000, 'done');
    time.settle();
    expect(carol.value(carol.rdp({}))).toEqual(['task']);
  });

  it('serves all who read, then the one who takes that has waited longest', async () => {
    const { alice, join } = await world();
    const takers = [join(), join(), join()];
    const readers = [join(), join()];
    const takes = takers.map((taker, i) => taker.in(i === 1 ? { when: "$0 = 'x'" } : { is: ['x', ANY] }));
    const reads = readers.map((reader) => reader.rd({ is: ['x', ANY] }));
    alice.out(['x', 1]);
    expect(readers.map((reader, i) => reader.value(reads[i] ?? 0))).toEqual([
      ['x', 1],
      ['x', 1],
    ]);
    expect(takers.map((taker, i) => taker.value(takes[i] ?? 0))).toEqual([['x', 1], undefined, undefined]);
    alice.out(['x', 2]);
    alice.out(['y', 2]);
    expect(takers.map((taker, i) => taker.value(takes[i] ?? 0))).toEqual([['x', 1], ['x', 2], undefined]);
  });

  it('skips who has given up, vanished, or waited long enough, and loses nothing', async () => {
    const { alice, join, time } = await world();
    const [one, two, three, four] = [join(), join(), join(), join()];
    const cancelled = one.in({ is: ['x'] });
    two.in({ is: ['x'] });
    const late = three.in({ is: ['x'], waitMs: 2 * SECOND });
    const patient = four.in({ is: ['x'] });
    one.cancel(cancelled);
    expect(one.why(cancelled)).toBe('cancelled');
    two.peer.peer.close(1000, 'done');
    time.advance(2 * SECOND + 200);
    expect(three.why(late)).toBe('deadline');
    alice.out(['x']);
    expect(four.value(patient)).toEqual(['x']);
    expect(alice.why(alice.rdp({}))).toBe('none');
  });

  it('ends a tuple with its lease, never early, unless it is renewed', async () => {
    const { alice, bob, time, metric } = await world();
    const ref = alice.out(['short'], { leaseMs: 2 * SECOND });
    const kept = alice.out(['kept'], { leaseMs: 2 * SECOND });
    time.advance(SECOND);
    expect(alice.answer(alice.renew(alice.tupleOf(kept), 10 * SECOND))).toMatchObject({ remainingMs: 10 * SECOND });
    time.advance(SECOND - 1);
    expect(bob.value(bob.rdp({ is: ['short'] }))).toEqual(['short']);
    time.advance(202);
    expect(bob.why(bob.rdp({ is: ['short'] }))).toBe('none');
    expect(bob.value(bob.rdp({ is: ['kept'] }))).toEqual(['kept']);
    expect(alice.why(alice.renew(alice.tupleOf(ref), SECOND))).toBe('tuple_gone');
    alice.renew(alice.tupleOf(kept), 0);
    expect(bob.why(bob.rdp({}))).toBe('none');
    expect(await metric('tellwhen_space_tuples')).toBe(0);
  });

  it('finds many in parts', async () => {
    const { alice, bob } = await world();
    for (let i = 0; i < 25; i++) alice.out([i % 2 === 0 ? 'even' : 'odd', i]);
    const first = bob.find({ is: ['even', ANY], many: { max: 10, after: 0 } });
    expect(bob.values(first)).toHaveLength(10);
    const rest = bob.find({ is: ['even', ANY], many: { max: 10, after: bob.answer(first)?.['next'] as number } });
    expect(bob.values(rest)).toEqual([20, 22, 24].map((i) => ['even', i]));
    expect(bob.answer(rest)).toMatchObject({ next: 0 });
    const all = bob.find({ is: ['odd', ANY], take: true, many: { max: 1_000, after: 0 } });
    expect(bob.values(all)).toHaveLength(12);
    bob.abort(bob.lease(all));
    expect(bob.peer.request('countTuples', { space: 'blog', template: {} })).toMatchObject({ count: 25 });
  });

  it('takes objects by their fields', async () => {
    const { alice, bob } = await world();
    alice.out({ kind: 'task', priority: 3, need: { cpu: 2, tags: ['gpu'] } });
    expect(bob.why(bob.rdp({ is: { kind: 'task', priority: { '?': 'string' } } }))).toBe('none');
    expect(bob.why(bob.rdp({ is: { constructor: ANY } }))).toBe('none');
    expect(bob.why(bob.rdp({ is: [ANY] }))).toBe('none');
    const found = bob.rdp({ is: { need: { tags: ['gpu'] } }, when: 'priority > 2 AND need.cpu >= 2' });
    expect(bob.value(found)).toMatchObject({ kind: 'task' });
  });

  it('answers an out that is said again as the first one', async () => {
    const { greeted, bob } = await world();
    const one = new SpacePeer(greeted(), 'blog', { source: 'laptop' });
    const first = one.out(['x'], { id: 1 });
    one.out(['y'], { id: 2 });
    const again = new SpacePeer(greeted(), 'blog', { source: 'laptop' });
    const ref = again.out(['x'], { id: 1 });
    expect(again.answer(ref)).toMatchObject({ tuple: one.tupleOf(first), repeated: true });
    expect(bob.peer.request('countTuples', { space: 'blog', template: {} })).toMatchObject({ count: 2 });
    expect(again.answer(again.out(['z'], { id: 3 }))).toMatchObject({ repeated: false });
  });

  it('says once more that a take is committed', async () => {
    const { alice, bob } = await world();
    alice.out(['x']);
    const lease = bob.lease(bob.inp({}));
    bob.commit(lease);
    expect(alice.answer(alice.commit(lease))).toMatchObject({ record: 'settled' });
  });

  it('refuses with a code what cannot be', async () => {
    const { alice, greeted } = await world({ spaceTuplesMax: 2, spaceWaitersPerConnectionMax: 1, spacesMax: 1 });
    expect(alice.why(alice.out('7'))).toBe('tuple_invalid');
    expect(alice.why(alice.out('[1'))).toBe('tuple_invalid');
    expect(alice.why(alice.out('['.repeat(40) + ']'.repeat(40)))).toBe('tuple_invalid');
    expect(alice.why(alice.out([1], { leaseMs: 1 }))).toBe('lease_ttl_range');
    expect(alice.why(alice.out([1], { transaction: 7 }))).toBe('transaction_unknown');
    expect(alice.why(alice.out([1], { id: 1 }))).toBe('frame_malformed');
    alice.out([1]);
    alice.out([2]);
    expect(alice.why(alice.out([3]))).toBe('space_full');
    expect(alice.why(alice.rdp({ is: 7 }))).toBe('template_invalid');
    expect(alice.why(alice.rdp({ is: [{ '?': 'text' }] }))).toBe('template_invalid');
    expect(alice.why(alice.rdp({ when: '$0 = ' }))).toBe('predicate_syntax');
    alice.in({ is: ['never'] });
    expect(alice.why(alice.in({ is: ['never'] }))).toBe('waiter_limit');
    const answer = (fields: { space: string; durable?: boolean }) => greeted().request('openSpace', fields);
    expect(answer({ space: 'other' })).toMatchObject({ code: 'space_limit' });
    expect(answer({ space: 'a/b' })).toMatchObject({ code: 'space_name_invalid' });
    expect(answer({ space: 'blog', durable: true })).toMatchObject({ code: 'space_differs' });
    expect(answer({ space: 'new', durable: true })).toMatchObject({ code: 'not_durable' });
  });

  it('makes room for another that is empty and that nobody has opened', async () => {
    const { greeted, alice, bob } = await world({ spacesMax: 2 });
    const brief = new SpacePeer(greeted(), 'brief');
    const open = () => greeted().request('openSpace', { space: 'another' });
    expect(open()).toMatchObject({ code: 'space_limit' });
    brief.peer.peer.close(1000, 'done');
    expect(open()).toMatchObject({ kind: 'spaceOpened' });
    alice.out([1]);
    expect(bob.value(bob.rdp({}))).toEqual([1]);
  });

  it('shares one bound of memory with the others', async () => {
    const { alice, join, metric } = await world({
      spacesBytesMax: 300_000,
      eventBytesMax: 100_000,
      queueBytesDefault: 200_000,
      mailboxBytesDefault: 200_000,
    });
    const other = join('other');
    const long = 'x'.repeat(90_000);
    for (let i = 0; i < 3; i++) alice.out([long]);
    expect(other.why(other.out([long]))).toBe('space_full');
    alice.peer.request('removeSpace', { space: 'blog' });
    expect(other.answer(other.out([long]))).toMatchObject({ record: 'written' });
    other.inp({ final: true });
    expect(await metric('tellwhen_space_memory_bytes')).toBe(0);
  });

  it('is removed with its tuples and those who wait', async () => {
    const { alice, bob } = await world();
    alice.out([1]);
    const waiting = bob.in({ is: ['never'] });
    expect(alice.peer.request('removeSpace', { space: 'blog' })).toMatchObject({ kind: 'spaceRemoved', tuples: 1 });
    expect(bob.why(waiting)).toBe('space_unknown');
    expect(bob.why(bob.out([2]))).toBe('space_unknown');
  });

  it('tells who watches of each tuple that comes', async () => {
    const { alice, bob } = await world();
    bob.peer.subscribe({ topic: '$space/blog/+', when: "$1 = 'distsys'" });
    alice.out(['alice', 'distsys', 'hello']);
    alice.out(['alice', 'gtcn', 'hello']);
    expect(bob.peer.take('event')).toMatchObject([{ topic: '$space/blog/3', data: ['alice', 'distsys', 'hello'] }]);
    bob.peer.publish({ topic: '$space/blog/3', data: [1, 2, 3] });
    expect(bob.peer.take('refused')).toMatchObject([{ code: 'topic_invalid' }]);
    expect(bob.peer.request('subscribe', { topic: 'blog', when: '$1 = 2' })).toMatchObject({
      code: 'predicate_unsupported',
      offset: 0,
    });
  });

  it('explains why nothing fits', async () => {
    const { alice } = await world();
    alice.out(['task', 3]);
    const answer = alice.peer.request('explainTemplate', {
      space: 'blog',
      template: { is: ['task', { '?': 'string' }] },
    });
    expect(answer).toMatchObject({
      kind: 'templateExplained',
      looked: 1,
      nearest: [{ text: '$1 is 3, and a string is wanted' }],
    });
  });
});
