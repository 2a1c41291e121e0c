import { describe, expect, it } from 'vitest';
import { ANY, type Space, type TellwhenError } from '../../../../client/index.ts';
import { type Connected, connected, outcome } from '../../../support/connected-client.ts';
import { turn } from '../../../support/manual-time.ts';

const lease = (id: number) => ({ id, token: id * 10, remainingMs: 30_000 });

interface Opened extends Connected {
  readonly space: Space;
}

/** A client that has put one tuple into a space, which therefore is open. */
async function opened(...options: Parameters<typeof connected>): Promise<Opened> {
  const made = await connected(...options);
  const space = made.client.space('jobs');
  const first = space.out(['first']);
  await turn();
  made.broker.peer.written(made.broker.peer.sent('out')[0]?.ref ?? 0);
  await first;
  return { ...made, space };
}

/** What it will come to: its value, or the code it is rejected with. */
function end<T>(promise: Promise<T>): Promise<T | string> {
  return promise.catch(({ code }: TellwhenError) => code);
}

async function reconnect({ broker, time }: Connected): Promise<void> {
  broker.peer.close(1006);
  await time.advance(1_000);
  await turn();
}

function last<T>(items: readonly T[]): T {
  const item = items.at(-1);
  if (item === undefined) throw new Error('there is none');
  return item;
}

describe('opening a space', () => {
  it('is asked for once, when it is first used, and by the name of its source', async () => {
    const { client, broker } = await connected();
    const space = client.space('jobs', { durable: true });
    await turn();
    expect(broker.peer.asked('openSpace')).toEqual([]);
    void space.out([1]);
    void client.space('jobs').out([2]);
    await turn();
    expect(broker.peer.asked('openSpace')).toMatchObject([
      { space: 'jobs', durable: true, source: expect.stringMatching(/^\w{32}$/) },
    ]);
    expect(broker.peer.sent('out').map(({ tuple, options }) => [tuple, options.id])).toEqual([
      [[1], 1],
      [[2], 2],
    ]);
  });

  it('that is refused refuses all who wait for it, and is tried again for who comes later', async () => {
    const { client, broker } = await connected();
    let refusing = true;
    broker.onControl = (frame, peer) => {
      if (frame.kind !== 'openSpace' || !refusing) return false;
      peer.control({ kind: 'refused', ref: frame.ref, code: 'space_limit', message: 'no more' });
      return true;
    };
    const space = client.space('jobs');
    expect(await outcome(space.out([1]))).toBe('space_limit');
    refusing = false;
    expect(await outcome(space.out([2]))).toBe('waiting');
    expect(broker.peer.sent('out')).toMatchObject([{ tuple: [2] }]);
  });

  it('is done anew after somebody has removed the space', async () => {
    const made = await opened();
    const { broker, space } = made;
    const put = space.out([2]);
    await turn();
    broker.peer.refused(last(broker.peer.sent('out')).ref, 'space_unknown');
    expect(await outcome(put)).toBe('space_unknown');
    void space.out([3]);
    await turn();
    expect(broker.peer.asked('openSpace')).toHaveLength(2);
    expect(last(broker.peer.sent('out')).tuple).toEqual([3]);
  });

  it('cannot be wished for in two ways', async () => {
    const { client } = await connected();
    client.space('jobs', { durable: true });
    client.space('jobs');
    expect(() => client.space('jobs', { durable: false })).toThrow(
      expect.objectContaining({ code: 'invalid_argument' }),
    );
  });
});

