import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ANY, type Seen, type TellwhenError } from '../../../client/index.ts';
import { turn } from '../../support/manual-time.ts';
import { simulatedWorld } from '../../support/simulated-client.ts';

const code = <T>(promise: Promise<T>): Promise<T | string> => promise.catch(({ code }: TellwhenError) => code);

async function blog() {
  const world = await simulatedWorld();
  const [alice, bob] = [await world.client(), await world.client()];
  return { ...world, alice, bob, hers: alice.client.space('blog'), his: bob.client.space('blog') };
}

describe('a program and a broker', () => {
  it('put, read and take', async () => {
    const { of, hers, his } = await blog();
    await of(hers.out(['alice', 'distsys', 'simpler']));
    await of(hers.out({ who: 'alice', room: { floor: 2 } }));
    expect(await of(his.rd(['alice', String, ANY]))).toEqual(['alice', 'distsys', 'simpler']);
    expect(await of(his.rdp({ room: { floor: Number } }))).toEqual({ who: 'alice', room: { floor: 2 } });
    expect(await of(his.rdp(ANY, { when: "$1 = 'distsys'" }))).toEqual(['alice', 'distsys', 'simpler']);
    expect(await of(his.rdp([ANY, 'distsys', ANY], { when: "$2 LIKE 'hard%'" }))).toBeUndefined();
    expect(await of(his.count(ANY))).toBe(2);
    expect(await of(his.in(['alice', String, String]))).toEqual(['alice', 'distsys', 'simpler']);
    expect(await of(his.inp(['alice', String, String]))).toBeUndefined();
    expect(await of(code(his.rdp(ANY, { when: '$1 = ' })))).toBe('predicate_syntax');
    expect((await of(his.explain(['alice', Number, ANY]))).looked).toBe(1);
  });

  it('read and take more than one answer holds, in the order in which it was put', async () => {
    const { of, hers, his } = await blog();
    const all = Array.from({ length: 2_500 }, (_, n) => ['n', n]);
    await of(Promise.all(all.map((tuple) => hers.out(tuple))));
    expect(await of(his.rdAll(['n', Number]))).toEqual(all);
    expect(await of(his.rdAll(['n', Number], { max: 1_200 }))).toEqual(all.slice(0, 1_200));
    const held = await of(his.inAll(['n', Number], { max: 1_500, manual: true }));
    expect(held.tuple).toHaveLength(1_500);
    expect(await of(hers.count(ANY))).toBe(1_000);
    await of(held.abort());
    expect(await of(hers.inAll(['n', Number]))).toEqual(all);
    expect(await of(hers.count(ANY))).toBe(0);
  });

  it('wake who waits, all who read before the one who takes', async () => {
    const { of, hers, his } = await blog();
    const woken: string[] = [];
    const waiting = [
      his.in(['x']).then(() => woken.push('in')),
      his.rd(['x']).then(() => woken.push('rd')),
      hers.rd(['x']).then(() => woken.push('rd')),
    ];
    await of(his.rdp(['nothing']));
    await of(hers.out(['x']));
    await of(Promise.all(waiting));
    expect(woken).toEqual(['rd', 'rd', 'in']);
    expect(await of(hers.count(ANY))).toBe(0);
  });

  it('let a tuple go at the end of its lease, and keep it for as long as it is renewed', async () => {
    const { of, pass, hers } = await blog();
    const short = await of(hers.out(['short'], { leaseMs: 2_000 }));
    const renewed = await of(hers.out(['renewed'], { leaseMs: 2_000 }));
    const cancelled = await of(hers.out(['cancelled']));
    await of(cancelled.cancel());
    await pass(1_500);
    expect(await of(renewed.renew(10_000))).toBe(10_000);
    await pass(1_500);
    expect(await of(hers.rdAll(ANY))).toEqual([['renewed']]);
    expect(await of(code(short.renew(1_000)))).toBe('tuple_gone');
  });

  it('keep a take by hand for as long as it is worked on, and give it back with its connection', async () => {
    const { of, pass, hers, his, bob } = await blog();
    await of(hers.out(['job']));
    const taken = await of(his.in(['job'], { manual: true, leaseMs: 3_000 }));
    await pass(20_000);
    expect(taken.signal.aborted).toBe(false);
    expect(await of(hers.count(ANY))).toBe(0);
    bob.cut();
    await pass(1_000);
    expect(taken.signal.aborted).toBe(true);
    expect(await of(hers.inp(['job']))).toEqual(['job']);
  });

  it('wait on after a lost connection, and lose nobody’s tuple by it', async () => {
    const { of, pass, hers, his, bob } = await blog();
    const taken = his.in(['late', Number]);
    const given = code(his.rd(['never'], { timeoutMs: 3_000 }));
    await of(his.rdp(['nothing']));
    bob.cut();
    await of(hers.out(['late', 1]));
    await pass(2_000);
    expect(await of(taken)).toEqual(['late', 1]);
    await pass(3_000);
    expect(await of(given)).toBe('timeout');
  });

  it('do together what is in a transaction, or not at all', async () => {
    const { of, pass, hers, his, bob } = await blog();
    await of(hers.out(['count', 1]));
    const transaction = await of(bob.client.transaction());
    const [, n] = await of(his.in(['count', Number], { transaction }));
    void his.out(['count', n + 1], { transaction });
    expect(await of(hers.rdp(['count', Number]))).toBeUndefined();
    await of(transaction.commit());
    expect(await of(hers.rdp(['count', Number]))).toEqual(['count', 2]);

    const lost = await of(bob.client.transaction());
    await of(his.in(['count', Number], { transaction: lost }));
    bob.cut();
    await pass(1_000);
    expect(lost.signal.aborted).toBe(true);
    expect(await of(hers.rdp(['count', Number]))).toEqual(['count', 2]);
  });

  it('tell who watches of what fits, at once or by notices', async () => {
    const { of, hers, his, alice } = await blog();
    const pushed: unknown[] = [];
    const onSeen = ({ tuple }: Seen<unknown>): void => void pushed.push(tuple);
    await of(his.watch(['bob', Number, Object], { when: '$1 > 1' }, onSeen));
    const watch = await of(his.watch({ who: 'bob', age: Number }));
    const notices = await of(his.watchNotices(ANY));
    await of(hers.out(['bob', 2, {}]));
    await of(hers.out(['bob', 1, {}]));
    await of(hers.out(['bob', 3, []]));
    await of(hers.out({ who: 'bob', age: 'old' }));
    const { tuple: number } = await of(hers.out({ who: 'bob', age: 7, more: true }));
    const transaction = await of(alice.client.transaction());
    await of(hers.out(['bob', 9, { a: 1 }], { transaction }));
    await of(transaction.commit());
    const iterator = watch[Symbol.asyncIterator]();
    expect((await of(iterator.next())).value).toEqual({ tuple: { who: 'bob', age: 7, more: true }, number });
    expect(pushed).toEqual([
      ['bob', 2, {}],
      ['bob', 9, { a: 1 }],
    ]);
    const noticed = notices[Symbol.asyncIterator]();
    const first = (await of(noticed.next())).value;
    expect((await of(first?.read() ?? Promise.reject()))?.tuple).toEqual(['bob', 2, {}]);
    await of(watch.stop());
    expect((await of(iterator.next())).done).toBe(true);
  });

  it('has spaces listed, looked at and removed; who waits in one is told', async () => {
    const { of, hers, his, alice } = await blog();
    await of(hers.out([1]));
    const waits = code(his.in(['never']));
    await of(his.rdp(['nothing']));
    expect(await of(alice.client.spaces.inspect('blog'))).toMatchObject({ space: 'blog', tuples: 1, waiting: 1 });
    expect(await of(alice.client.spaces.remove('blog'))).toBe(1);
    expect(await of(waits)).toBe('space_unknown');
    // Who goes on makes it anew.
    await of(code(his.out([2])));
    await of(his.out([3]));
    expect(await of(his.rdp([3]))).toEqual([3]);
    expect(await of(code(alice.client.spaces.inspect('other')))).toBe('space_unknown');
  });
});

