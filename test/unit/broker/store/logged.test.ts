import { describe, expect, it } from 'vitest';
import { seededChance } from '../../../../broker/kernel/chance.ts';
import { SimulatedTime } from '../../../../broker/kernel/simulated-time.ts';
import { LoggedStore } from '../../../../broker/store/logged.ts';
import { LoggedLook } from '../../../../broker/store/logged-look.ts';
import type { Change, Store, StoreError } from '../../../../broker/store/store.ts';
import { SimulatedDisk } from '../../../support/simulation/simulated-disk.ts';

const BLOCK = 4_096;
const SEGMENT_BYTES = 4 * BLOCK;

const put = (key: string, value = ''): Change => ({ key: Buffer.from(key), value: Buffer.from(value) });
const everything = { from: Uint8Array.of(0), to: Uint8Array.of(255), limit: 1_000 };
const shown = (store: Store): readonly string[] =>
  store.range(everything).map(({ key, value }) => `${Buffer.from(key)}=${Buffer.from(value)}`);

/** A machine whose disk takes a millisecond for each flush. */
class Machine {
  readonly disk: SimulatedDisk;
  time = new SimulatedTime();
  store!: Store;
  behind!: Store;
  readonly #chance;

  constructor(seed: number) {
    this.#chance = seededChance(seed);
    this.disk = new SimulatedDisk(this.#chance, { flushMsMin: 1, flushMsMax: 1 });
  }

  async start(): Promise<this> {
    this.time = new SimulatedTime();
    const { time } = this;
    this.behind = this.disk.open(time);
    const segments = this.disk.openSegments(time, SEGMENT_BYTES);
    const opening = LoggedStore.open({
      behind: this.behind,
      segments,
      time,
      chance: this.#chance,
      commitTimeoutMs: 5_000,
    });
    this.store = await this.until(opening);
    return this;
  }

  async until<T>(promise: Promise<T>): Promise<T> {
    let over = false;
    const settled = promise.finally(() => {
      over = true;
    });
    settled.catch(() => {});
    for (let turns = 0; !over && turns < 10_000; turns++) {
      this.time.advance(1);
      await new Promise((resolve) => setImmediate(resolve));
    }
    return await settled;
  }

  commit(...changes: readonly Change[]): Promise<StoreError | undefined> {
    return this.until(new Promise((resolve) => this.store.commit(changes, resolve)));
  }

  async restart(): Promise<this> {
    this.disk.crash();
    return await this.start();
  }
}

describe('a store with a log', () => {
  it('flushes a commit once, and the store behind has it a second later', async () => {
    const machine = await new Machine(1).start();
    expect(await machine.commit(put('a', '1'))).toBeUndefined();
    expect(machine.behind.get(Buffer.from('a'))).toBeUndefined();
    expect(shown(machine.store)).toEqual(['a=1']);
    machine.time.advance(1_100);
    expect(machine.behind.get(Buffer.from('a'))).toEqual(Uint8Array.from(Buffer.from('1')));
    expect(shown(machine.store)).toEqual(['a=1']);
  });

  it('has after a crash what was done, and perhaps what was not, but never a part of it', async () => {
    for (let seed = 1; seed <= 300; seed++) {
      const machine = await new Machine(seed).start();
      const chance = seededChance(seed);
      let done = -1;
      let number = 0;
      for (let round = 0; round < 4; round++) {
        for (let left = Math.floor(chance.fraction() * 12); left >= 0; left--) {
          const large = chance.fraction() < 0.3 ? 'x'.repeat(Math.floor(chance.fraction() * 3 * SEGMENT_BYTES)) : '';
          const mine = number++;
          machine.store.commit([put('first', `${mine}`), put('large', large), put('last', `${mine}`)], (fault) => {
            expect(fault).toBeUndefined();
            expect(done).toBe(mine - 1);
            done = mine;
          });
          if (chance.fraction() < 0.5) machine.time.advance(Math.floor(chance.fraction() * 4));
        }
        await machine.restart();
        const first = Buffer.from(machine.store.get(Buffer.from('first')) ?? '-1').toString();
        expect(Buffer.from(machine.store.get(Buffer.from('last')) ?? '-1').toString()).toBe(first);
        expect(Number(first), `seed ${seed}`).toBeGreaterThanOrEqual(done);
        expect(Number(first)).toBeLessThan(number);
        done = Number(first);
        number = done + 1;
      }
    }
  });

  it('has it also when the start after the crash is cut short, again and again', async () => {
    const machine = await new Machine(1).start();
    await machine.commit(put('a', '1'));
    await machine.commit(put('b', '2'));
    for (let calls = 0; calls < 20; calls++) {
      machine.disk.crash();
      const time = new SimulatedTime();
      const segments = machine.disk.openSegments(time, SEGMENT_BYTES);
      const means = { segments, time, chance: seededChance(calls), commitTimeoutMs: 5_000 };
      void LoggedStore.open({ ...means, behind: machine.disk.open(time) }).catch(() => {});
      for (let turn = 0; turn < calls % 4; turn++) {
        time.settle();
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    await machine.restart();
    expect(shown(machine.store)).toEqual(['a=1', 'b=2']);
  });

  it('takes a commit that is larger than a segment, in its place', async () => {
    const machine = await new Machine(1).start();
    const done: string[] = [];
    for (const [key, length] of Object.entries({ a: 10, b: 5 * SEGMENT_BYTES, c: 10, d: 3 * BLOCK })) {
      machine.store.commit([put(key, 'x'.repeat(length))], (fault) => done.push(`${key} ${fault}`));
    }
    machine.time.advance(50);
    expect(done).toEqual(['a undefined', 'b undefined', 'c undefined', 'd undefined']);
    await machine.restart();
    expect(machine.store.range(everything).map(({ value }) => value.length)).toEqual([
      10,
      5 * SEGMENT_BYTES,
      10,
      3 * BLOCK,
    ]);
  });

  it('waits where both segments are full, and goes on', async () => {
    const machine = await new Machine(1).start();
    let done = 0;
    for (let i = 0; i < 100; i++) machine.store.commit([put(`k${i}`, 'x'.repeat(BLOCK))], () => done++);
    machine.time.advance(1_000);
    expect(done).toBe(100);
    expect(machine.store.range(everything).length).toBe(100);
  });

  it('does not start when something before the last is damaged, and says so', async () => {
    const machine = await new Machine(1).start();
    for (const key of ['a', 'b', 'c']) await machine.commit(put(key));
    const [used] = machine.disk.segments ?? [];
    // Of the second.
    if (used !== undefined) used[BLOCK + 40] = (used[BLOCK + 40] ?? 0) ^ 1;
    await expect(machine.restart()).rejects.toMatchObject({
      code: 'store_unreadable',
      message: expect.stringContaining('part 2 of the write-ahead log'),
    });
  });

  it('nor when the last ones are damaged, but for the very last, which may be a write that was cut short', async () => {
    for (const [damaged, starts] of [
      [[3], true],
      [[2, 3], false],
      [[1, 2, 3], false],
    ] as const) {
      const machine = await new Machine(1).start();
      for (const key of ['a', 'b', 'c']) await machine.commit(put(key));
      const [used] = machine.disk.segments ?? [];
      for (const number of damaged) used?.fill(0xff, (number - 1) * BLOCK + 32, number * BLOCK);
      if (starts) expect(shown((await machine.restart()).store)).toEqual(['a=', 'b=']);
      else await expect(machine.restart()).rejects.toMatchObject({ code: 'store_unreadable' });
    }
  });

  it('does not start when its log is gone, unless it was closed', async () => {
    const machine = await new Machine(1).start();
    await machine.commit(put('a'));
    machine.disk.segments = undefined;
    await expect(machine.restart()).rejects.toMatchObject({ code: 'store_unreadable' });

    const closed = await new Machine(1).start();
    await closed.commit(put('a', '1'));
    await closed.until(closed.store.close());
    closed.disk.segments = undefined;
    await closed.restart();
    expect(shown(closed.store)).toEqual(['a=1']);
  });

  it('has all that was done also when its segments are to have another size, and that start is cut short', async () => {
    const machine = await new Machine(1).start();
    await machine.commit(put('a', '1'));
    for (let turns = 0; turns < 12; turns++) {
      machine.disk.crash();
      const time = new SimulatedTime();
      const segments = machine.disk.openSegments(time, (turns % 2 === 0 ? 2 : 1) * SEGMENT_BYTES);
      const means = { segments, time, chance: seededChance(turns), commitTimeoutMs: 5_000 };
      void LoggedStore.open({ ...means, behind: machine.disk.open(time) }).catch(() => {});
      for (let turn = 0; turn < turns; turn++) {
        time.advance(1);
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    await machine.restart();
    expect(shown(machine.store)).toEqual(['a=1']);
  });

  it('leaves alone what another run has left in the segments', async () => {
    const machine = await new Machine(1).start();
    for (const key of ['a', 'b', 'c']) await machine.commit(put(key, 'old'));
    await machine.restart();
    await machine.commit(put('b', 'new'));
    await machine.restart();
    expect(shown(machine.store)).toEqual(['a=old', 'b=new', 'c=old']);
  });

  it('ends when the log cannot be written, or takes too long', async () => {
    for (const [kind, code] of [
      ['fails', 'store_failed'],
      ['hangs', 'store_hangs'],
    ] as const) {
      const machine = await new Machine(1).start();
      machine.disk.plan({ kind, atCommit: 1 });
      expect(await machine.commit(put('a'))).toMatchObject({ code });
      expect(await machine.commit(put('b'))).toMatchObject({ code });
    }
  });

  it('ends when a checkpoint fails, and what was done before is there after a restart', async () => {
    const machine = await new Machine(1).start();
    await machine.commit(put('a', '1'));
    machine.disk.plan({ kind: 'fails', atCommit: 1 });
    machine.time.advance(1_100);
    expect(shown(machine.store)).toEqual(['a=1']);
    expect(await machine.commit(put('b'))).toMatchObject({ code: 'store_failed' });
    await machine.restart();
    expect(shown(machine.store)).toEqual(['a=1']);
  });
});

describe('a look at it', () => {
  it('sees what is only in the log, and changes nothing', async () => {
    const machine = await new Machine(1).start();
    await machine.commit(put('a', '1'), put('b', '2'));
    machine.time.advance(1_100);
    await machine.commit(put('c', '3'), { key: Buffer.from('a'), value: undefined });
    machine.disk.crash();
    const time = new SimulatedTime();
    const segments = machine.disk.openSegments(time, SEGMENT_BYTES);
    const look = await LoggedLook.open({ behind: machine.disk.open(time), segments, time });
    expect(shown(look)).toEqual(['b=2', 'c=3']);
    const fault = await new Promise((resolve) => look.commit([put('d')], resolve));
    expect(fault).toMatchObject({ code: 'store_failed' });
    await machine.restart();
    expect(shown(machine.store)).toEqual(['b=2', 'c=3']);
  });
});