describe('out', () => {
  it('says where the tuple is, for how long, and renews and cancels it', async () => {
    const { broker, space } = await opened();
    const put = space.out({ kind: 'resize' }, { leaseMs: 5_000 });
    await turn();
    expect(last(broker.peer.sent('out'))).toMatchObject({ tuple: { kind: 'resize' }, options: { leaseMs: 5_000 } });
    broker.peer.written(last(broker.peer.sent('out')).ref, { tuple: 7, remainingMs: 5_000, durable: true });
    const tuple = await put;
    expect(tuple).toMatchObject({ tuple: 7, remainingMs: 5_000, durable: true, repeated: false });

    const renewed = tuple.renew(9_000);
    await turn();
    expect(last(broker.peer.sent('renew'))).toMatchObject({ tuple: 7, leaseMs: 9_000 });
    broker.peer.settled(last(broker.peer.sent('renew')).ref, 9_000);
    expect(await renewed).toBe(9_000);

    const cancelled = tuple.cancel();
    await turn();
    expect(last(broker.peer.sent('renew'))).toMatchObject({ tuple: 7, leaseMs: 0 });
    broker.peer.refused(last(broker.peer.sent('renew')).ref, 'tuple_gone');
    expect(await outcome(cancelled)).toBe('tuple_gone');
  });

  it('without an answer is said again on the next connection, by the same id, before what came later', async () => {
    const made = await opened();
    const { broker, space } = made;
    const lost = [space.out(['a']), space.out(['b'])];
    await turn();
    const ids = broker.peer.sent('out').map(({ options }) => options.id);
    broker.peer.close(1006);
    const later = space.out(['c']);
    await made.time.advance(1_000);
    expect(broker.peers).toHaveLength(2);
    expect(broker.peer.sent('out').map(({ tuple, options }) => [tuple, options.id])).toEqual([
      [['a'], ids[1]],
      [['b'], ids[2]],
      [['c'], 4],
    ]);
    const [a, b, c] = broker.peer.sent('out');
    broker.peer.written(a?.ref ?? 0, { tuple: 2, repeated: true });
    broker.peer.written(b?.ref ?? 0, { tuple: 3 });
    broker.peer.written(c?.ref ?? 0, { tuple: 4 });
    expect((await Promise.all([...lost, later])).map(({ tuple, repeated }) => [tuple, repeated])).toEqual([
      [2, true],
      [3, false],
      [4, false],
    ]);
  });

  it('leaves no more in doubt than the broker would know again', async () => {
    const { broker, space } = await opened();
    for (let n = 0; n < 1_500; n++) void space.out([n]);
    const waiting = space.rdp(ANY);
    await turn();
    expect(broker.peer.sent('out')).toHaveLength(1 + 1_000);
    expect(broker.peer.sent('find')).toHaveLength(0);
    for (const { ref } of broker.peer.sent('out').slice(1)) broker.peer.written(ref);
    await turn();
    expect(broker.peer.sent('out')).toHaveLength(1 + 1_500);
    // Its place in the order of the calls is kept.
    expect(last(broker.peer.order)).toBe('find');
    broker.peer.nothing(last(broker.peer.sent('find')).ref, 'none');
    expect(await waiting).toBeUndefined();
  });

  it.each([['a text'], [undefined], [17]])('refuses what is no tuple: %o', async (tuple) => {
    const { space } = await opened();
    expect(await outcome(space.out(tuple as unknown as object))).toBe('invalid_argument');
  });

  it('refuses what JSON cannot say, and what no frame can hold', async () => {
    const { space } = await opened();
    expect(await outcome(space.out([1n]))).toBe('invalid_argument');
    expect(await outcome(space.out(['x'.repeat(100_000)]))).toBe('frame_too_large');
    expect(await outcome(space.out([1], { leaseMS: 5 } as object))).toBe('invalid_argument');
  });
});