describe('lines that are cut at any moment', () => {
  // Each put and taken once, unless a call has said that it does not know.
  it('lose no tuple and double none, but those of which it is said', async () => {
    const step = fc.record({ kind: fc.constantFrom('out', 'in', 'hand', 'cut', 'pass'), who: fc.nat(1) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
        const { of, pass, client } = await simulatedWorld();
        const people = [await client(), await client()];
        const taken: number[] = [];
        let doubtful = 0;
        let put = 0;
        const calls: Promise<unknown>[] = [];
        for (const { kind, who } of steps) {
          const { client: person, cut } = people[who] as (typeof people)[number];
          const space = person.space('s');
          if (kind === 'out') calls.push(space.out(['n', put++]));
          else if (kind === 'in') {
            const call = space.in(['n', Number], { timeoutMs: 5_000 }).then(
              ([, n]) => void taken.push(n),
              ({ code }: TellwhenError) => {
                if (code !== 'timeout') doubtful += 1;
              },
            );
            calls.push(call);
          } else if (kind === 'hand') {
            const call = space.inp(['n', Number], { manual: true }).then(
              async (held) => {
                if (held === undefined) return;
                await turn();
                await held.commit().then(
                  () => void taken.push(held.tuple[1]),
                  () => {
                    doubtful += 1;
                  },
                );
              },
              () => {},
            );
            calls.push(call);
          } else if (kind === 'cut') cut();
          else await pass(100);
        }
        await pass(10_000);
        await of(Promise.all(calls));
        const left = (await of((people[0] as (typeof people)[number]).client.space('s').rdAll(['n', Number]))).map(
          ([, n]) => n,
        );
        expect(new Set(taken).size).toBe(taken.length);
        expect(new Set([...taken, ...left]).size).toBe(taken.length + left.length);
        expect(put - taken.length - left.length).toBeLessThanOrEqual(doubtful);
      }),
      { numRuns: 30 },
    );
  }, 60_000);
});
