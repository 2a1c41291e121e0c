import { expect, test } from 'vitest';
import { SimulatedTime } from '../../../../broker/kernel/simulated-time.ts';
import { Flushes } from '../../../../broker/session/flushes.ts';

/** A clock on which each flush takes a millisecond, and turns that the test takes one by one. */
function turns() {
  const state = { nowMs: 0 };
  const waiting: (() => void)[] = [];
  const time = Object.assign(new SimulatedTime(), {
    monotonicMs: () => state.nowMs,
    afterReads: (then: () => void) => void waiting.push(then),
  });
  const flushed: number[] = [];
  const one = (n: number) => ({
    flushDue() {
      state.nowMs += 1;
      flushed.push(n);
    },
  });
  return { flushes: new Flushes(time), one, flushed, turn: () => waiting.shift()?.(), waiting };
}

test('many are flushed in several turns, in order, each once', () => {
  const { flushes, one, flushed, turn, waiting } = turns();
  for (let n = 0; n < 100; n++) flushes.add(one(n));
  expect(waiting).toHaveLength(1);
  turn();
  expect(flushed.length).toBeLessThan(100);
  expect(flushed.length).toBeGreaterThan(0);
  flushes.add(one(100));
  for (let left = 100; waiting.length > 0 && left > 0; left--) turn();
  expect(flushed).toEqual(Array.from({ length: 101 }, (_, n) => n));
});

test('few are flushed in one turn, and so is who comes in the midst of it', () => {
  const { flushes, one, flushed, turn, waiting } = turns();
  flushes.add({ flushDue: () => flushes.add(one(2)) });
  flushes.add(one(1));
  turn();
  expect(flushed).toEqual([1, 2]);
  expect(waiting).toHaveLength(0);
  flushes.add(one(3));
  turn();
  expect(flushed).toEqual([1, 2, 3]);
});

test('who comes again and again is flushed in its turn, each time once, and the turns have no end', () => {
  const { flushes, one, flushed, turn, waiting } = turns();
  const again = (n: number) => ({
    flushDue() {
      one(n).flushDue();
      flushes.add(again(n));
    },
  });
  for (let n = 0; n < 40; n++) flushes.add(again(n));
  for (let left = 50; left > 0; left--) turn();
  expect(waiting).toHaveLength(1);
  expect(flushed.length).toBeGreaterThan(400);
  expect(flushed).toEqual(flushed.map((_, i) => i % 40));
});