describe('rd and rdp', () => {
  it('read, waiting or not', async () => {
    const { broker, space } = await opened();
    const read = space.rd(['a', Number], { when: '$1 > 3', timeoutMs: 5_000 });
    const now = space.rdp(['b', Number]);
    await turn();
    const [waits, at] = broker.peer.sent('find');
    expect(waits?.template).toEqual({ is: ['a', { '?': 'number' }], when: '$1 > 3' });
    expect(waits?.wish).toMatchObject({ take: false, waitMs: 5_000 });
    expect(at?.wish.waitMs).toBeUndefined();
    broker.peer.found(waits?.ref ?? 0, [['a', 4]]);
    broker.peer.nothing(at?.ref ?? 0, 'none');
    expect(await read).toEqual(['a', 4]);
    expect(await now).toBeUndefined();
  });

  it('that wait are asked again on the next connection, for the time that is left', async () => {
    const made = await opened();
    const { broker, space } = made;
    const read = space.rd(['a'], { timeoutMs: 60_000 });
    const forEver = space.rd(['b']);
    await turn();
    await reconnect(made);
    const [again, still] = broker.peer.sent('find');
    expect(again?.wish.waitMs).toBeLessThanOrEqual(59_950);
    expect(still?.wish.waitMs).toBe(0);
    broker.peer.found(again?.ref ?? 0, [['a']]);
    expect(await read).toEqual(['a']);
    expect(await outcome(forEver)).toBe('waiting');
  });

  it('reject when the broker says that the time is over, and by themselves when there is no broker', async () => {
    const made = await opened();
    const { broker, space, time } = made;
    const told = space.rd(['a'], { timeoutMs: 5_000 });
    await turn();
    broker.peer.nothing(last(broker.peer.sent('find')).ref, 'deadline');
    expect(await outcome(told)).toBe('timeout');

    broker.reachable = false;
    broker.peer.close(1006);
    const alone = end(space.rd(['a'], { timeoutMs: 5_000 }));
    await time.advance(5_500);
    expect(await alone).toBe('timeout');
  });

  it('are given up by a signal, which the broker is told', async () => {
    const { broker, space } = await opened();
    const stop = new AbortController();
    const read = space.rd(['a'], { signal: stop.signal });
    await turn();
    const { ref } = last(broker.peer.sent('find'));
    stop.abort();
    expect(await outcome(read)).toBe('aborted');
    await turn();
    expect(broker.peer.sent('cancel')).toEqual([{ kind: 'cancel', ref }]);
    broker.peer.nothing(ref, 'cancelled');
    expect(await outcome(space.rd(['a'], { signal: stop.signal }))).toBe('aborted');
  });

  it('read all, page by page', async () => {
    const { broker, space } = await opened();
    const all = space.rdAll(ANY, { max: 1_500 });
    await turn();
    expect(last(broker.peer.sent('find')).wish.many).toEqual({ max: 1_000, after: 0 });
    broker.peer.found(last(broker.peer.sent('find')).ref, [[1], [2]], undefined, 2);
    await turn();
    expect(last(broker.peer.sent('find')).wish.many).toEqual({ max: 1_000, after: 2 });
    broker.peer.found(last(broker.peer.sent('find')).ref, [[3]], undefined, 0);
    expect(await all).toEqual([[1], [2], [3]]);
  });
});

