import { describe, expect, it } from 'vitest';
import { writeClientRecord, writeSpaceRequest } from '../../../broker/protocol/index.ts';
import { rangeOf } from '../../../broker/store/keys.ts';
import { DurableBroker } from '../../support/durable-broker.ts';
import { simulatedBroker } from '../../support/simulated-broker.ts';
import { SpacePeer } from '../../support/space-peer.ts';

const HOUR = 3_600_000;

/** More than a find looks at in one turn. */
const MANY = 5_000;

async function world(config = {}) {
  const simulated = await simulatedBroker(config);
  const join = (space = 's', options = {}) => new SpacePeer(simulated.greeted(), space, options);
  return { ...simulated, join };
}

function outMany(peer: SpacePeer, count: number): void {
  peer.peer.send((to) => {
    for (let i = 0; i < count; i++) {
      writeSpaceRequest.out(to, 0, peer.number, { leaseMs: HOUR, transaction: undefined, id: undefined }, `["n${i}"]`);
    }
  });
}

function count(peer: SpacePeer): unknown {
  return (peer.peer.request('countTuples', { space: 's', template: {} }) as { count?: number }).count;
}

describe('a transaction that ends while a find of it looks through many tuples', () => {
  for (const take of [true, false]) {
    it(`${take ? 'takes' : 'reads'} nothing more`, async () => {
      const { join } = await world();
      const [one, other] = [join(), join()];
      outMany(one, MANY);
      const lease = one.begin();
      one.peer.send((to) => {
        const wish = {
          take,
          waitMs: undefined,
          transaction: lease.id,
          leaseMs: undefined,
          final: false,
          many: undefined,
        };
        writeSpaceRequest.find(to, 99, one.number, wish, JSON.stringify({ when: `$0 LIKE '%${MANY - 1}'` }));
        writeClientRecord.settle(to, 0, 'release', 0, lease.id, lease.token);
      });
      expect(one.why(99)).toBe('transaction_unknown');
      expect(count(other)).toBe(MANY);
      expect(other.value(other.inp({ is: [`n${MANY - 1}`] }))).toEqual([`n${MANY - 1}`]);
    });
  }
});

describe('a transaction over a durable space that is removed', () => {
  it('puts nothing there any more when it commits', async () => {
    const durable = await DurableBroker.start();
    const join = () => new SpacePeer(durable.greeted(), 's', { durable: true });
    const [one, other] = [join(), join()];
    const watching = durable.greeted();
    watching.subscribe({ mode: 'push', topic: '$space/#' });
    const lease = one.begin();
    one.out(['x'], { transaction: lease.id });
    other.peer.request('removeSpace', { space: 's' });
    durable.time.settle();
    expect(one.answer(one.commit(lease))).toMatchObject({ record: 'settled' });
    durable.time.settle();
    expect(watching.records).toEqual([]);
    expect([...durable.store.range({ ...rangeOf('x', []), limit: 10 })]).toEqual([]);
  });
});

describe('a connection that ends and has taken thousands', () => {
  it('gives all of them back, each to its old place', async () => {
    const { join, time } = await world();
    const [one, other] = [join(), join()];
    outMany(one, MANY);
    for (let i = 0; i < 3; i++) one.find({ take: true, many: { max: 1_000, after: 0 } });
    const lease = one.begin();
    one.find({ take: true, transaction: lease.id, many: { max: 1_000, after: 0 } });
    expect(count(other)).toBe(MANY - 4_000);
    one.peer.peer.close(1000, '');
    time.settle();
    expect(count(other)).toBe(MANY);
    for (const after of [0, 1_000, 3_000]) {
      const page = other.values(other.find({ many: { max: 1_000, after: other.opened.number + after } }));
      expect(page).toEqual(Array.from({ length: 1_000 }, (_, i) => [`n${after + i}`]));
    }
  });
});

describe('a long template', () => {
  it('is explained by few tuples, a short one by as many as were asked for', async () => {
    const { join } = await world();
    const one = join();
    outMany(one, 100);
    const toldOf = (when: string): number => {
      const answer = one.peer.request('explainTemplate', { space: 's', template: { when }, limit: 20 });
      return answer.kind === 'templateExplained' ? answer.nearest.length : 0;
    };
    expect(toldOf("$0 = 'x'")).toBe(20);
    expect(toldOf(Array.from({ length: 60 }, (_, i) => `$0 LIKE '%z${i}%'`).join(' OR '))).toBe(3);
  });
});

describe('a template with names and values that are hard to say', () => {
  const hard: readonly unknown[] = [
    { constructor: 1 },
    JSON.parse('{"__proto__": 1}'),
    { prototype: 'x' },
    { length: 3 },
    { 'a b': 1 },
    { '': 'x' },
    { this: 1 },
    { and: 1 },
    { "it's": "it's" },
    { $0: 1 },
    { $attr: 1 },
    { $topic: 'x' },
    { a: { constructor: { 'x.y': 1 } } },
    { '0': 1 },
    { NaN: 1 },
    { 'é\u0000': '\ud800' },
    ['\u0000\n'],
    [1e308],
    [-0],
    [1e-7],

    [{ b: [[{ c: 'x' }]] }],
    [true, null],
    { undefined: 1 },
    { exists: 'a' },
    { '"': '\\' },
  ];
  for (const is of hard) {
    it(`${JSON.stringify(is)} is waited for, and found`, async () => {
      const { join } = await world();
      const [one, other] = [join(), join()];
      const ref = one.in({ is });
      expect(one.answer(ref)).toBeUndefined();
      other.out(is);
      expect(one.answer(ref)).toMatchObject({ record: 'found' });
      other.out(is);
      expect(other.answer(other.rdp({ is }))).toMatchObject({ record: 'found' });
    });
  }
});

describe('a find that waits because its connection does not read', () => {
  it('is given up by cancel, and takes nothing when the connection reads again', async () => {
    const { join } = await world({ outboundSoftBytes: 1_024 });
    const [slow, other] = [join(), join()];
    other.out(['large', 'x'.repeat(20_000)]);
    slow.peer.peer.pause();
    for (let i = 0; i < 20; i++) slow.rdp({ is: ['large', { '?': 'any' }] });
    const wish = {
      take: true,
      waitMs: 0,
      transaction: undefined,
      leaseMs: undefined,
      final: true,
      many: undefined,
    };
    slow.peer.send((to) => {
      writeSpaceRequest.find(to, 900, slow.number, wish, '{"is":["wanted"]}');
      writeSpaceRequest.cancel(to, 900);
    });
    slow.peer.peer.resume();
    other.out(['wanted']);
    expect(slow.why(900)).toBe('cancelled');
    expect(count(other)).toBe(2);
  });
});