describe('in and inp', () => {
  it('resolve once the broker has said that the tuple is gone', async () => {
    const { broker, space } = await opened();
    const taken = space.in(['a', Number]);
    await turn();
    broker.peer.found(last(broker.peer.sent('find')).ref, [['a', 1]], lease(5));
    await turn();
    expect(await outcome(taken)).toBe('waiting');
    const ack = last(broker.peer.sent('settle'));
    expect(ack).toMatchObject({ settlement: 'ack', lease: 5, token: 50 });
    broker.peer.settled(ack.ref);
    expect(await taken).toEqual(['a', 1]);
  });

  it('take again when the lease was over before the commit came', async () => {
    const { broker, space } = await opened();
    const taken = space.in(['a']);
    await turn();
    broker.peer.found(last(broker.peer.sent('find')).ref, [['a']], lease(5));
    await turn();
    broker.peer.refused(last(broker.peer.sent('settle')).ref, 'lease_expired');
    await turn();
    expect(broker.peer.sent('find')).toHaveLength(2);
    broker.peer.found(last(broker.peer.sent('find')).ref, [['a']], lease(6));
    await turn();
    broker.peer.settled(last(broker.peer.sent('settle')).ref);
    expect(await taken).toEqual(['a']);
  });

  it('wait on, on the next connection, when the last was lost before anything came', async () => {
    const made = await opened();
    const { broker, space } = made;
    const taken = space.in(['a']);
    const now = space.inp(['b']);
    await turn();
    await reconnect(made);
    const [waits, at] = broker.peer.sent('find');
    expect(waits?.wish).toMatchObject({ take: true, waitMs: 0 });
    broker.peer.nothing(at?.ref ?? 0, 'none');
    expect(await now).toBeUndefined();
    expect(await outcome(taken)).toBe('waiting');
  });

  it('reject when the connection is lost with the answer to the commit', async () => {
    const made = await opened();
    const { broker, space } = made;
    const taken = end(space.in(['a']));
    await turn();
    broker.peer.found(last(broker.peer.sent('find')).ref, [['a']], lease(5));
    await reconnect(made);
    expect(await taken).toBe('connection_lost');
    expect(broker.peer.sent('find')).toEqual([]);
  });

  it('that are final have no lease, and reject when the connection is lost', async () => {
    const made = await opened();
    const { broker, space } = made;
    const final = space.in(['a'], { final: true });
    await turn();
    expect(last(broker.peer.sent('find')).wish).toMatchObject({ take: true, final: true });
    broker.peer.found(last(broker.peer.sent('find')).ref, [['a']]);
    expect(await final).toEqual(['a']);
    expect(broker.peer.sent('settle')).toEqual([]);

    const doubtful = end(space.in(['a'], { final: true }));
    await turn();
    await reconnect(made);
    expect(await doubtful).toBe('connection_lost');
  });

  it('give back what comes after they were given up, unless it is gone for good', async () => {
    const { broker, space } = await opened();
    const stop = new AbortController();
    const taken = space.in(['a'], { signal: stop.signal });
    const final = space.in(['b'], { signal: stop.signal, final: true });
    await turn();
    const [a, b] = broker.peer.sent('find');
    stop.abort();
    expect(await outcome(taken)).toBe('aborted');
    expect(await outcome(final)).toBe('waiting');
    broker.peer.found(a?.ref ?? 0, [['a']], lease(5));
    broker.peer.found(b?.ref ?? 0, [['b']]);
    await turn();
    expect(broker.peer.sent('settle')).toMatchObject([{ settlement: 'release', lease: 5 }]);
    expect(await final).toEqual(['b']);
  });

  it('take all, and commit when all are here', async () => {
    const { broker, space } = await opened();
    const all = space.inAll(ANY);
    await turn();
    broker.peer.found(last(broker.peer.sent('find')).ref, [[1], [2]], lease(5), 2);
    await turn();
    expect(broker.peer.sent('settle')).toEqual([]);
    broker.peer.found(last(broker.peer.sent('find')).ref, [[3]], lease(6));
    await turn();
    expect(broker.peer.sent('settle')).toMatchObject([
      { settlement: 'ack', lease: 5 },
      { settlement: 'ack', lease: 6 },
    ]);
    for (const { ref } of broker.peer.sent('settle')) broker.peer.settled(ref);
    expect(await all).toEqual([[1], [2], [3]]);
  });
});

describe('a take by hand', () => {
  async function takenByHand() {
    const made = await opened();
    const taking = made.space.in(['a', Number], { manual: true, leaseMs: 30_000 });
    await turn();
    made.broker.peer.found(last(made.broker.peer.sent('find')).ref, [['a', 1]], lease(5));
    return { ...made, taken: await taking };
  }

  it('is committed, aborted or extended by its holder', async () => {
    const { broker, taken } = await takenByHand();
    expect(taken.tuple).toEqual(['a', 1]);
    const extended = taken.extend(60_000);
    await turn();
    expect(last(broker.peer.sent('settle'))).toMatchObject({ settlement: 'extend', ms: 60_000, lease: 5 });
    broker.peer.settled(last(broker.peer.sent('settle')).ref, 60_000);
    expect(await extended).toBe(60_000);
    const committed = taken.commit();
    await turn();
    broker.peer.settled(last(broker.peer.sent('settle')).ref);
    await committed;
    expect(await outcome(taken.abort())).toBe('lease_settled');
  });

  it('is renewed while it lasts', async () => {
    const { broker, time } = await takenByHand();
    await time.advance(12_000);
    expect(broker.peer.sent('settle')).toMatchObject([{ settlement: 'extend', ms: 30_000, lease: 5 }]);
  });

  it('is lost with its connection', async () => {
    const made = await takenByHand();
    expect(made.taken.signal.aborted).toBe(false);
    await reconnect(made);
    expect(made.taken.signal.reason).toMatchObject({ code: 'connection_lost' });
    expect(await outcome(made.taken.commit())).toBe('connection_lost');
  });

  it('is given back by who leaves without a word', async () => {
    const { broker, taken } = await takenByHand();
    const leaving = (async () => {
      await using _held = taken;
    })();
    await turn();
    expect(last(broker.peer.sent('settle'))).toMatchObject({ settlement: 'release', lease: 5 });
    broker.peer.settled(last(broker.peer.sent('settle')).ref);
    await leaving;
  });

  it('is waited for by who drains, as are answers; who waits for a tuple is not', async () => {
    const { broker, taken, client, space, time } = await takenByHand();
    const waiting = end(space.in(['b']));
    await turn();
    const drained = client.drain();
    expect(await waiting).toBe('client_draining');
    await time.advance(100);
    expect(client.state).toBe('open');
    void taken.commit();
    await turn();
    broker.peer.settled(last(broker.peer.sent('settle')).ref);
    await time.advance(100);
    await drained;
    expect(client.state).toBe('closed');
  });
});

describe('a transaction', () => {
  async function begun() {
    const made = await opened();
    const beginning = made.client.transaction({ leaseMs: 10_000 });
    await turn();
    const begin = last(made.broker.peer.sent('begin'));
    expect(begin.leaseMs).toBe(10_000);
    made.broker.peer.begun(begin.ref, { ...lease(9), remainingMs: 10_000 });
    return { ...made, transaction: await beginning };
  }

  it('names itself in its operations, which take without a lease, and commits when they are done', async () => {
    const { broker, space, transaction } = await begun();
    const taken = space.in(['a'], { transaction });
    const put = space.out(['b'], { transaction });
    await turn();
    expect(last(broker.peer.sent('find')).wish).toMatchObject({ transaction: 9 });
    expect(last(broker.peer.sent('out')).options).toEqual({ transaction: 9, leaseMs: undefined, id: undefined });
    const committed = transaction.commit();
    broker.peer.found(last(broker.peer.sent('find')).ref, [['a']]);
    expect(await taken).toEqual(['a']);
    await turn();
    expect(broker.peer.sent('settle')).toEqual([]);
    broker.peer.written(last(broker.peer.sent('out')).ref, { remainingMs: 0 });
    await put;
    await turn();
    expect(broker.peer.sent('settle')).toMatchObject([{ settlement: 'ack', lease: 9 }]);
    broker.peer.settled(last(broker.peer.sent('settle')).ref);
    await committed;
    expect(await outcome(space.out(['c'], { transaction }))).toBe('transaction_unknown');
  });

  it('ends with its connection: what was under way in it is not asked again', async () => {
    const made = await begun();
    const { space, transaction, broker } = made;
    const operations = [end(space.out(['b'], { transaction })), end(space.in(['a'], { transaction }))];
    await reconnect(made);
    expect(await Promise.all(operations)).toEqual(['connection_lost', 'connection_lost']);
    expect(broker.peer.sent('out')).toEqual([]);
    expect(transaction.signal.aborted).toBe(true);
    expect(await outcome(space.rdp(['a'], { transaction }))).toBe('connection_lost');
  });
});
